"""Staffing: what rules ask for that nobody has, and settings that leave agents out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

from maitred.contracts.agents import AgentKind
from maitred.router.checking.linting import conditions
from maitred.router.checking.site import Site
from maitred.router.checking.staff import Staff
from maitred.router.checking.values import counted, filled

if TYPE_CHECKING:
    from maitred.router.settings import AgentSettings, RoutingSettings, Rule

PAIRS_MAX: Final = 200_000
"""So many pairs of rules are looked at, which is all of the first six hundred rules."""
PAIRS_SAID_MAX: Final = 5
_BY_CHANNEL: Final = (
    "broadcast",
    "hold_fraction",
    "sla_seconds",
    "channel_weight",
    "channel_units",
)
_WAIT: Final = "so its conversations would wait for good"


def staff_advice(settings: RoutingSettings, site: Site) -> Iterator[str]:
    """Find demands that nobody meets, overflow to nobody, and agents who get nothing."""
    staff = Staff(settings)
    asked = []
    for number, rule in enumerate(settings.rules):
        found = list(_unmet(f"rules[{number}] ({rule.name})", rule, settings, staff))
        yield from found
        asked.append(None if found else _asks(number, rule, settings, staff))
    yield from _pairs([each for each in asked if each is not None])
    yield from _overflow(settings, site, staff)
    yield from _rooms(settings, site)
    yield from _strangers(settings, site)


class _Asks(NamedTuple):
    """What a rule asks for, and who could take what it alone makes of a conversation."""

    number: int
    rule: Rule
    wants: frozenset[str]
    takers: int


def _unmet(path: str, rule: Rule, settings: RoutingSettings, staff: Staff) -> Iterator[str]:
    """Find what nobody can ever meet of a rule alone."""
    met = True
    channels = frozenset(filled(rule.when.channel))
    for skill, level in sorted(rule.skills.items()):
        if staff.taking(skill, level, channels):
            continue
        met = False
        if any(agent.skills.get(skill, 0.0) > 0 for agent in settings.agents):
            yield (
                f"{path}.skills.{skill} = {level}: no agent is that good and nothing relaxes it, "
                f"{_WAIT}; lower it or give `relax` a step"
            )
        else:
            yield f"{path}.skills.{skill}: no agent has this skill, {_WAIT}"
    if rule.human_only and not staff.answering(channels):
        met = False
        yield f"{path}.human_only: no agent is human"
    asks = _asks(0, rule, settings, staff)
    if met and asks.wants and not asks.takers:
        yield f"{path}: no single agent {_all_of(asks.wants)}, {_WAIT}; ask for less"


def _asks(number: int, rule: Rule, settings: RoutingSettings, staff: Staff) -> _Asks:
    channels = frozenset(filled(rule.when.channel))
    takers, wants = staff.everybody, set()
    for skill, level in rule.skills.items():
        takers &= staff.taking(skill, level, channels)
        wants.add(f"`{skill}`" if settings.relax else f"`{skill}` at {level:g}")
    if rule.human_only:
        takers &= staff.answering(channels)
        wants.add("a human")
    languages = filled(rule.when.language)
    if len(languages) == 1 and not (settings.relax and settings.language_floor):
        takers &= staff.speaking(languages[0])
        wants.add(f"the language {languages[0]}")
    return _Asks(number, rule, frozenset(wants), takers)


def _pairs(asked: list[_Asks]) -> Iterator[str]:
    """Find two rules that one message may match, and whose demands nobody meets together."""
    asking = [each for each in asked if each.wants]
    shapes = {each.number: conditions(each.rule.when) for each in asking}
    said: set[frozenset[str]] = set()
    looked_at = 0
    for one, other in combinations(asking, 2):
        looked_at += 1
        if looked_at > PAIRS_MAX:
            break
        if one.takers & other.takers or (wants := one.wants | other.wants) in said:
            continue
        if not shapes[one.number].meets(shapes[other.number]):
            continue
        said.add(wants)
        if len(said) <= PAIRS_SAID_MAX:
            yield (
                f"rules[{one.number}] ({one.rule.name}) and rules[{other.number}] "
                f"({other.rule.name}): no single agent {_all_of(wants)}, so what matches both "
                "would wait for good; give an agent all of it, or add routing.overflow"
            )
    if len(said) > PAIRS_SAID_MAX:
        more = counted(len(said) - PAIRS_SAID_MAX, "more combination")
        yield f"rules: {more} of what two rules ask for that no single agent has"


def _all_of(wants: frozenset[str]) -> str:
    has = " and ".join(sorted(wants - {"a human"}))
    return "is a human who has " * ("a human" in wants) + "has " * ("a human" not in wants) + has


def _overflow(settings: RoutingSettings, site: Site, staff: Staff) -> Iterator[str]:
    asked = {skill for rule in settings.rules for skill in rule.skills}
    machines = any(agent.kind == AgentKind.AI for agent in settings.agents)
    for number, each in enumerate(settings.overflow):
        path = f"overflow[{number}] ({each.name})"
        if each.instead and not staff.instead(each):
            levels = " and ".join(f"{s} {level:g}" for s, level in sorted(each.instead.items()))
            yield f"{path}.instead: no agent has {levels}, so nobody would stand in"
        if each.any_agent and not machines:
            yield f"{path}.any_agent: there is no machine that could take it; leave it out"
        for skill in sorted(set(each.skills) - asked):
            yield f"{path}.skills: no rule asks for `{skill}`, so this changes nothing for it"
        for channel in sorted(set(each.channels) - set(site.channels)) if site.channels else ():
            yield f"{path}.channels: there is no channel `{channel}` here"


def _rooms(settings: RoutingSettings, site: Site) -> Iterator[str]:
    """Find channels that no agent has room for, and numbers that the staff does not bear."""
    agents = settings.agents
    for channel, many in sorted(settings.broadcast.items()):
        if many > len(agents):
            yield f"broadcast.{channel} = {many}: there are only {counted(len(agents), 'agent')}"
    for channel, fraction in sorted(settings.hold_fraction.items()):
        if fraction > 1:
            yield (
                f"hold_fraction.{channel} = {fraction:g}: it is kept for one agent for longer than "
                "its SLA; write 1 or less"
            )
    for channel in sorted(site.channels) if agents else ():
        if not any(_has_room(settings, agent, channel) for agent in agents):
            yield f"agents: none has room for one on {channel}; see capacity, per_channel"
    for number, agent in enumerate(agents):
        if agent.capacity <= 0:
            yield f"agents[{number}] ({agent.id}).capacity = 0: is never offered anything"


def _strangers(settings: RoutingSettings, site: Site) -> Iterator[str]:
    """Find channels that are named and that the site does not have: most are misspelt."""
    if not site.channels:
        return
    for table in _BY_CHANNEL:
        for channel in sorted(set(getattr(settings, table)) - set(site.channels)):
            yield f"{table}.{channel}: there is no such channel here"
    for number, agent in enumerate(settings.agents):
        for channel in sorted(set(agent.per_channel) - set(site.channels)):
            yield f"agents[{number}].per_channel.{channel}: there is no such channel here"
    for number, row in enumerate(settings.forecast):
        if row.channel not in site.channels:
            yield f"forecast[{number}].channel = {row.channel!r}: there is no such channel here"


def _has_room(settings: RoutingSettings, agent: AgentSettings, channel: str) -> bool:
    return (
        agent.capacity * 1000 >= settings.units_of(channel)
        and agent.per_channel.get(channel, 1) > 0
    )
