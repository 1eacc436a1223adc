"""Decisions in lines and in tables: all of them in a line each, and some of them in depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from maitred.contracts.ids import AgentId
from maitred.contracts.routing import Decision, RoutingState
from maitred.gateway.cli.printing import one_line, one_line_after, when
from maitred.gateway.cli.showing import state_of
from maitred.gateway.reading import ConversationStory
from maitred.router.explaining.explain import (
    asked,
    circumstances,
    headline,
    mood,
    name_of,
    own_word,
    working,
)
from maitred.router.explaining.wording import TIE_BREAKS, clock_time, excluded, number

_LABEL: Final = 12
_NUMBER: Final = 4


@dataclass(frozen=True, slots=True)
class Told:
    """A conversation's decisions as they are told; `depth` is which in depth, None for all.

    `in_force` is the policy that decides now, as decisions cite it.
    """

    story: ConversationStory
    names: Mapping[AgentId, str]
    in_force: str
    depth: int | None

    def deep(self) -> Iterator[tuple[int, Decision]]:
        """Yield the decisions that are told in depth, with their numbers from 1 on."""
        for place, decision in enumerate(self.story.decisions, 1):
            if self.depth in {None, place}:
                yield place, decision


# -- in lines
def told_lines(found: Told, width: int) -> Iterator[str]:
    """Yield the decisions of a conversation in lines."""
    said = found.story.conversation
    yield one_line_after(f"{said.id}  ", said.subject or "(no subject)", width)
    yield f"state  {state_of(found.story.routing)}"
    yield ""
    if not found.story.decisions:
        yield "Nothing was decided yet."
    for place, decision in enumerate(found.story.decisions, 1):
        head = f"{place:>{_NUMBER}}  {when(decision.at)}  {outcome(decision, found.names)}: "
        yield one_line_after(head, headline(decision, found.names), width)
    for place, decision in found.deep():
        yield ""
        yield f"decision {place} in depth"
        for label, text in facts(decision, found):
            lead = f"  {label:<{_LABEL}}"
            yield from wrap(
                one_line(text),
                width,
                initial_indent=lead,
                subsequent_indent=" " * len(lead),
            )
        for name, score, verdict in candidates(decision, found.names):
            yield one_line_after(f"    {name:<{_LABEL}}{score:>8}  ", verdict, width)


# -- in tables
def picture(found: Told) -> RenderableType:
    """Return the decisions of a conversation as tables."""
    said = found.story.conversation
    overview = _table("", "when", "outcome", "why")
    for place, decision in enumerate(found.story.decisions, 1):
        overview.add_row(
            str(place),
            when(decision.at),
            outcome(decision, found.names),
            headline(decision, found.names),
        )
    parts: list[RenderableType] = [
        Text(f"{said.id}  {one_line(said.subject) or '(no subject)'}"),
        Text(f"state  {state_of(found.story.routing)}"),
        overview if found.story.decisions else Text("Nothing was decided yet."),
    ]
    for place, decision in found.deep():
        details = _table("", "")
        details.show_header = False
        for label, text in facts(decision, found):
            details.add_row(label, one_line(text))
        rows = _table("agent", "score", "verdict")
        for row in candidates(decision, found.names):
            rows.add_row(*row)
        parts += [Text(f"\ndecision {place} in depth"), Padding(details, (0, 0, 0, 2))]
        if decision.candidates:
            parts.append(Padding(rows, (1, 0, 0, 2)))
    return Group(*parts)


def _table(*names: str) -> Table:
    table = Table(box=None)
    for name in names:
        right = name == "score"
        table.add_column(name, overflow="fold", justify="right" if right else "left")
    return table


# -- what is told
def outcome(decision: Decision, names: Mapping[AgentId, str]) -> str:
    """Return what was decided, in two or three words."""
    to = f" to {name_of(decision.agent, names)}" if decision.outcome == RoutingState.OFFERED else ""
    return f"{decision.outcome.value}{to}"


def facts(decision: Decision, found: Told) -> Iterator[tuple[str, str]]:
    """Yield what a decision was made from and why, each with its label."""
    yield "decided", headline(decision, found.names)
    if decision.reason:
        yield "his word", own_word(decision)
    yield "asked for", asked(decision.needs) or "nothing special"
    if decision.needs.because:
        yield "rules", ", ".join(decision.needs.because)
    if decision.needs.priority_minutes:
        yield "head start", f"{decision.needs.priority_minutes:g} minutes"
    if decision.step:
        now = asked(decision.lowered) if decision.lowered else ""
        yield "step", f"{decision.step}: what is left is {now or 'nothing special'}"
    ties = TIE_BREAKS.get(decision.tie_break, decision.tie_break)
    yield "tie-break", ties or "none was needed"
    if decision.due_at:
        yield "until", f"{clock_time(decision.due_at)} UTC"
    same = "in force now" if decision.policy == found.in_force else "not the one in force now"
    yield "policy", f"{decision.policy}, {same}"
    yield "then", circumstances(decision)
    yield "mood", _mood(decision, found)
    if decision.snapshot.declined:
        names = [name_of(each, found.names) for each in decision.snapshot.declined]
        yield "passed over", ", ".join(names)
    if decision.input:
        yield "answers", f"entry {decision.input} of the journal"


def _mood(decision: Decision, found: Told) -> str:
    """Return the mood with what moved it; with the words, where they are still known."""
    routing = found.story.routing
    told = mood(decision)
    if routing is None or routing.mood.level != decision.snapshot.mood_level:
        return told
    words = [word for cause in routing.mood.because for word in cause.words]
    return f"{told}; words: {', '.join(dict.fromkeys(words))}" if words else told


def candidates(decision: Decision, names: Mapping[AgentId, str]) -> Iterator[tuple[str, str, str]]:
    """Yield who was considered: the name, the score, and what it is made of or why not."""
    for reason in decision.candidates:
        name = one_line(name_of(reason.agent, names))
        if reason.excluded:
            yield name, "-", excluded(reason.excluded)
            continue
        mark = " <- chosen" if reason.agent == decision.agent else ""
        yield name, number(reason.score), f"{working(reason)}{mark}"
