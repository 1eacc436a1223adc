"""Why one agent does not have a conversation: as it was recorded, and rule by rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

import msgspec

from maitred.contracts.errors import Permanent
from maitred.contracts.ids import AgentId
from maitred.contracts.routing import Decision, Reason, RoutingDoc
from maitred.gateway import reading
from maitred.gateway.cli.explaining_decisions import outcome
from maitred.gateway.cli.explaining_then import then
from maitred.gateway.cli.housing import names_of, present
from maitred.gateway.cli.printing import one_line, when
from maitred.gateway.cli.session import Session
from maitred.router.explaining.explain import headline, is_placing, name_of, working
from maitred.router.explaining.why import Rival, Verdict, verdict
from maitred.router.explaining.wording import TERMS, excluded, number
from maitred.router.house import WAITING

RECORDED: Final = "recorded"
NOW: Final = "now"
THEN: Final = "then"
PERHAPS: Final = "perhaps"
_BASES: Final = {
    RECORDED: "as it was recorded with the decision",
    NOW: "rule by rule as the house stands now, where it still waits",
    THEN: "rule by rule as the house stood then, out of the log",
    PERHAPS: "rule by rule as the house stood then, as far as the log tells: it is not complete",
}
_NAMED_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """Why an agent does not have a conversation; `basis` says how that is known.

    `recorded` is what the decision itself holds about him, if it does, and `verdict` what every
    rule says.
    """

    agent: AgentId
    number: int
    count: int
    decision: Decision
    recorded: Reason | None
    basis: str
    verdict: Verdict | None
    names: Mapping[AgentId, str]

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "conversation": self.decision.conversation,
            "agent": self.agent,
            "number": self.number,
            "decision": self.decision,
            "basis": self.basis,
            "recorded": self.recorded,
            "verdict": msgspec.to_builtins(self.verdict),
        }


async def answer(session: Session, name: str, agent: str, at: int) -> Answer:
    """Return why an agent does not have a conversation by its decision `at`, 0 for the last.

    Raises:
        Permanent: no such conversation, decision or agent is known (code `not_found`).
        StoreUnavailable: the store does not answer.
    """
    story = await reading.story(session.connection, session.subjects, name)
    place = reading.numbered(story, at or placed_last(story.decisions))
    if not place:
        raise Permanent(f"nothing was decided yet about {name}", code="not_found")
    decision = story.decisions[place - 1]
    names = names_of(session.configuration)
    who = _known(agent, names, decision)
    recorded = next((each for each in decision.candidates if each.agent == who), None)
    basis, seen = RECORDED, None
    is_last = place == len(story.decisions)
    if is_last and story.routing is not None and story.routing.state in WAITING and who in names:
        seen = await _now(session, story.routing, who)
        basis = NOW if seen is not None else RECORDED
    elif recorded is None and is_placing(decision):
        basis, seen = await _then(session, decision, who)
    return Answer(who, place, len(story.decisions), decision, recorded, basis, seen, names)


def placed_last(decisions: Sequence[Decision]) -> int:
    """Return the number of the last decision on who should have it; 0 if there is none."""
    found = (place for place in range(len(decisions), 0, -1) if is_placing(decisions[place - 1]))
    return next(found, 0)


async def _now(session: Session, routing: RoutingDoc, agent: AgentId) -> Verdict | None:
    """Return what the rules say at this moment, if the conversation still waits."""
    found = await present(session)
    doc = found.house.get(routing.conversation)
    if doc is None or doc.state not in WAITING:
        return None
    return verdict(found.house, found.policy, found.settings, doc, agent, found.at)


async def _then(session: Session, decision: Decision, agent: AgentId) -> tuple[str, Verdict | None]:
    """Return what the rules said at a decision, if the log reaches back to it."""
    found = await then(session, decision)
    if found is None or not found.house.roster.knows(agent):
        return RECORDED, None
    rules = found.rules
    seen = verdict(found.house, rules.policy, rules.settings, found.doc, agent, decision.at)
    return (THEN if found.is_exact else PERHAPS), seen


def _known(agent: str, names: Mapping[AgentId, str], decision: Decision) -> AgentId:
    """Return whom an operator means, by his id or by his name."""
    recorded = {each.agent for each in decision.candidates}
    if agent in names or agent in recorded:
        return AgentId(agent)
    named = [each for each, name in names.items() if name.casefold() == agent.casefold()]
    if len(named) == 1:
        return named[0]
    some = ", ".join([*sorted(names)[:_NAMED_MAX], *["…"] * (len(names) > _NAMED_MAX)])
    there = f"there are {some}" if some else "there are none"
    raise Permanent(f"no agent is known as {one_line(agent, 64)}; {there}", code="not_found")


# -- in words
def answer_lines(found: Answer, width: int) -> Iterator[str]:
    """Yield an answer in lines."""
    decision, name = found.decision, name_of(found.agent, found.names)
    told = f"{outcome(decision, found.names)}, {when(decision.at)} UTC"
    yield f"{decision.conversation}, decision {found.number} of {found.count}: {told}"
    yield from _wrapped(conclusion(found), width, 0)
    yield f"({_BASES[found.basis]})"
    if found.verdict is None:
        return
    yield ""
    for check in found.verdict.checks:
        mark = "yes" if check.passed else "NO"
        yield from _wrapped(check.says, width, 16, f"  {mark:<4}{check.about:<10}")
    yield from _scored(found.verdict, name, width)
    for rival in found.verdict.better:
        yield from _wrapped(_ahead(rival, found.names), width, 4, "  ")


def conclusion(found: Answer) -> str:
    """Return the answer in one sentence or two."""
    name, decision = name_of(found.agent, found.names), found.decision
    if not is_placing(decision):
        return headline(decision, found.names)
    if decision.agent == found.agent:
        return f"{name} has it: {_recorded(found.recorded) or 'by the rule ' + decision.rule}."
    seen = found.verdict
    if seen is not None and seen.fails:
        could = "cannot" if found.basis == NOW else "could not"
        return f"{name} {could} have it: {'; '.join(check.says for check in seen.fails)}."
    if seen is not None and seen.better:
        first = name_of(seen.better[0].agent, found.names)
        return f"{name} could have it, but {first} comes before."
    if seen is not None:
        return f"{name} could have it, and nobody comes before."
    if found.recorded is not None and found.recorded.excluded:
        return f"{name} {excluded(found.recorded.excluded)}."
    if found.recorded is not None:
        return f"{name} was considered: {_recorded(found.recorded)}.{_chosen(found)}"
    return (
        f"{name} is not among the {len(decision.candidates)} candidates that were recorded: "
        "the best of those who had room, and those who came nearest. The log does not reach back "
        "far enough to tell more."
    )


def _recorded(reason: Reason | None) -> str:
    return f"score {number(reason.score)} ({working(reason)})" if reason is not None else ""


def _chosen(found: Answer) -> str:
    """Return by what the one who was chosen was ahead, if that was recorded."""
    decision, own = found.decision, found.recorded
    chosen = next((each for each in decision.candidates if each.agent == decision.agent), None)
    if chosen is None or own is None:
        return ""
    more = {
        term: chosen.terms.get(term, 0.0) - own.terms.get(term, 0.0)
        for term in dict.fromkeys((*chosen.terms, *own.terms))
    }
    by = max(more, key=lambda term: more[term])
    name = name_of(chosen.agent, found.names)
    return f" {name} had {number(chosen.score)}, most of the difference by {TERMS.get(by, by)}."


def _scored(seen: Verdict, name: str, width: int) -> Iterator[str]:
    if not seen.terms:
        return
    verb = "would have" if seen.fails else "has"
    score = working(Reason(agent=seen.agent, score=seen.score, terms=seen.terms))
    fit = " x ".join(f"{part} {number(value)}" for part, value in seen.fit_terms.items())
    yield ""
    yield from _wrapped(f"{name} {verb} a score of {number(seen.score)} = {score}", width, 4, "  ")
    yield from _wrapped(f"his fit is {fit}", width, 4, "  ")


def _ahead(rival: Rival, names: Mapping[AgentId, str]) -> str:
    by = "a tie-break" if rival.by == "tie_break" else TERMS.get(rival.by, rival.by)
    terms = working(Reason(agent=rival.agent, score=rival.score, terms=rival.terms))
    return f"{name_of(rival.agent, names)} has {number(rival.score)} = {terms}, ahead by {by}"


def _wrapped(text: str, width: int, indent: int, lead: str = "") -> Iterator[str]:
    yield from wrap(one_line(text), width, initial_indent=lead, subsequent_indent=" " * indent) or [
        lead.rstrip()
    ]
