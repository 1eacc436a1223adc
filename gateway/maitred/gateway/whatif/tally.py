"""Tally: which decisions a draft would have made otherwise, counted by what they were about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from maitred.contracts.policies import ShadowAnswer

EXAMPLES_MAX: Final = 1_000
NO_SKILL: Final = "(none)"
NO_RULE: Final = "(nothing was decided)"


@dataclass(slots=True)
class Tally:
    """What is counted.

    `by_change` is from where to where, such as `offered > waiting`, `by_rule` the rule that really
    decided; `from_agent` and `to_agent` are what agents would not have been asked, and would have.
    """

    moved: int = 0
    by_channel: Counter[str] = field(default_factory=Counter)
    by_skill: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)
    by_change: Counter[str] = field(default_factory=Counter)
    from_agent: Counter[str] = field(default_factory=Counter)
    to_agent: Counter[str] = field(default_factory=Counter)
    examples: list[ShadowAnswer] = field(default_factory=list)

    def add(self, answer: ShadowAnswer) -> None:
        """Count one answer."""
        self.moved += 1
        self.by_channel[answer.channel] += 1
        self.by_skill["+".join(answer.skills) or NO_SKILL] += 1
        self.by_rule[answer.active.rule or NO_RULE] += 1
        self.by_change[f"{answer.active.state} > {answer.shadow.state}"] += 1
        self.from_agent.update(answer.active.agents)
        self.to_agent.update(answer.shadow.agents)
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(answer)

    def counts(self) -> Mapping[str, Counter[str]]:
        """Return every count by what it is of."""
        return {
            "channel": self.by_channel,
            "skill": self.by_skill,
            "rule": self.by_rule,
            "change": self.by_change,
            "from": self.from_agent,
            "to": self.to_agent,
        }
