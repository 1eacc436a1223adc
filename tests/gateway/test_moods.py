"""Which mood model a site reads with: the built-in one, one by name, or one from a file."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from maitred.contracts.errors import ConfigurationError
from maitred.gateway.moods import mood_model
from maitred.gateway.settings.load import parse
from maitred.gateway.settings.shapes import MoodSettings
from maitred.router.mood.artefact import to_bytes
from maitred.router.mood.linear import LinearMoodModel, built_in


def test_the_built_in_model_is_the_default() -> None:
    assert mood_model(MoodSettings()).name == "linear"


def test_a_trained_file_is_used_instead(tmp_path: Path) -> None:
    ours = msgspec.structs.replace(built_in(), made_from="ours")
    (tmp_path / "ours.mood").write_bytes(to_bytes(ours))
    found = mood_model(MoodSettings(file=tmp_path / "ours.mood"))
    assert isinstance(found, LinearMoodModel)
    assert found.artefact.made_from == "ours"


SECRET = {"identity": {"secret": "file:secret"}}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("a secret that is long enough")
    return tmp_path


def test_the_file_stands_beside_the_configuration(house: Path) -> None:
    (house / "ours.mood").write_bytes(to_bytes(built_in()))
    found = parse({**SECRET, "mood": {"file": "ours.mood"}}, folder=house)
    assert found.settings.mood.file == house / "ours.mood"


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (None, "No such file or directory; name a file that `maitred mood train` wrote"),
        (b"calm\thello", "it is no mood model; `maitred mood train` writes one"),
        (to_bytes(built_in())[:-1], "it is damaged (the checksum differs); copy or train it again"),
    ],
)
def test_a_check_says_what_is_wrong_with_the_file(
    house: Path, raw: bytes | None, fault: str
) -> None:
    file = house / "ours.mood"
    if raw is not None:
        file.write_bytes(raw)
    with pytest.raises(ConfigurationError) as caught:
        parse({**SECRET, "mood": {"file": "ours.mood"}}, folder=house)
    assert caught.value.faults == (f"mood.file: {file}: {fault}",)
