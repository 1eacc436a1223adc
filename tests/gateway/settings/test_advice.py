"""What is allowed and yet hardly meant, of a whole configuration; none for those that we ship."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.cast import ROUTING
from maitred.contracts.errors import ConfigurationError
from maitred.gateway.policies import house_calendar
from maitred.gateway.settings.load import Configuration, parse
from maitred.router.hours import ALWAYS_OPEN
from maitred.router.settings import Hours

DEPLOYED = Path(__file__).parents[3] / "deploy" / "maitred.toml"
SECRET = "0123456789abcdef0123456789abcdef"
HOUSE = """
[identity]
secret = "env:HOUSE_SECRET"
[normalizer]
languages = ["en", "fr"]
[channels.email]
listen = "127.0.0.1:2525"
smarthost = "smtp.example.com:587"
[channels.email.accounts.support]
addresses = ["support@example.com"]
[channels.chat]
secret = "env:HOUSE_SECRET"
[channels.chat.accounts.shop]
"""

Reader = Callable[[str], Configuration]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    def reading(text: str) -> Configuration:
        for name in re.findall(r'"env:(\w+)"', text):
            monkeypatch.setenv(name, SECRET)
        return parse(tomllib.loads(text), folder=tmp_path)

    return reading


def test_a_channel_gives_advice_of_its_own(read: Reader) -> None:
    (word,) = read(HOUSE.replace("smarthost", "#") + ROUTING).warnings
    assert word.startswith("channels.email.smarthost: there is none, so replies by mail fail")


def test_nothing_is_said_of_what_we_ship(read: Reader) -> None:
    assert read(HOUSE + ROUTING).warnings == ()
    assert read(DEPLOYED.read_text("utf-8")).warnings == ()


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ('channel = "sms"', "the channels here are chat, email"),
        ('account = "shpo"', "the accounts are shop, support"),
        ('channel = "email", recipient = "*@example.org"', "customers write to support@example"),
        ('language = "de"', "normalizer.languages (en, fr)"),
    ],
)
def test_rules_are_held_against_channels_accounts_and_languages(
    read: Reader, when: str, said: str
) -> None:
    rule = f'[[routing.rules]]\nname = "r"\npriority_minutes = 1\nwhen = {{ {when} }}\n'
    (word,) = read(HOUSE + rule).warnings
    assert word.startswith("routing.rules[0] (r).when.")
    assert said in word


@pytest.mark.parametrize(
    ("listen", "public_url"),
    [
        ("127.0.0.1:8080", "https://help.example.com"),
        ("127.0.0.1:8080", "http://help.example.com"),
        ("0.0.0.0:8080", "https://help.example.com"),
        ("[::1]:8080", "https://localhost"),
    ],
)
def test_a_proxy_that_is_not_named_is_missed(read: Reader, listen: str, public_url: str) -> None:
    web = f'public_url = "{public_url}"\n[http]\nlisten = "{listen}"\n'
    (word,) = read(web + HOUSE).warnings
    assert word.startswith(f"channels.chat.proxies: public_url is {public_url}, ")
    assert listen in word
    named = HOUSE.replace("[channels.chat]", '[channels.chat]\nproxies = ["127.0.0.1/32"]')
    assert read(web + named).warnings == ()
    assert read(web + HOUSE.partition("[channels.chat]")[0]).warnings == ()


@pytest.mark.parametrize(
    ("listen", "public_url"),
    [
        ("127.0.0.1:8080", ""),
        ("127.0.0.1:8080", "http://localhost:8080"),
        ("0.0.0.0:8080", "http://help.example.com:8080"),
        ("help.example.com:80", "http://help.example.com"),
    ],
)
def test_who_is_reached_directly_misses_no_proxy(
    read: Reader, listen: str, public_url: str
) -> None:
    web = f'public_url = "{public_url}"\n[http]\nlisten = "{listen}"\n'
    assert read(web + HOUSE).warnings == ()


@pytest.mark.parametrize("zone", ["Europe/Berlni", "", "../etc/passwd", "/etc/localtime", "a\0b"])
def test_a_time_zone_that_is_none_is_a_fault(read: Reader, zone: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        house_calendar(Hours(timezone=zone, days={"mon": "09:00-17:00"}))
    (fault,) = caught.value.faults
    assert fault.startswith("routing.hours.timezone: there is no time zone")
    assert "`Europe/Berlin`" in fault
    hours = '[routing.hours]\ntimezone = "Mars/Olympus"\ndays = { mon = "09:00-17:00" }\n'
    with pytest.raises(ConfigurationError, match="Mars/Olympus"):
        read(HOUSE + hours)


def test_a_house_has_the_hours_of_its_time_zone() -> None:
    assert house_calendar(Hours()) is ALWAYS_OPEN
    calendar = house_calendar(Hours(timezone="Asia/Tokyo", days={"mon": "09:00-17:00"}))
    assert calendar.is_open(1_783_296_000_000)  # Monday 2026-07-06, 00:00 UTC
    assert not house_calendar(Hours(days={"mon": "09:00-17:00"})).is_open(1_783_296_000_000)
