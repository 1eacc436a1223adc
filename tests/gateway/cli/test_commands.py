"""Every command: its help, what is wrong usage, and one line instead of a traceback."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.main import get_command

from maitred.gateway import cli
from maitred.gateway.bus.endpoint import write_connection
from maitred.gateway.ledger import Ledger

COMMANDS = {
    "up": (),
    "check": (),
    "init": (),
    "watch": (),
    "ledger": (),
    "journey": ("cus_a",),
    "conversation": ("cnv_a",),
    "explain": ("cnv_a",),
    "waiting": (),
    "deliveries": (),
    "attachment": ("msg_a", "0"),
    "normalize": ("email", "letter.eml"),
    "replay": ("--from", "1d"),
    "simulate": ("day.json",),
    "identity show": ("cus_a",),
    "identity audit": (),
    "identity preview": ("link", "email:ann@example.com", "account:4711"),
    "identity link": ("email:ann@example.com", "account:4711", "--why", "x"),
    "identity unlink": ("email:ann@example.com", "account:4711", "--why", "x"),
    "identity cannot-link": ("email:ann@example.com", "account:4711", "--why", "x"),
    "identity shared": ("email:ann@example.com", "--why", "x"),
    "identity block": ("email:ann@example.com", "--why", "x"),
    "identity revoke": ("msg_a", "--why", "x"),
    "identity undo": ("op_a", "--why", "x"),
    "identity replay": ("history.jsonl",),
    "identity split": ("cnv_a", "msg_a", "--why", "x"),
    "identity join": ("cnv_a", "cnv_b", "--why", "x"),
    "identity erase": ("cus_a", "--why", "x", "--yes"),
    "identity certificate": ("cus_a",),
    "identity export": ("cus_a", "--out", "a.zip"),
    "mood train": ("history.tsv", "--out", "ours.mood"),
    "mood eval": ("history.tsv",),
    "policy replay": (),
    "policy show": (),
    "policy shadow": (),
    "dead list": (),
    "dead show": ("1",),
    "dead replay": ("1",),
    "dead drop": ("1",),
}
UNCONFIGURED = {"init", "normalize", "identity replay", "simulate", "mood train", "mood eval"}
CONFIGURED = [name for name in COMMANDS if name not in UNCONFIGURED]
ASKING = [name for name in CONFIGURED if name not in {"up", "check"}]
READ_BY_PROGRAMS = {
    "check",
    "watch",
    "ledger",
    "journey",
    "conversation",
    "explain",
    "waiting",
    "deliveries",
    "replay",
    "simulate",
    "identity show",
    "identity audit",
    "identity preview",
    "identity link",
    "identity unlink",
    "identity cannot-link",
    "identity shared",
    "identity block",
    "identity revoke",
    "identity undo",
    "identity split",
    "identity join",
    "identity erase",
    "identity certificate",
    "identity export",
    "mood eval",
    "policy replay",
    "policy show",
    "policy shadow",
    "dead list",
    "dead show",
}


class Said:
    """What one run of `main` wrote, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def error(self) -> str:
        """The one line of an error."""
        (line,) = self.err.splitlines()
        assert line.startswith("maitred: ")
        return line.removeprefix("maitred: ")


Main = Callable[..., Said]


