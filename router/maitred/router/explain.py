"""Explain: a decision in plain words, for the brief and for whoever asks later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from maitred.contracts.agents import Decision, Reason
from maitred.contracts.conversation import Needs
from maitred.contracts.ids import AgentId

_RULES: Final[Mapping[str, str]] = {
    "sticky": "{agent} served this customer before, suits, and has room.",
    "sticky_hint": "{agent} served who this seems to be (nothing proves it), and has room.",
    "hold": "The agent who served this customer before is busy, so it is kept for him a while.",
    "best_idle": "{agent} suits best of those who have room.",
    "queue": "Nobody who suits has room, so it waits.",
    "slot_free": "{agent} had room, and this was the most pressing of what suits {agent}.",
    "transfer": "{agent} was chosen by the agent who had it before.",
    "completed": "It is complete.",
    "joined": "It was joined into another conversation.",
}
_EXCLUDED: Final[Mapping[str, str]] = {
    "declined": "declined it or did not answer in this round",
    "human_only": "is not human, and a human is asked for",
    "full": "has no room",
    "offline": "is off line",
    "away": "is away",
    "no_skill": "lacks the skill {what}",
    "low_skill": "is below the level of {what} that is asked for",
    "no_language": "does not speak {what}",
}


def sentences(decision: Decision, names: Mapping[AgentId, str] | None = None) -> list[str]:
    """Return why, one sentence each; `names` says what agents are called."""
    called = names or {}
    agent = _name(decision.agent, called)
    rule = _RULES.get(decision.rule, "It was decided by the rule {rule}.")
    found = [rule.format(agent=agent, rule=decision.rule)]
    found.extend(_needs(decision.needs))
    if decision.step:
        found.append(f"Demands on skill were lowered {decision.step} time(s), since it waited.")
    found.extend(_candidate(reason, called, decision) for reason in decision.candidates)
    found.append(f"Decided by the policy {decision.policy}.")
    return found


def _needs(needs: Needs) -> list[str]:
    found = []
    if needs.skills:
        asked = ", ".join(
            f"{each.skill} of at least {each.level:g}" if each.level else each.skill
            for each in needs.skills
        )
        found.append(f"It asks for {asked}.")
    if needs.language:
        found.append(f"The customer writes in {needs.language}.")
    if needs.human_only:
        found.append("A human is asked for.")
    if needs.priority_minutes:
        found.append(f"It has a head start of {needs.priority_minutes:g} minutes.")
    if needs.because:
        found.append(f"Rules that said so: {', '.join(needs.because)}.")
    return found


def _candidate(reason: Reason, names: Mapping[AgentId, str], decision: Decision) -> str:
    name = _name(reason.agent, names)
    if reason.excluded:
        word, _, what = reason.excluded.partition(":")
        return f"{name} {_EXCLUDED.get(word, word).format(what=what)}."
    terms = dict(reason.terms)
    parts = [f"fit {terms.pop('fit', 0.0):.2f}"]
    if terms.pop("previous", 0.0):
        parts.append("known to the customer")
    if terms.pop("seems", 0.0):
        parts.append("known to who this seems to be")
    if "load" in terms:
        parts.append(f"{terms['load']:.0%} of the capacity in use")
    if "waited_seconds" in terms:
        parts.append(f"urgency counted from {terms['waited_seconds']:.0f} s ago")
    if "waiting" in terms:
        parts.append(f"{terms['waiting']:.0f} in the queue")
    verdict = "Chosen" if reason.agent == decision.agent else "Considered"
    return f"{verdict}: {name}, score {reason.score:.3f} ({', '.join(parts)})."


def _name(agent: AgentId | None, names: Mapping[AgentId, str]) -> str:
    return names.get(agent) or agent if agent else "Nobody"
