"""docs/configuration.md has every setting, with its type and its default, and no other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.message import MoodLabel
from maitred.gateway.settings.load import parse
from maitred.router.settings import RoutingSettings
from tests.gateway.settings.reference import Setting, every_setting

TEXT = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text("utf-8")
ROW = re.compile(r"(?m)^\| `([a-z][^`]*)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$")
EXAMPLES = re.findall(r"(?ms)^```toml\n(.*?)^```", TEXT)
DOCUMENTED = {path: Setting(path, kind, default) for path, kind, default, _ in ROW.findall(TEXT)}


def test_every_setting_is_documented_and_none_that_does_not_exist() -> None:
    assert sorted(DOCUMENTED) == sorted(every_setting())


@pytest.mark.parametrize("path", sorted(every_setting()))
def test_type_and_default_are_what_the_code_says(path: str) -> None:
    assert DOCUMENTED[path] == every_setting()[path]


def test_no_setting_is_documented_twice() -> None:
    assert len(ROW.findall(TEXT)) == len(DOCUMENTED)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.splitlines()[0])
def test_an_example_has_only_settings_that_exist(example: str, tmp_path: Path) -> None:
    """Secrets are not there, and half an example lacks the other half; nothing else may be."""
    if example.startswith("secret ="):
        assert all('= "env:' in line or '= "file:' in line for line in example.splitlines())
        return
    with pytest.raises(ConfigurationError) as caught:
        parse(tomllib.loads(example), folder=tmp_path)
    assert [
        fault
        for fault in caught.value.faults
        if "is not set" not in fault and "cannot be read" not in fault and "missing" not in fault
    ] == []


def table_of(heading: str) -> dict[str, dict[str, float]]:
    """Return the rows of one of the tables of routing's own defaults."""
    lines = TEXT.partition(f"| {heading} |")[2].splitlines()
    keys = [word.strip() for word in lines[0].strip(" |").split("|")]
    found = {}
    for line in lines[2:]:
        if not line.startswith("|"):
            break
        name, *values = (word.strip() for word in line.strip("|").split("|"))
        found[name.strip("`")] = dict(zip(keys, map(float, values), strict=True))
    return found


def test_the_defaults_by_channel_are_the_router_s() -> None:
    routing = RoutingSettings()
    table = table_of("default by channel")
    for channel in table["sla_seconds"]:
        seconds = routing.sla_ms(channel) / 1000
        assert table["sla_seconds"][channel] == seconds
        assert table["channel_weight"][channel] == routing.weight_of_channel(channel)
        assert table["hold_fraction"][channel] == routing.hold_ms(channel) / 1000 / seconds


def test_the_defaults_by_mood_and_tier_are_the_router_s() -> None:
    routing = RoutingSettings()
    table = table_of("default by mood")
    for mood in table["mood_weight"]:
        assert table["mood_weight"][mood] == routing.weight_of_mood(MoodLabel(mood))
        assert table["mood_share"][mood] == routing.share_of_mood(MoodLabel(mood))
    assert routing.weight_of_tier("standard") == 1
    assert routing.weight_of_tier("vip") == 2
    assert "`tier_weight` is 1 for `standard` and 2 for `vip`" in TEXT
