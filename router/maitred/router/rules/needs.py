"""Needs: from what is known of a message to what it asks of who takes it; rules as data.

All rules that match add up. Of a skill the highest level counts, priority minutes are summed
and capped at a day, one rule that wants a human is enough, and of several tiers (the customer's
own among them) the one with the greatest weight stands. So the order of the rules cannot matter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from maitred.contracts.conversation import Needs, SkillNeed
from maitred.contracts.message import MoodLabel
from maitred.router.faults import PRIORITY_MINUTES_MAX
from maitred.router.hours import ALWAYS_OPEN, Calendar
from maitred.router.rules.patterns import compile_pattern, searched
from maitred.router.settings import RoutingSettings, Rule, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What rules may look at; `account` is ours, `recipients` are whom it was addressed to.

    `complaints` are earlier conversations of the customer that went angry, `contacts` how many
    times he has come lately, and `is_open` is whether the house was open when this one came.
    """

    channel: str
    account: str
    recipients: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    language: str = ""
    mood: MoodLabel = MoodLabel.CALM
    tier: str = "standard"
    complaints: int = 0
    contacts: int = 1
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    channels: frozenset[str]
    accounts: frozenset[str]
    recipients: frozenset[str]
    languages: frozenset[str]
    moods: frozenset[str]
    tiers: frozenset[str]
    hours: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """Rules ready to run, the settings that weigh the tiers that they give, and the hours."""

    rules: tuple[_Compiled, ...]
    settings: RoutingSettings
    calendar: Calendar


def compile_rules(settings: RoutingSettings, calendar: Calendar = ALWAYS_OPEN) -> CompiledRules:
    """Make the rules ready to run in a house with these hours.

    Raises:
        Refused: a pattern that `faults` would have named.
    """
    return CompiledRules(tuple(map(_compiled, settings.rules)), settings, calendar)


def needs_of(rules: CompiledRules, facts: Facts) -> tuple[Needs, str]:
    """Return what a message asks of who takes it, and the tier that it is served with."""
    seen = searched(facts.subject, facts.text)
    recipients = _reached(facts.recipients)
    matching = [each.rule for each in rules.rules if _matches(each, facts, recipients, seen)]
    levels: dict[str, float] = {}
    tier = facts.tier
    for rule in matching:
        for skill, level in rule.skills.items():
            levels[skill] = max(level, levels.get(skill, 0.0))
        if rule.tier is not None:
            tier = max(tier, rule.tier, key=lambda name: (_weight(rules, name), name))
    needs = Needs(
        skills=tuple(SkillNeed(skill=skill, level=levels[skill]) for skill in sorted(levels)),
        language=facts.language,
        human_only=any(rule.human_only for rule in matching),
        priority_minutes=min(
            round(sum(sorted(rule.priority_minutes for rule in matching)), 6),
            PRIORITY_MINUTES_MAX,
        ),
        because=tuple(sorted(rule.name for rule in matching)),
    )
    return needs, tier


def _weight(rules: CompiledRules, tier: str) -> float:
    return rules.settings.weight_of_tier(tier)


def _compiled(rule: Rule) -> _Compiled:
    when = rule.when
    return _Compiled(
        rule=rule,
        channels=_lower(when.channel),
        accounts=_lower(when.account),
        recipients=_lower(when.recipient),
        languages=_lower(when.language),
        moods=_lower(when.mood),
        tiers=_lower(when.tier),
        hours=_lower(when.hours),
        patterns=tuple(compile_pattern(pattern) for pattern in _words(when.text)),
    )


def _words(words: Words) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else words


def _lower(words: Words) -> frozenset[str]:
    return frozenset(word.lower() for word in _words(words))


def _reached(recipients: Sequence[str]) -> frozenset[str]:
    """Return the addresses in lower case, each with the `*@domain` that covers it."""
    lower = [recipient.lower() for recipient in recipients]
    domains = [f"*@{address.rpartition('@')[2]}" for address in lower if "@" in address]
    return frozenset((*lower, *domains))


def _matches(each: _Compiled, facts: Facts, recipients: frozenset[str], seen: str) -> bool:
    return (
        _one(each.channels, facts.channel)
        and _one(each.accounts, facts.account)
        and _one(each.languages, facts.language)
        and _one(each.moods, facts.mood.value)
        and _one(each.tiers, facts.tier)
        and _one(each.hours, "open" if facts.is_open else "closed")
        and facts.complaints >= each.rule.when.complaints
        and facts.contacts >= each.rule.when.contacts
        and (not each.recipients or not each.recipients.isdisjoint(recipients))
        and (not each.patterns or any(pattern.search(seen) for pattern in each.patterns))
    )


def _one(allowed: frozenset[str], value: str) -> bool:
    return not allowed or value.lower() in allowed
