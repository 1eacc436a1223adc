"""`maitred simulate`: a scenario in, a comparison, a log and a picture out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson
import pytest

from maitred.contracts.errors import Permanent
from maitred.gateway.cli import main, plotting
from tests.gateway.cli.conftest import ENVIRONMENT, command

EXAMPLE = Path(__file__).parents[3] / "examples" / "scenario.json"
DAY: dict[str, Any] = {
    "agents": [
        {"id": "ann", "skills": {"tax": 1}, "capacity": 1},
        {"id": "bob", "skills": {"tax": 0.5}, "capacity": 1},
    ],
    "arrivals": [
        {"id": "x", "at": 0, "channel": "chat", "skills": ["tax"], "work_s": 60},
        {"id": "y", "at": 1, "channel": "email", "skills": ["tax"], "work_s": 60},
        {"id": "z", "at": 2, "channel": "chat", "mood": "angry", "patience_s": 9, "work_s": 60},
        {"id": "w", "at": 3, "channel": "sms", "skills": ["zoo"], "work_s": 60},
    ],
}


Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Cli:
    """Run one command in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["maitred", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return subprocess.CompletedProcess(arguments, ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def day(tmp_path: Path) -> Path:
    (tmp_path / "day.json").write_bytes(orjson.dumps(DAY))
    return tmp_path / "day.json"


def test_the_log_says_what_became_of_whom(cli: Cli, day: Path) -> None:
    done = cli("simulate", "day.json", "--out", "log.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    lines = (day.parent / "log.jsonl").read_text().splitlines()
    assert [orjson.loads(line) for line in lines] == [
        {"id": "x", "agent": "ann", "start": 0.0, "end": 60.0},
        {"id": "y", "agent": "bob", "start": 1.0, "end": 78.419355},
        {"id": "z", "left": 11.0},
        {"id": "w", "waiting": 3.0},
    ]


def test_policies_stand_side_by_side(cli: Cli, day: Path) -> None:
    done = cli("simulate", "day.json", "--against", "fifo,edf,strict")
    head, served, left, waiting, *_ = done.stdout.splitlines()
    assert head.split() == ["index", "fifo", "(=1)", "edf", "strict"]
    assert served.split() == ["served", "2", "x1.00", "2", "2", "x1.00", "2", "x1.00"]
    assert left.split()[:3] == ["left", "1", "x1.00"]
    assert waiting.split() == ["still", "waiting", "1", "x1.00", "1", "1", "x1.00", "1", "x1.00"]


def test_programs_read_json(cli: Cli, day: Path) -> None:
    done = cli("simulate", "day.json", "--against", "fifo", "--json")
    found = orjson.loads(done.stdout)
    ours, fifo = found["policies"]
    assert (ours["policy"], fifo["policy"]) == ("index", "fifo")
    became = {name: ours[name] for name in ("arrived", "served", "left", "waiting", "lost")}
    assert became == {"arrived": 4, "served": 2, "left": 1, "waiting": 1, "lost": 0}
    assert ours["by_mood"]["angry"]["abandoned"] == 1.0
    assert found["ratios"]["fit"] == {"index": 1.0, "fifo": 1.0}
    alone = orjson.loads(cli("simulate", "day.json", "--json").stdout)
    assert (len(alone["policies"]), alone["ratios"]) == (1, {})


def test_a_scenario_may_come_by_standard_input(day: Path) -> None:
    done = subprocess.run(
        command("simulate", "-", "--json"),
        input=day.read_bytes(),
        env=ENVIRONMENT,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert orjson.loads(done.stdout)["policies"][0]["served"] == 2


def test_a_policy_s_settings_count_and_its_agents_do_not(cli: Cli, day: Path) -> None:
    (day.parent / "slow.toml").write_text(
        'policy = "fifo"\n[routing]\nwrap_up_seconds = 600.0\n[[routing.agents]]\nid = "zoe"\n'
        '[identity]\nsecret = "env:NOWHERE"\n'
    )
    (day.parent / "none.toml").write_text("")
    done = cli("simulate", "day.json", "--policy", "slow.toml", "--against", "fifo,none.toml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].split() == ["slow", "fifo", "(=1)", "none"]


def test_policies_of_one_name_are_told_apart(cli: Cli, day: Path) -> None:
    done = cli("simulate", "day.json", "--against", "index,fifo, fifo,")
    assert done.stdout.splitlines()[0].split() == ["index", "index#2", "(=1)", "fifo", "fifo#2"]


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_picture_is_drawn(cli: Cli, day: Path, suffix: str) -> None:
    done = cli("simulate", str(EXAMPLE), "--against", "fifo", "--plot", f"a.{suffix}")
    assert (done.returncode, done.stderr) == (0, "")
    drawn = (day.parent / f"a.{suffix}").read_bytes()
    assert drawn.startswith(b"\x89PNG" if suffix == "png" else b"<?xml")


def test_without_the_extra_a_picture_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        plotting, "find_spec", lambda name: None if name == "matplotlib" else find_spec(name)
    )
    with pytest.raises(Permanent, match=r'`pip install "maitred\[plots\]"` brings it'):
        plotting.check(Path("a.png"))


def test_the_example_is_a_day_without_faults_and_the_same_every_time(cli: Cli) -> None:
    runs = [cli("simulate", str(EXAMPLE), "--out", f"{n}.jsonl", "--json") for n in range(2)]
    assert [(done.returncode, done.stderr) for done in runs] == [(0, "")] * 2
    assert runs[0].stdout == runs[1].stdout
    (found,) = orjson.loads(runs[0].stdout)["policies"]
    assert (found["waiting"], found["lost"]) == (0, 0)
    assert found["served"] > 100


def test_previous_agents_whom_nobody_knows_are_told(cli: Cli, day: Path) -> None:
    first = {**DAY["arrivals"][0], "previous_agent": "gone"}
    day.write_bytes(orjson.dumps({**DAY, "arrivals": [first]}))
    done = cli("simulate", "day.json")
    assert done.returncode == 0
    assert done.stderr == (
        "maitred: the previous agents of 1 arrival are none of the agents (the first: x)\n"
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"agnets": []}, ["day.json: agnets: unknown setting; did you mean `agents`?"]),
        (
            {"arrivals": [{"at": 1, "work_s": "long", "channel": "chat", "patience_s": None}]},
            [
                "day.json: arrivals[0].work_s: expected a number, found a string",
                "day.json: arrivals[0].id: missing; it has no default",
            ],
        ),
        (
            {"agents": [{"id": "ann", "online": [[1]]}]},
            ["day.json: Expected `array` of length 2 - at `agents[0].online[0]`"],
        ),
        (
            {"agents": [{"id": "a b"}], "sla": {"chat": -1}},
            [
                "day.json: sla.chat = -1.0: write a number from 1 to 7776000",
                "day.json: agents[0].id = 'a b': write 1 to 64 letters, digits, `_` or `-`",
            ],
        ),
    ],
)
def test_what_is_wrong_with_a_scenario_is_said(
    cli: Cli, day: Path, change: dict[str, Any], expected: list[str]
) -> None:
    day.write_bytes(orjson.dumps(DAY | change))
    done = cli("simulate", "day.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [f"maitred: {line}" for line in expected]


def test_of_many_faults_the_first_are_shown(cli: Cli, day: Path) -> None:
    day.write_bytes(orjson.dumps(DAY | {"arrivals": DAY["arrivals"] * 10}))
    lines = cli("simulate", "day.json").stderr.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "maitred: day.json: and 16 more faults"


@pytest.mark.parametrize(
    ("text", "arguments", "code", "expected"),
    [
        ("{", (), 2, "day.json: not valid JSON: "),
        ("\udcff", (), 2, "day.json: not valid JSON: "),
        ("[" * 100_000, (), 2, "day.json: not valid JSON: "),
        ("[]", (), 2, "day.json: the file: expected a table, found a list"),
        (None, ("--against", "best"), 2, "--against: nothing named 'best' is installed; "),
        (None, ("--policy", "none.toml"), 2, "none.toml: policy: nothing named 'no' is installed"),
        (None, ("--policy", "flat.toml"), 2, "flat.toml: sigma: stands outside of its section; w"),
        (None, ("--policy", "no.toml"), 2, "no.toml: there is no such file"),
        (None, ("--policy", "bad.toml"), 2, "bad.toml: routing.sgima: unknown setting; did"),
        (None, ("--against", "worse.toml"), 2, "worse.toml: routing.sigma = -1.0: write a"),
        (None, ("--policy", "odd.toml"), 2, "odd.toml: rooting: unknown section"),
        (None, ("--plot", "a.gif"), 2, "--plot: a.gif: write a name that ends in .png"),
        (None, ("--out", "no/log.jsonl"), 2, "--out: no/log.jsonl: there is no folder no; make"),
        (None, ("--out", "."), 2, "--out: .: is a folder; write the name of a file"),
        (None, ("--plot", "no/a.png"), 2, "--plot: no/a.png: there is no folder no; make it"),
    ],
)
def test_what_cannot_be_is_one_line(
    cli: Cli, day: Path, text: str | None, arguments: tuple[str, ...], code: int, expected: str
) -> None:
    if text is not None:
        day.write_bytes(text.encode("utf-8", "surrogateescape"))
    for name, told in (("bad", "sgima = 1"), ("worse", "sigma = -1"), ("odd", "[rooting]")):
        (day.parent / f"{name}.toml").write_text(f"[routing]\n{told}\n")
    for name, told in (("none", "policy = 'no'"), ("flat", "sigma = 1")):
        (day.parent / f"{name}.toml").write_text(told)
    done = cli("simulate", "day.json", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"maitred: {expected}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "said"), [("nowhere.json", "there is no such file"), (".", "cannot be read: Is a dir")]
)
def test_no_file_is_one_line(cli: Cli, name: str, said: str) -> None:
    done = cli("simulate", name)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert done.stderr.startswith(f"maitred: {name}: {said}")
    assert done.stderr.endswith("name a scenario, such as examples/scenario.json\n")


def test_a_day_with_nobody_is_drawn_from_nought(cli: Cli, day: Path) -> None:
    day.write_bytes(orjson.dumps({"agents": [], "arrivals": []}))
    assert cli("simulate", "day.json", "--plot", "a.svg").returncode == 0
    assert "\N{MINUS SIGN}" not in (day.parent / "a.svg").read_text()


@pytest.mark.parametrize("arguments", [("simulate", "-"), ("mood",), ("normalize", "sms", "-")])
def test_a_closed_input_is_an_empty_one(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *command(*arguments)],
        env=ENVIRONMENT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert (done.returncode, done.stderr) in (
        (0, b""),
        (2, b"maitred: standard input: not valid JSON: Input data was truncated\n"),
    )
