"""Shortage: why nobody takes a class of conversations, and who comes nearest to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from maitred.contracts.agents import Agent, AgentKind
from maitred.contracts.ids import AgentId
from maitred.router.agents.roster import Roster
from maitred.router.port import RoutingPolicy, Signature

NAMED_MAX: Final = 3
_PAIR: Final = 2
_ORDER: Final = ("free", "full", "spared", "absent", "declined")
"""What keeps an agent from it, beginning with who would have it first."""
_WORDS: Final = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, slots=True)
class Shortage:
    """Who would suit a class, and what keeps each of them from it.

    `cause` is `nobody`, `declined`, `offline`, `full` or `spared`; `free` where somebody has room
    after all and will be asked with the next event. The sets lie apart, and together they are all
    who suit.
    """

    cause: str
    declined: frozenset[AgentId] = frozenset()
    absent: frozenset[AgentId] = frozenset()
    full: frozenset[AgentId] = frozenset()
    spared: frozenset[AgentId] = frozenset()
    free: frozenset[AgentId] = frozenset()

    @property
    def suit(self) -> int:
        """How many would suit."""
        return sum(map(len, (self.declined, self.absent, self.full, self.spared, self.free)))

    @property
    def pool(self) -> frozenset[AgentId]:
        """Who takes it as soon as he has room."""
        return self.full | self.free


class Shortages:
    """Why nobody takes what waits, found out once for each class at one moment."""

    def __init__(self, roster: Roster, policy: RoutingPolicy, agents: Sequence[AgentId]) -> None:
        self._roster = roster
        self._policy = policy
        self._agents = agents
        self._found: dict[Signature, Shortage] = {}

    def of(self, signature: Signature) -> Shortage:
        """Return why nobody takes a class."""
        found = self._found.get(signature)
        if found is None:
            found = self._found[signature] = self._find(signature)
        return found

    def _find(self, signature: Signature) -> Shortage:
        anybody = signature._replace(declined=())
        found: dict[str, set[AgentId]] = {name: set() for name in _ORDER}
        for agent in self._agents:
            if self._policy.fit(anybody, self._roster.agent(agent)).value > 0:
                found[_kept_by(self._roster, signature, agent)].add(agent)
        # The cause is what would help first: of those who may have it, whoever comes nearest.
        cause = next((name for name in _ORDER if found[name]), "nobody")
        return Shortage(
            cause="offline" if cause == "absent" else cause,
            **{name: frozenset(group) for name, group in found.items()},
        )

    def told(self, signature: Signature, names: Mapping[AgentId, str]) -> str:
        """Return why nobody takes a class, in words; `names` says what agents are called."""
        found, asks = self.of(signature), demanded(signature)
        begins = f"needs {asks}: " if asks else ""
        if found.cause == "nobody":
            profiles = [self._roster.agent(agent) for agent in self._agents]
            return begins + "; ".join(_missing(profiles, signature))
        if found.cause == "declined":
            many = f"{_whole(found.suit)} who suit" if found.suit > 1 else "the only one who suits"
            return f"{begins}declined by {many}{_called(found.declined, names)}"
        if not asks:
            begins = f"{counted(found.suit)} may have it, "
        elif found.suit > 1:
            begins += f"{counted(found.suit)} have it, "
        else:
            begins += "only one has it, "
        return begins + ", ".join(_groups(found, names))


def _kept_by(roster: Roster, signature: Signature, agent: AgentId) -> str:
    if agent in signature.declined:
        return "declined"
    if not roster.is_online(agent):
        return "absent"
    if roster.is_spared(agent, signature.mood):
        return "spared"
    return "free" if roster.has_room(agent, signature.channel) else "full"


def _groups(found: Shortage, names: Mapping[AgentId, str]) -> Iterator[str]:
    """Yield what keeps those who suit from it, group by group."""
    groups = (
        (found.free, "free and asked next"),
        (found.full, "full"),
        (found.spared, "spared angry customers for now"),
        (found.absent, "not on line"),
        (found.declined, "passed over, having declined"),
    )
    for group, state in groups:
        if group:
            yield f"{_part(len(group), found.suit)}{state}{_called(group, names)}"


def demanded(signature: Signature) -> str:
    """Return what a class asks for, in a few words; empty if it is nothing."""
    parts = [f"{skill} at {least:g}" if least else skill for skill, least in signature.skills]
    if signature.language and not signature.any_language:
        parts.append(f"the language {signature.language}")
    parts += ["a human"] if signature.human_only else []
    return " and ".join(parts)


def eased(now: Signature, then: Signature) -> str:
    """Return what a step makes of what a class asks for; empty where it changes nothing."""
    before = dict(now.skills)
    parts = [
        f"{skill} relaxes to {least:g}" if least else f"any level of {skill} will do"
        for skill, least in then.skills
        if least < before.get(skill, least)
    ]
    if now.language and then.any_language and not now.any_language:
        parts.append("the language is no bar any more")
    if now.human_only and not then.human_only:
        parts.append("a machine may have it")
    if len(then.stand_ins) > len(now.stand_ins):
        parts.append("others stand in")
    return " and ".join(parts)


def counted(number: int) -> str:
    """Return a number, in letters if it is small."""
    return _WORDS[number] if number < len(_WORDS) else f"{number:,}"


def _missing(profiles: Sequence[Agent], signature: Signature) -> Iterator[str]:
    """Yield what nobody has, or else that nobody has all of it."""
    alone = True
    for skill, least in signature.skills:
        best = max((each.skills.get(skill, 0.0) for each in profiles), default=0.0)
        if best <= 0:
            yield f"nobody in the house has `{skill}`"
        elif best < least:
            yield f"nobody is that good at `{skill}`, the best is at {best:g}"
        alone = alone and 0 < best >= least
    language = signature.language
    speaks = not language or any(
        not each.languages or each.languages.get(language, 0.0) > 0 for each in profiles
    )
    if not speaks and not signature.any_language:
        yield f"nobody in the house speaks `{language}`"
    elif signature.human_only and not any(each.kind == AgentKind.HUMAN for each in profiles):
        yield "nobody in the house is human"
    elif alone:
        yield "nobody in the house has all of it" if profiles else "there are no agents"


def _part(number: int, whole: int) -> str:
    if number < whole:
        return f"{counted(number)} "
    return f"{_whole(number)} " if number > 1 else ""


def _whole(number: int) -> str:
    return f"all {counted(number)}" if number != _PAIR else "both"


def _called(agents: frozenset[AgentId], names: Mapping[AgentId, str]) -> str:
    """Return who they are, if they are few."""
    if len(agents) > NAMED_MAX:
        return ""
    return f" ({', '.join(sorted(names.get(agent) or agent for agent in agents))})"
