"""`maitred simulate`: a policy tried on a made day, before customers meet it."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from msgspec.structs import replace
from rich.console import Console
from rich.progress import Progress

from maitred.contracts.errors import ConfigurationError, Permanent
from maitred.gateway.cli import plotting
from maitred.gateway.cli.comparing import print_table, ratios
from maitred.gateway.cli.filing import STDIN, bytes_of, check_target
from maitred.gateway.cli.session import JsonOption, print_json
from maitred.gateway.cli.telling import counted
from maitred.gateway.policies import house_calendar, policy_named
from maitred.gateway.settings.examine import below, faults_of
from maitred.gateway.settings.files import read_toml
from maitred.gateway.settings.shapes import Settings
from maitred.gateway.settings.values import read_value
from maitred.router.events import Effect, Event, WorkArrived
from maitred.router.faults import faults as faults_of_settings
from maitred.router.settings import RoutingSettings
from maitred.router.simulation import log, run
from maitred.router.simulation.report import Report, report
from maitred.router.simulation.run import Outcome
from maitred.router.simulation.scenario import Scenario, faults

_FAULTS_SHOWN: Final = 20
_DEFAULT: Final = "index"
_SECTIONS: Final = frozenset(Settings.__struct_fields__)


@dataclass(frozen=True, slots=True)
class Contender:
    """A policy by its name, its settings, how the comparison calls it, and where it was named."""

    called: str
    policy: str
    routing: RoutingSettings
    named_by: str


def simulate(
    file: Annotated[
        Path, typer.Argument(metavar="SCENARIO.json", help="The scenario; - reads standard input.")
    ],
    policy: Annotated[
        Path | None,
        typer.Option(
            "--policy", metavar="P.toml", help="[routing] settings; the defaults without."
        ),
    ] = None,
    against: Annotated[
        str,
        typer.Option(metavar="A,B,…", help="Policies to compare with: fifo, edf, strict, a file."),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="LOG.jsonl", help="Write what became of whom here."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="OUT.png", help="Draw waits by mood and load by agent."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Try a routing policy on a made day, beside simpler ones.

    A scenario holds who answers and who writes when; docs/routing.md has its format.
    It is played through the engine that routes in production; no gateway is needed.
    --policy takes a file with [routing], or a whole maitred.toml: agents and SLAs are
    the scenario's.

    Example: maitred simulate day.json --against fifo,edf,strict
    """
    if out is not None:
        check_target("--out", out)
    if plot is not None:
        plotting.check(plot)
        check_target("--plot", plot)
    scenario = _scenario(file)
    built_in = Contender(_DEFAULT, _DEFAULT, RoutingSettings(), "policy")
    ours = _read_policy(policy) if policy else built_in
    contenders = _told_apart([ours, *_rivals(against, ours)])
    for each in contenders:
        policy_named(each.policy, scenario.settings(each.routing), path=each.named_by)
    reports, outcomes = _run(scenario, contenders)
    if strangers := scenario.strangers():
        typer.echo(
            f"maitred: the previous agents of {counted(len(strangers), 'arrival')} are none of the "
            f"agents (the first: {strangers[0]})",
            err=True,
        )
    if out is not None:
        out.write_bytes(log.lines(outcomes))
    if plot is not None:
        plotting.plot(plot, reports)
    if as_json:
        print_json({"policies": reports, "ratios": ratios(reports)})
    else:
        print_table(reports)
    if lost := sum(each.lost for each in reports):
        raise Permanent(f"{lost} conversations ended neither served nor left: a fault of Maitred")


def _told_apart(contenders: Sequence[Contender]) -> list[Contender]:
    """Number those that would have the name of an earlier one."""
    found: list[Contender] = []
    for each in contenders:
        same = sum(other.called.partition("#")[0] == each.called for other in found)
        called = f"{each.called}#{same + 1}" if same else each.called
        found.append(dataclasses.replace(each, called=called))
    return found


def _run(scenario: Scenario, contenders: Sequence[Contender]) -> tuple[list[Report], list[Outcome]]:
    """Return each contender's report, and what became of whom under the first."""
    reports, first = [], None
    total = len(scenario.arrivals) * len(contenders)
    with Progress(
        console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True
    ) as progress:
        task = progress.add_task("simulating", total=total)
        for each in contenders:
            progress.update(task, description=each.called)
            settings = scenario.settings(each.routing)
            policy = policy_named(each.policy, settings)
            found = run.simulate(
                scenario, settings, policy, watch=_counting(lambda: progress.advance(task))
            )
            reports.append(report(scenario, settings, found, policy=each.called))
            first = first or found
    return reports, first or []


def _counting(step: Callable[[], None]) -> Callable[[Event, int, Sequence[Effect]], None]:
    def watch(event: Event, at: int, effects: Sequence[Effect]) -> None:
        del at, effects
        if isinstance(event, WorkArrived):
            step()

    return watch


# -- what is read
def _scenario(file: Path) -> Scenario:
    where = "standard input" if file == STDIN else str(file)
    data = bytes_of(file, hint="name a scenario, such as examples/scenario.json")
    try:
        scenario, found = _examined(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{where}: not valid JSON: {error}") from None
    if scenario is None or found:
        more = len(found) - _FAULTS_SHOWN
        shown = [f"{where}: {fault}" for fault in found[:_FAULTS_SHOWN]]
        raise ConfigurationError(*shown, *[f"{where}: and {more} more faults"] * (more > 0))
    return scenario


def _examined(data: bytes) -> tuple[Scenario | None, list[str]]:
    """Return the scenario, if it has the right shape, and what is wrong with it."""
    try:
        scenario = msgspec.json.decode(data, type=Scenario)
    except msgspec.ValidationError as error:
        raw = _without_nulls(msgspec.json.decode(data))
        found = faults_of(raw, Scenario, path="", hook=read_value(Path()))
        return None, found or [str(error).replace("$.", "")]
    return scenario, faults(scenario)


def _without_nulls(raw: Any) -> Any:  # noqa: ANN401  (JSON as it comes)
    """Return JSON without the keys that are null: a shape that has no default asks for them."""
    if isinstance(raw, dict):
        return {key: _without_nulls(value) for key, value in raw.items() if value is not None}
    if isinstance(raw, list):
        return [_without_nulls(each) for each in raw]
    return raw


def _read_policy(path: Path) -> Contender:
    """Read the routing part of a file; the agents that it names are left out."""
    raw = read_toml(path)
    found = [_unknown(key) for key in raw if key not in _SECTIONS]
    name = raw.get("policy", _DEFAULT)
    if not isinstance(name, str):
        found.append("policy: expected a string")
    section = raw.get("routing", {})
    found += faults_of(section, RoutingSettings, path="routing", hook=read_value(path.parent))
    if not found:
        routing = replace(msgspec.convert(section, RoutingSettings), agents=())
        found = faults_of_settings(routing)
    if found:
        raise ConfigurationError(*(f"{path}: {fault}" for fault in found))
    house_calendar(routing.hours)
    return Contender(path.stem, name, routing, f"{path}: policy")


def _unknown(key: str) -> str:
    if key in RoutingSettings.__struct_fields__:
        return f"{key}: stands outside of its section; write it below a line [routing]"
    return f"{below('', key)}: unknown section; a policy stands in [routing]"


def _rivals(against: str, ours: Contender) -> list[Contender]:
    """Return the policies to compare with, by their names under our settings, or by their files."""
    found = []
    for name in filter(None, (each.strip() for each in against.split(","))):
        if name.endswith(".toml"):
            found.append(_read_policy(Path(name)))
        else:
            found.append(Contender(name, name, ours.routing, "--against"))
    return found
