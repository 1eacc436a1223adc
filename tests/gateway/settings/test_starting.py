"""What `maitred init` writes is good, and says of the defaults what they are."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest

from maitred.gateway.settings.load import Configuration, parse
from maitred.gateway.settings.shapes import Settings

TEXT = files("maitred.gateway.settings").joinpath("starting.toml").read_text("utf-8")
OFFERED = re.compile(r"(?m)^# (?=[a-z_]+ = |\[channels\.)")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "secrets").mkdir()
    for name in ("identity", "chat"):
        (tmp_path / "secrets" / name).write_text("0123456789abcdef0123456789abcdef")
    for name in re.findall(r'"env:(\w+)"', TEXT):
        monkeypatch.setenv(name, "0123456789abcdef0123456789abcdef")
    return tmp_path


def parsed(text: str, folder: Path) -> Configuration:
    return parse(tomllib.loads(text), folder=folder)


def test_it_is_good_as_it_is(folder: Path) -> None:
    found = parsed(TEXT, folder)
    assert [channel.name for channel in found.channels] == ["email", "chat"]
    (word,) = found.warnings
    assert word.startswith("channels.email.smarthost: there is none")


def test_it_is_good_with_everything_that_it_offers(folder: Path) -> None:
    text = OFFERED.sub("", TEXT).replace("urls = [", "urls = [ # ").replace('# "nats', '"nats')
    text = text.replace("\nencryption_key = ", "\n# only on the own server: encryption_key = ")
    found = parsed(text, folder)
    assert [channel.name for channel in found.channels] == [
        "email",
        "chat",
        "sms",
        "slack",
        "webhook",
    ]


@pytest.mark.parametrize(
    "path", ["tenant", "nats.port", "retention.inbound_days", "retention.log_days",
             "retention.closed_days", "log.format", "routing.wrap_up_seconds"]
)  # fmt: skip
def test_what_is_commented_out_as_a_default_is_the_default(path: str) -> None:
    written: Any = tomllib.loads(OFFERED.sub("", TEXT))
    default: Any = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    for name in path.split("."):
        written = written[name]
        default = default[name] if isinstance(default, dict) else getattr(default, name)
    assert written == default
