"""Drafts: a routing policy in a file of its own, judged like the one in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from maitred.contracts.errors import ConfigurationError
from maitred.gateway.settings.drafts import read_draft
from maitred.gateway.settings.load import parse
from maitred.gateway.settings.shapes import Settings

ACTIVE = {"agents": [{"id": "ann"}], "lam": 0.5}


@pytest.fixture
def active(tmp_path: Path) -> Settings:
    (tmp_path / "secret").write_text("a secret that is long enough")
    raw = {"identity": {"secret": "file:secret"}, "routing": ACTIVE}
    return parse(raw, folder=tmp_path).settings


def write(folder: Path, text: str) -> Path:
    path = folder / "draft.toml"
    path.write_text(text)
    return path


def test_a_draft_replaces_routing_as_a_whole(tmp_path: Path, active: Settings) -> None:
    draft = read_draft(
        write(tmp_path, '[routing]\nsigma = 1.0\n[[routing.agents]]\nid = "bob"\n'), active
    )
    assert (draft.policy, draft.routing.sigma, draft.routing.lam) == ("index", 1.0, 0.6)
    assert [agent.id for agent in draft.routing.agents] == ["bob"]


def test_a_draft_without_agents_has_those_in_force(tmp_path: Path, active: Settings) -> None:
    draft = read_draft(write(tmp_path, "[routing]\nsigma = 1.0\n"), active)
    assert draft.routing.agents == active.routing.agents


def test_a_whole_configuration_is_a_draft_and_its_secrets_are_not_asked_for(
    tmp_path: Path, active: Settings
) -> None:
    text = '[identity]\nsecret = "env:NOT_SET"\n[nats]\nport = 1\n[routing]\nlam = 0.1\n'
    assert read_draft(write(tmp_path, text), active).routing.lam == 0.1


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", ["routing: missing; a draft is made of [routing]"]),
        ("lam = 1\n[routing]\n", ["lam: unknown section"]),
        ("policy = 5\n[routing]\n", ["policy: expected a string"]),
        ("[routing]\nlamb = 1\n", ["routing.lamb: unknown setting; did you mean `lam`?"]),
        ("[routing]\nlam = 99\n", ["routing.lam = 99.0: write a number from 0 to 10"]),
        (
            'policy = "gone"\n[routing]\n',
            ["policy: nothing named 'gone' is installed; maitred.routing_policies offers "],
        ),
        (
            '[routing.hours]\ntimezone = "Mars/Olympus"\ndays = { mon = "09:00-17:00" }\n',
            ["routing.hours.timezone: there is no time zone 'Mars/Olympus'"],
        ),
        ("[routing.budgets]\nmoved = 2\n", ["routing.budgets.moved = 2.0: write a number from 0"]),
    ],
)
def test_every_fault_is_told_with_the_file_and_its_path(
    tmp_path: Path, active: Settings, text: str, faults: list[str]
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        read_draft(path, active)
    assert len(caught.value.faults) == len(faults)
    for fault, expected in zip(caught.value.faults, faults, strict=True):
        assert fault.startswith(f"{path}: {expected}")


def test_a_file_that_is_not_there_is_told(tmp_path: Path, active: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"draft\.toml: there is no such file"):
        read_draft(tmp_path / "draft.toml", active)


@pytest.mark.parametrize(
    ("text", "says"),
    [("[routing]\nlam = 99\n", "routing.lam = 99.0: write a number"), ("a =", "not valid TOML")],
)
def test_a_shadow_with_faults_is_a_fault_of_the_configuration(
    tmp_path: Path, active: Settings, text: str, says: str
) -> None:
    del active
    write(tmp_path, text)
    raw = {"identity": {"secret": "file:secret"}, "shadow": "draft.toml", "routing": ACTIVE}
    with pytest.raises(ConfigurationError) as caught:
        parse(raw, folder=tmp_path)
    (fault,) = caught.value.faults
    assert fault.startswith(f"shadow: {tmp_path / 'draft.toml'}: ")
    assert says in fault


def test_a_sound_shadow_is_none(tmp_path: Path, active: Settings) -> None:
    del active
    write(tmp_path, "[routing]\nlam = 0.1\n")
    raw = {"identity": {"secret": "file:secret"}, "shadow": "draft.toml", "routing": ACTIVE}
    assert parse(raw, folder=tmp_path).settings.shadow == tmp_path / "draft.toml"
