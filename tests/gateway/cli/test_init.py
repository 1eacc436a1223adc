"""`maitred init` and `maitred check`: begun well, and never at the cost of what is there."""

from __future__ import annotations

import stat
from pathlib import Path

import orjson

from tests.gateway.cli.conftest import Cli

HEX = set("0123456789abcdef\n")
NO_WAY_OUT = (
    "channels.email.smarthost: there is none, so replies by mail fail (no_smarthost); write your "
    "provider's, as in smtp.example.com:587"
)
"""What is still to be written into a configuration that has just begun."""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_init_writes_is_good(cli: Cli, tmp_path: Path) -> None:
    assert cli("init", "house").returncode == 0
    done = cli("check", "--config", "house/maitred.toml")
    assert done.stdout == (
        f"warning: {NO_WAY_OUT}\n"
        "house/maitred.toml is good: email, chat; 1 agent, 2 rules.\n1 test of rules passed.\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    as_json = cli("check", "--config", "house/maitred.toml", "--json")
    assert orjson.loads(as_json.stdout) == {"ok": True, "faults": [], "warnings": [NO_WAY_OUT]}


def test_secrets_are_their_owner_s_only(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir(mode=0o755)
    assert cli("init").returncode == 0
    assert mode(tmp_path / "secrets") == 0o700
    for name in ("identity", "chat"):
        path = tmp_path / "secrets" / name
        assert mode(path) == 0o600
        assert set(path.read_text()) <= HEX
        assert len(path.read_text()) == 65
    assert sorted(path.name for path in (tmp_path / "secrets").iterdir()) == ["chat", "identity"]


def test_no_two_secrets_are_the_same(cli: Cli, tmp_path: Path) -> None:
    cli("init", "a")
    cli("init", "b")
    paths = [*tmp_path.glob("*/secrets/*")]
    assert len(paths) == len({path.read_text() for path in paths}) == 4


def test_a_configuration_that_is_there_stays(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "maitred.toml").write_text("mine")
    done = cli("init")
    assert done.returncode == 2
    assert done.stderr == "maitred: maitred.toml: exists already; --force overwrites it\n"
    assert (tmp_path / "maitred.toml").read_text() == "mine"
    assert not (tmp_path / "secrets").exists()


def test_force_overwrites_the_configuration_and_never_a_secret(cli: Cli, tmp_path: Path) -> None:
    cli("init")
    before = {path: path.read_bytes() for path in (tmp_path / "secrets").iterdir()}
    (tmp_path / "maitred.toml").write_text("mine")
    assert cli("init", "--force").returncode == 0
    assert (tmp_path / "maitred.toml").read_text() != "mine"
    assert {path: path.read_bytes() for path in (tmp_path / "secrets").iterdir()} == before


def test_a_secret_that_was_never_written_whole_is_written(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "identity").touch()
    cli("init")
    assert len((tmp_path / "secrets" / "identity").read_text()) == 65


def test_where_nothing_can_be_written_one_line_says_so(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = cli("init", "file/below")
    assert done.returncode == 1
    assert done.stderr == "maitred: file/below: Not a directory\n"


def test_faults_are_lines_for_people_and_json_for_programs(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "maitred.toml").write_text('[http]\nlisten = 5\n[identity]\nsecret = "hunter2-x"\n')
    faults = [
        "http.listen: expected a string, found 5",
        'identity.secret: a secret is written as "env:NAME" or "file:PATH", never in plain',
    ]
    done = cli("check")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [f"maitred: {fault}" for fault in faults]
    done = cli("check", "--json")
    assert (done.returncode, done.stderr) == (2, "")
    assert orjson.loads(done.stdout) == {"ok": False, "faults": faults, "warnings": []}


def test_check_fails_where_a_test_of_the_rules_does(cli: Cli, tmp_path: Path) -> None:
    cli("init")
    path = tmp_path / "maitred.toml"
    path.write_text(path.read_text().replace('"invoice|', '"invoce|'))
    said = (
        "routing.tests[0] (an angry word about an invoice goes to billing, and to a person): "
        "expected rules billing, upset, came upset; upset matched; billing did not: "
        "when.text = 'invoce|refund|payment' does not hold"
    )
    done = cli("check")
    assert (done.returncode, done.stderr) == (2, f"maitred: {said}\n")
    assert done.stdout == f"warning: {NO_WAY_OUT}\n"
    done = cli("check", "--json")
    assert (done.returncode, done.stderr) == (2, "")
    assert orjson.loads(done.stdout) == {"ok": False, "faults": [said], "warnings": [NO_WAY_OUT]}


def test_check_warns_of_what_is_hardly_meant_and_still_says_that_it_is_good(
    cli: Cli, tmp_path: Path
) -> None:
    cli("init")
    path = tmp_path / "maitred.toml"
    path.write_text(path.read_text().replace("billing = 0.9", "biling = 0.9"))
    done = cli("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"warning: {NO_WAY_OUT}",
        (
            "warning: routing.rules[0] (billing).skills.billing: no agent has this skill, so its "
            "conversations would wait for good"
        ),
        "maitred.toml is good: email, chat; 1 agent, 2 rules.",
        "1 test of rules passed.",
    ]
