"""What is wrong with how replies go out is named, with its path and what to write instead."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from maitred.contracts.errors import ConfigurationError
from maitred.gateway.settings.load import parse
from maitred.gateway.settings.shapes import manner_of

GOOD = '[identity]\nsecret = "file:secret"\n'
MAIL = '[channels.email.accounts.support]\naddresses = ["a@shop.example"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("a secret that is long enough\n")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"{GOOD}[delivery]\nfallback_account = 'support'\nfallback_minutes = 0",
            [
                "delivery.fallback_minutes: 0 must be more than 0 and at most 1,440",
                "delivery.fallback_account: there is no channels.email.accounts.support",
            ],
        ),
        (
            f"{GOOD}[delivery.channels.sms]\nunknown = 'shwo'\nrest_seconds = 0",
            [
                "delivery.channels.sms.unknown: must be one of show, resend; did you mean `show`?",
                "delivery.channels.sms.rest_seconds: 0 must be from 1 to 3,600",
                "delivery.channels.sms: there is no channels.sms",
            ],
        ),
        (
            f"{GOOD}[templates.x]\ntexts = {{en = 'Hello {{nmae}}'}}",
            ["templates.x.texts.en: 'nmae' is none of `variables`; add it there, or take it out"],
        ),
        (
            f"{GOOD}[[routing.agents]]\nid = 'ann'\npicture = 'http://a.example/x.png'",
            ["routing.agents[0].picture: write an address that starts with `https://`"],
        ),
    ],
)
def test_a_fault_of_what_goes_out_is_told_with_its_path(
    text: str, expected: list[str], folder: Path
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(tomllib.loads(text), folder=folder)
    assert list(caught.value.faults) == expected


def test_each_channel_goes_out_in_its_own_manner(folder: Path) -> None:
    chosen = '[delivery.channels.email]\nunknown = "resend"\nper_second = 0.5\nrest_seconds = 2\n'
    settings = parse(tomllib.loads(GOOD + MAIL + chosen), folder=folder).settings
    mail, usual = manner_of(settings, "email"), manner_of(settings, "sms")
    assert (mail.resend, mail.limits.per_second, mail.limits.rest_ms) == (True, 0.5, 2_000)
    assert (usual.resend, usual.limits.per_second, usual.limits.failures_max) == (None, 0, 10)