@pytest.fixture
def main(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Main:
    """Run `main` in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["maitred", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        written = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        assert "Traceback" not in written.err
        return Said(ended.value.code, written.out, written.err)

    return run


def names(command: object, prefix: str = "") -> set[str]:
    """Return the names of all commands, of groups within groups too."""
    inner = getattr(command, "commands", None)
    if inner is None:
        return {prefix.strip()}
    return {name for key, each in inner.items() for name in names(each, f"{prefix} {key}")}


def test_these_are_all_commands() -> None:
    assert names(get_command(cli.app)) == set(COMMANDS)


@pytest.mark.parametrize("name", ["", "dead", "policy", *COMMANDS])
def test_a_command_s_help_has_an_example_of_itself(main: Main, name: str) -> None:
    said = main(*name.split(), "--help")
    assert said.code == 0
    assert re.search(rf"Example: maitred {name}", said.out)
    assert ("--json" in said.out) == (name in READ_BY_PROGRAMS)
    assert max(map(len, said.out.splitlines())) <= 80


def test_the_list_of_commands_says_of_each_what_it_does(main: Main) -> None:
    listed = main("--help").out.partition("Commands:")[2]
    assert "..." not in listed
    assert len(listed.strip().splitlines()) == 18


def test_nothing_at_all_shows_the_help_and_is_wrong(main: Main) -> None:
    said = main()
    assert said.code == 2
    assert "Commands:" in said.out


def test_the_version_is_the_package_s(main: Main) -> None:
    said = main("--version")
    assert (said.code, said.out) == (0, f"maitred {version('maitred')}\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nope"], "No such command 'nope'; `maitred --help` shows how"),
        (["chekc"], "No such command 'chekc'. Did you mean 'check'?; `maitred --help` shows how"),
        (["--nope"], "No such option: --nope; `maitred --help` shows how"),
        (["check", "--nope"], "No such option: --nope; `maitred check --help` shows how"),
        (["check", "--config"], "Option '--config' requires an argument"),
        (["check", "x"], "Got unexpected extra argument(s) (x); `maitred check --help` shows how"),
        (["dead"], "Missing command; `maitred dead --help` shows how"),
        (["dead", "bury"], "No such command 'bury'; `maitred dead --help` shows how"),
        (["journey"], "Missing argument 'ID'; `maitred journey --help` shows how"),
        (["dead", "show"], "Missing argument 'number'; `maitred dead show --help` shows how"),
        (["attachment"], "Missing argument 'MESSAGE'; `maitred attachment --help` shows how"),
        (["attachment", "msg_a"], "Missing argument 'INDEX'; `maitred attachment --help` shows"),
        (["attachment", "msg_a", "-1"], "No such option: -1; `maitred attachment --help` shows"),
        (["attachment", "msg_a", "x"], "Invalid value for 'INDEX': "),
        (["attachment", "msg_a", "100"], "Invalid value for 'INDEX': "),
        (["attachment", "cus_a", "0"], "Invalid value for 'MESSAGE': an id looks like msg_"),
        (["attachment", "msg_a.>", "0"], "Invalid value for 'MESSAGE': an id looks like msg_"),
        (["dead", "show", "x"], "Invalid value for 'number': "),
        (["dead", "drop", "0"], "Invalid value for 'number': "),
        (["dead", "replay", "9" * 30], "Invalid value for 'number': "),
        (["normalize", "fax", "x"], "CHANNEL: nothing reads 'fax'; there are chat, "),
        (["normalize", "email"], "FILE: name at least one, or - for standard input (email)"),
        (["replay"], "Missing option '--from'"),
        (["replay", "--from", "soon"], "Invalid value for '--from': give a day (2026-11-01), "),
        (["policy"], "Missing command; `maitred policy --help` shows how"),
        (["policy", "replay", "--since", "soon"], "Invalid value for '--since': give a day"),
        (["policy", "replay", "-n", "-1"], "Invalid value for '--examples' / '-n': "),
        (["policy", "shadow", "--since", "soon"], "Invalid value for '--since': give a day"),
        (["identity", "show", "x"], "Invalid value for 'ID': an identifier looks like email:"),
        (["identity", "show", "cus_.>"], "Invalid value for 'ID': an id looks like cus_"),
        (["identity", "link", "account:1"], "Missing argument 'B'"),
        (["identity", "link", "email:a", "fax:1"], "Invalid value for 'A': what is behind email:"),
        (["identity", "link", "phone:anonymous", "fax:1"], "Invalid value for 'A': what is behind"),
        (["identity", "link", "account:", "fax:1"], "Invalid value for 'A': what is behind acco"),
        (["identity", "link", "account:1", "slack:U1"], "Invalid value for 'B': what is behind"),
        (["identity", "link", "account:1", "account:2"], "Missing option '--why'"),
        (["identity", "shared", "account:1", "--why", " "], "Invalid value for '--why': give a"),
        (["identity", "revoke", "cus_a", "--why", "x"], "Invalid value for 'MESSAGE': an id looks"),
        (["identity", "undo", "op_*", "--why", "x"], "Invalid value for 'OPERATION': an id looks"),
        (["identity", "preview", "link", "account:1"], "Invalid value: link is about 2, not 1"),
        (["identity", "preview", "marry", "account:1"], "Invalid value for 'WHAT': "),
        (["identity", "audit", "--since", "soon"], "Invalid value for '--since': give a day"),
        (["identity", "split", "cnv_a", "--why", "x"], "Missing argument 'MESSAGE'"),
        (["identity", "split", "cnv_a", "msg_a", "cnv_b", "--why", "x"], "Invalid value for 'MESS"),
        (["identity", "split", "cnv_*", "msg_a", "--why", "x"], "Invalid value for 'CONVERSATION"),
        (["identity", "split", "cnv_a", "msg_a"], "Missing option '--why'"),
        (["identity", "join", "cnv_a", "cus_a", "--why", "x"], "Invalid value for 'INTO': an id"),
        (["identity", "join", "cnv_a", "--why", "x"], "Missing argument 'INTO'"),
        (["identity", "erase", "cus_a"], "Missing option '--why'"),
        (["identity", "erase", "cus_.>", "--why", "x"], "Invalid value for 'WHO': an id looks"),
        (["identity", "erase", "ann", "--why", "x"], "Invalid value for 'WHO': an identifier"),
        (["identity", "certificate"], "Missing argument 'WHO'"),
        (["identity", "export", "cus_a"], "Missing option '--out'"),
        (["explain", "cnv_a", "--at", "-1"], "Invalid value for '--at': "),
        (["explain", "cus_a"], "Invalid value for 'ID': an id looks like cnv_"),
        (["waiting", "--most", "0"], "Invalid value for '--most' / '-n': "),
        (["watch", "--seconds", "-1"], "Invalid value for '--seconds': "),
        (["watch", "--seconds", "soon"], "Invalid value for '--seconds': "),
        (["no\nsuch\x1b[31m"], "No such command "),
    ],
)
def test_wrong_usage_ends_with_2_and_one_line(
    main: Main, arguments: list[str], expected: str
) -> None:
    said = main(*arguments)
    assert said.code == 2
    assert said.error.startswith(expected)
    assert "\x1b" not in said.error


@pytest.mark.parametrize("name", ["journey", "conversation", "explain"])
@pytest.mark.parametrize(
    "malformed",
    [
        "x",
        "",
        " ",
        "cus_",
        "cnv_>",
        "cnv_*",
        "cnv_a.b",
        "cnv_ a",
        "cnv_a\n",
        "msg_a",
        "cnv_" + "a" * 99,
    ],
)
def test_a_malformed_id_is_wrong_usage(main: Main, name: str, malformed: str) -> None:
    said = main(name, malformed)
    assert said.code == 2
    assert said.error.startswith("Invalid value for 'ID': an id looks like c")


def test_whoever_asks_for_a_journey_by_an_address_is_told_how(main: Main) -> None:
    said = main("journey", "email:ann@example.com")
    assert "`maitred identity show` finds it by an address" in said.error


@pytest.mark.parametrize("name", CONFIGURED)
def test_without_a_configuration_a_command_says_how_to_get_one(main: Main, name: str) -> None:
    said = main(*name.split(), *COMMANDS[name])
    assert said.code == 2
    assert said.error == (
        "maitred.toml: there is no such file; `maitred init` writes one to start from"
    )


@pytest.mark.parametrize("name", CONFIGURED)
def test_bad_toml_is_told_by_every_command(main: Main, name: str) -> None:
    Path("maitred.toml").write_text("a = ")
    said = main(*name.split(), *COMMANDS[name])
    assert said.code == 2
    assert said.error.startswith("maitred.toml: not valid TOML: ")


@pytest.mark.parametrize("name", ASKING)
def test_when_no_gateway_has_run_a_command_says_so(main: Main, begun: Path, name: str) -> None:
    said = main(*name.split(), *COMMANDS[name])
    assert said.code == 1
    assert said.error.startswith("no gateway has run here (")


@pytest.mark.parametrize("name", ASKING)
def test_when_the_gateway_is_gone_a_command_says_so(main: Main, begun: Path, name: str) -> None:
    store = begun.parent / "maitred-data"
    store.mkdir()
    # Port 1 belongs to a service that nobody runs.
    write_connection(store, url="nats://127.0.0.1:1", user="maitred", password="x")
    said = main(*name.split(), *COMMANDS[name])
    assert said.code == 1
    assert said.error.startswith("no gateway is running (")


def test_a_connection_file_that_is_not_ours_is_told(main: Main, begun: Path) -> None:
    (begun.parent / "maitred-data").mkdir()
    (begun.parent / "maitred-data" / "connection.json").write_text('{"url": 5}')
    said = main("ledger")
    assert said.code == 2
    assert "connection.json: cannot be read (ValidationError)" in said.error


@pytest.mark.parametrize("url", ["", "nats://127.0.0.1:x", "nats://"])
def test_a_connection_file_without_an_address_is_told(main: Main, begun: Path, url: str) -> None:
    (begun.parent / "maitred-data").mkdir()
    write_connection(begun.parent / "maitred-data", url=url, user="maitred", password="x")
    assert main("ledger").code == 1


def test_every_fault_has_a_line_of_its_own(main: Main, begun: Path) -> None:
    begun.write_text('tenant = "a b"\n[http]\nlisten = 5\n')
    said = main("check")
    assert said.code == 2
    starts = [line.split(": ")[:2] for line in said.err.splitlines()]
    assert starts == [
        ["maitred", "http.listen"],
        ["maitred", "identity.secret"],
        ["maitred", "tenant"],
    ]


def test_unknown_roles_are_wrong_usage(main: Main, begun: Path) -> None:
    said = main("up", "--roles", "doors,attic")
    assert said.code == 2
    assert said.error == "--roles: attic is no role; choose from doors, intake, dispatch, delivery"


@pytest.mark.parametrize("arguments", [["ledger"], ["ledger", "--json"]])
def test_a_gap_in_the_ledger_ends_with_1(
    main: Main, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    found = Ledger(accepted=5, journalled=3, suppressed=0, dead=0, in_flight=0)
    monkeypatch.setattr("maitred.gateway.cli.showing.run", lambda *_: found)
    said = main(*arguments)
    assert (said.code, said.error) == (1, "2 accepted messages are nowhere")
    assert "gap" in said.out


def test_ctrl_c_is_no_traceback(main: Main, begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("maitred.gateway.cli.showing.run", interrupted)
    said = main("ledger")
    assert (said.code, said.out, said.err) == (1, "", "")


def test_ctrl_c_is_how_a_watch_ends(
    main: Main, begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("maitred.gateway.cli.watching.run", interrupted)
    said = main("watch", "--json")
    assert said.code == 0
    assert '"journeys": 0' in said.out


def test_a_fault_of_the_machine_is_one_line(
    main: Main, begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "maitred.toml")

    monkeypatch.setattr("maitred.gateway.cli.configuring.write_private", full)
    said = main("init", "there")
    assert (said.code, said.error) == (1, "maitred.toml: No space left on device")
