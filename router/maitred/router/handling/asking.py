"""Asking: what agents who give a conversation on ask of whoever takes it next.

What they ask stays with the conversation, whatever the customer writes later, and comes on top of
what the rules ask. A reason is a word, so that it can be counted; one of them asks for something.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from maitred.contracts.agents import Command
from maitred.contracts.conversation import Needs, SkillNeed
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import (
    HANDOFF_ENTRIES_MAX,
    HANDOFF_ENTRY_CHARACTERS_MAX,
    HANDOFF_SUMMARY_CHARACTERS_MAX,
    SKILLS_PER_AGENT_MAX,
)
from maitred.contracts.routing import Handoff, RoutingDoc
from maitred.router.deciding.placing import Placing

NEEDS_HUMAN_AUTHORITY: Final = "needs_human_authority"
"""The reason of a decline or a requeue after which only a human is asked, if there is one."""
OTHER: Final = "other"
TRANSFER: Final = "transfer"
_WORD: Final = re.compile(r"[a-z0-9_]{1,64}\Z")
_SKILL: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_LANGUAGE: Final = re.compile(r"[a-z]{2}\Z")
_CONTROLS: Final = dict.fromkeys((*range(32), *range(127, 160)), " ")


def word(reason: str) -> str:
    """Return a reason as a word of at most 64 of `a-z0-9_`; whatever is none is `other`."""
    return reason if not reason or _WORD.match(reason) else OTHER


def merged(needs: Needs, asked: Needs) -> Needs:
    """Return what the rules and the agents ask together; of a skill the higher level counts.

    The language that an agent asked for stands before the one that the customer writes in.
    """
    if asked == Needs():
        return needs
    levels = {need.skill: need.level for need in needs.skills}
    for need in asked.skills:
        levels[need.skill] = max(need.level, levels.get(need.skill, 0.0))
    return replace(
        needs,
        skills=tuple(SkillNeed(skill=skill, level=levels[skill]) for skill in sorted(levels)),
        language=asked.language or needs.language,
        human_only=needs.human_only or asked.human_only,
        because=tuple(sorted({*needs.because, *asked.because})),
    )


def asked_by(command: Command) -> Needs | None:
    """Return what a transfer asks for, which may be nothing; None if it is not well-formed."""
    skills = command.skills
    if len(skills) > SKILLS_PER_AGENT_MAX:
        return None
    if not all(_SKILL.match(skill) and 0 <= skills[skill] <= 1 for skill in skills):
        return None
    if command.language and not _LANGUAGE.match(command.language):
        return None
    if not (skills or command.language or command.human):
        return Needs()
    return Needs(
        skills=tuple(SkillNeed(skill=skill, level=skills[skill]) for skill in sorted(skills)),
        language=command.language,
        human_only=command.human,
        because=(TRANSFER,),
    )


def asking(doc: RoutingDoc, asked: Needs) -> RoutingDoc:
    """Return a conversation that asks for this as well, from now on."""
    if asked == Needs():
        return doc
    return replace(
        doc, asked=merged(doc.asked, asked), needs=merged(merged(doc.needs, doc.asked), asked)
    )


def asking_for_human(placing: Placing, doc: RoutingDoc, but: AgentId) -> RoutingDoc:
    """Return a conversation that goes to humans alone, unless none could ever have it."""
    human = asking(doc, Needs(human_only=True, because=(NEEDS_HUMAN_AUTHORITY,)))
    return human if somebody_could(placing, human, but) else doc


def inheriting(doc: RoutingDoc, joined: RoutingDoc | None) -> RoutingDoc:
    """Return a conversation that asks for what the one that was joined into it asked for.

    What is to be known of that one stays with it: the join may be undone, and until then a brief
    tells it as carefully as all that was said there.
    """
    return doc if joined is None else asking(doc, joined.asked)


def somebody_could(placing: Placing, doc: RoutingDoc, but: AgentId) -> bool:
    """Return whether anybody in the house but one could ever have it, once all is relaxed."""
    settings, roster, policy = placing.settings, placing.house.roster, placing.policy
    steps = len(settings.relax) + len(settings.overflow)
    signature = policy.signature(replace(doc, step=steps, declined=()))
    units = settings.units_of(doc.channel)
    for each in settings.agents:
        agent = roster.agent(AgentId(each.id))
        holds = units <= round(agent.capacity * 1000) and agent.per_channel.get(doc.channel, 1) > 0
        if agent.id != but and holds and policy.fit(signature, agent).value > 0:
            return True
    return False


def packet(handoff: Handoff) -> Handoff:
    """Return a handoff within its bounds; what is over them is cut."""
    return Handoff(
        summary=_cut(handoff.summary, HANDOFF_SUMMARY_CHARACTERS_MAX),
        tried=_entries(handoff.tried),
        promised=_entries(handoff.promised),
        unknown=_entries(handoff.unknown),
    )


def _entries(entries: tuple[str, ...]) -> tuple[str, ...]:
    cut = (_cut(entry, HANDOFF_ENTRY_CHARACTERS_MAX) for entry in entries[:HANDOFF_ENTRIES_MAX])
    return tuple(entry for entry in cut if entry)


def _cut(text: str, most: int) -> str:
    """Return a text on one line; a control would take six bytes in a brief."""
    plain = " ".join(text.translate(_CONTROLS).split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"
