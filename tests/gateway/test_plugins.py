"""Plugins: found by name, and what is wrong with one is told with the setting that asked."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from maitred.contracts.errors import ConfigurationError
from maitred.gateway import plugins

GROUPS = (
    plugins.CONNECTORS,
    plugins.DECODERS,
    plugins.MOOD_MODELS,
    plugins.ROUTING_POLICIES,
)


def install(monkeypatch: pytest.MonkeyPatch, *points: tuple[str, str]) -> None:
    """Let exactly these be installed: pairs of name and object."""
    found = [EntryPoint(name, value, "maitred.mood_models") for name, value in points]
    monkeypatch.setattr(plugins, "entry_points", lambda **_: found)


@pytest.mark.parametrize("group", GROUPS)
def test_ours_come_in_through_the_same_groups(group: str) -> None:
    names = plugins.names(group)
    assert names == sorted(names)
    for name in names:
        assert callable(plugins.load(group, name, path="x"))


def test_every_channel_has_a_connector_and_a_decoder() -> None:
    assert plugins.names(plugins.CONNECTORS) == plugins.names(plugins.DECODERS)


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(ConfigurationError) as caught:
        plugins.load(plugins.MOOD_MODELS, "oracle", path="mood.model")
    assert caught.value.faults == (
        "mood.model: nothing named 'oracle' is installed; maitred.mood_models offers linear",
    )


def test_an_empty_group_offers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    with pytest.raises(ConfigurationError, match=r"maitred\.mood_models offers nothing$"):
        plugins.load(plugins.MOOD_MODELS, "x", path="mood.model")


def test_a_name_that_two_offer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ("x", "math:sin"), ("x", "math:cos"))
    with pytest.raises(ConfigurationError, match="offered twice, by math:cos and math:sin; remove"):
        plugins.load(plugins.MOOD_MODELS, "x", path="mood.model")


def test_the_same_one_installed_twice_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """An editable install beside a wheel lists every entry point twice."""
    install(monkeypatch, ("x", "math:sin"), ("x", "math:sin"))
    assert plugins.load(plugins.MOOD_MODELS, "x", path="mood.model")(0) == 0


@pytest.mark.parametrize("value", ["no_such_module_at_all:x", "math:no_such_name"])
def test_one_that_cannot_be_imported_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    install(monkeypatch, ("x", value))
    with pytest.raises(ConfigurationError) as caught:
        plugins.load(plugins.MOOD_MODELS, "x", path="mood.model")
    (fault,) = caught.value.faults
    assert fault.startswith(f"mood.model: the plugin {value} cannot be imported: ")
    assert "\n" not in fault
