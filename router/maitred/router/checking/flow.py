"""Flow: whether the agents can bear the forecast, all of it at once.

Each row of the forecast needs so many units of capacity at a time: what comes in an hour, times
how long it takes (Little 1961), times the units of its channel. Units flow from the rows to the
agents who may take them, and there on each channel as far as there is room. Where not all flows,
the smallest cut names the rows that ask too much of the same agents (Hall 1935), and nobody else
could help. Agents count with all their capacity, as if all were on line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from maitred.router.checking.network import ENDLESS, Network
from maitred.router.checking.staff import Staff
from maitred.router.checking.values import counted

if TYPE_CHECKING:
    from maitred.router.settings import AgentSettings, Forecast, RoutingSettings

FULL: Final = 0.9
"""Above such a share of their capacity, agents are called nearly full."""
GROUPS_MAX: Final = 1_000
"""Agents of so many different kinds are told apart; the rest counts as one that can do it all."""
ROWS_SAID_MAX: Final = 3
_THOUSAND: Final = 1_000


class _Group:
    """Agents who may take the same rows, and their room in thousandths of a unit."""

    def __init__(self) -> None:
        self.rows = 0
        self.agents = 0
        self.room = 0
        self.by_channel: dict[str, int] = {}


class _Shortage(NamedTuple):
    """Rows that nobody outside `agents` could help with; load and room in thousandths."""

    rows: list[int]
    agents: int
    load: int
    room: int


def forecast_advice(settings: RoutingSettings) -> Iterator[str]:
    """Find rows of the forecast that the agents cannot bear, or hardly."""
    rows = settings.forecast
    if not rows:
        return
    groups = _groups(settings)
    short = _shortages(settings, groups, 1.0)
    for each in short:
        yield (
            f"{_named(rows, each)} {_need(each.rows)} {_capacity(each.load)} at a time, and "
            f"{_who(each)}"
        )
    told = {row for each in short for row in each.rows}
    for each in _shortages(settings, groups, FULL):
        if told.isdisjoint(each.rows):
            yield (
                f"{_named(rows, each)} {_need(each.rows)} {_units(each.load)} of the "
                f"{_capacity(each.room)} that {counted(each.agents, 'agent')} can give"
                f"{_wait(settings, each)}; plan for less than {FULL:.0%}"
            )


def loads(settings: RoutingSettings) -> list[int]:
    """Return what each row needs at a time, in thousandths of a unit."""
    return [
        math.ceil(
            row.per_hour * row.handling_seconds / 3_600 * settings.units_of(row.channel) - 1e-9
        )
        for row in settings.forecast
    ]


def erlang_c(servers: int, load: float) -> float:
    """Return the share that has to wait for one of some servers, 0 <= load < servers.

    Erlang C by way of the recursion of Erlang B (Cooper 1981, Introduction to Queueing Theory,
    section 3.5).
    """
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = load * blocked / (server + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def _groups(settings: RoutingSettings) -> list[_Group]:
    staff = Staff(settings)
    takers = [_takers(staff, row) for row in settings.forecast]
    found: dict[int, _Group] = {}
    for number, agent in enumerate(settings.agents):
        rows = sum(1 << row for row, those in enumerate(takers) if those >> number & 1)
        if not rows:
            continue
        key = rows if rows in found or len(found) < GROUPS_MAX else -1
        group = found.setdefault(key, _Group())
        group.rows |= rows
        group.agents += 1
        room = round(agent.capacity * _THOUSAND)
        group.room += room
        for channel in {row.channel for row in settings.forecast}:
            on_it = min(room, _room_on(settings, agent, channel, room))
            group.by_channel[channel] = group.by_channel.get(channel, 0) + on_it
    return list(found.values())


def _takers(staff: Staff, row: Forecast) -> int:
    channel = frozenset({row.channel})
    takers = staff.speaking(row.language) if row.language else staff.everybody
    for skill in row.skills:
        takers &= staff.taking(skill, 0.0, channel)
    return takers


def _room_on(settings: RoutingSettings, agent: AgentSettings, channel: str, room: int) -> int:
    many = agent.per_channel.get(channel)
    return room if many is None else many * settings.units_of(channel)


def _shortages(
    settings: RoutingSettings, groups: Sequence[_Group], share: float
) -> list[_Shortage]:
    """Return where the rows need more than a share of the room, apart where agents are."""
    network, load = Network(), loads(settings)
    rows = [network.node() for _ in load]
    for node, units in zip(rows, load, strict=True):
        network.edge(0, node, units)
    nodes: list[int] = []
    for group in groups:
        nodes.append(network.node())
        network.edge(nodes[-1], 1, math.floor(group.room * share))
        for channel, room in group.by_channel.items():
            on_channel = network.node()
            network.edge(on_channel, nodes[-1], math.floor(room * share))
            for number, row in enumerate(settings.forecast):
                if row.channel == channel and group.rows >> number & 1:
                    network.edge(rows[number], on_channel, ENDLESS)
    reached = network.fill()
    short = [number for number, node in enumerate(rows) if node in reached]
    return [_summed(settings, load, groups, each) for each in _apart(short, groups)]


def _apart(rows: Sequence[int], groups: Sequence[_Group]) -> list[list[int]]:
    """Split rows into those that share agents with each other."""
    left, found = sum(1 << row for row in rows), []
    while left:
        part = left & -left
        while (more := part | _sharing(part, groups) & left) != part:
            part = more
        left &= ~part
        found.append([row for row in rows if part >> row & 1])
    return found


def _sharing(part: int, groups: Sequence[_Group]) -> int:
    sharing = 0
    for group in groups:
        if group.rows & part:
            sharing |= group.rows
    return sharing


def _summed(
    settings: RoutingSettings, load: Sequence[int], groups: Sequence[_Group], rows: list[int]
) -> _Shortage:
    """Return a shortage with the room of all who can take some of it, by its channels."""
    part = sum(1 << row for row in rows)
    those = [group for group in groups if group.rows & part]

    def room(group: _Group) -> int:
        taken = {settings.forecast[row].channel for row in rows if group.rows >> row & 1}
        return min(group.room, sum(group.by_channel[channel] for channel in taken))

    return _Shortage(
        rows=rows,
        agents=sum(group.agents for group in those),
        load=sum(load[row] for row in rows),
        room=sum(map(room, those)),
    )


def _named(rows: Sequence[Forecast], short: _Shortage) -> str:
    said = [f"forecast[{row}] ({_asked(rows[row])})" for row in short.rows[:ROWS_SAID_MAX]]
    more = len(short.rows) - len(said)
    return " and ".join([*said, *[f"{more} more"] * bool(more)])


def _asked(row: Forecast) -> str:
    words = [*row.skills, *[f"in {row.language}"] * bool(row.language), f"by {row.channel}"]
    return " ".join(words)


def _need(rows: Sequence[int]) -> str:
    return "needs" if len(rows) == 1 else "need"


def _who(short: _Shortage) -> str:
    if not short.agents:
        return "no agent can take it"
    verb = "has" if short.agents == 1 else "have between them"
    return (
        f"the {counted(short.agents, 'agent')} who can take some of it {verb} "
        f"{_units(short.room)}: {_units(short.load - short.room)} too few"
    )


def _capacity(thousandths: int) -> str:
    return f"{_units(thousandths)} unit{'s' * (thousandths != _THOUSAND)} of capacity"


def _units(thousandths: int) -> str:
    return f"{thousandths / _THOUSAND:,.1f}".removesuffix(".0")


def _wait(settings: RoutingSettings, short: _Shortage) -> str:
    """Return how long they would wait on average, if all agents could take all of it."""
    rows = [settings.forecast[row] for row in short.rows]
    hourly = sum(row.per_hour for row in rows)
    each = short.load / hourly if hourly else 0.0
    handling = sum(row.per_hour * row.handling_seconds for row in rows) / hourly if hourly else 0.0
    units = each * 3_600 / handling if handling else 0.0
    servers = int(short.room / units) if units else 0
    load = hourly * handling / 3_600
    if servers <= load:
        return ""
    seconds = erlang_c(servers, load) * handling / (servers - load)
    return f", and would wait {seconds:,.0f} s on average at best (Erlang C)"
