"""Tests of rules: messages of the configuration, and what its rules must make of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec.structs import asdict, replace

from maitred.contracts.conversation import Needs
from maitred.contracts.message import MoodLabel
from maitred.router.rules.needs import CompiledRules, Facts, compile_rules, needs_of
from maitred.router.settings import Match, RoutingSettings, Rule, RuleTest

_SHOWN_CHARACTERS_MAX: Final = 60


def failures(settings: RoutingSettings) -> list[str]:
    """Return a sentence for each test that fails, of settings without faults.

    It tells what was expected, what came, which rules matched, and of the rule that would have
    given what is missing, or came nearest, which condition did not hold.
    """
    rules = compile_rules(settings)
    return [
        f"routing.tests[{number}] ({test.name}): {said}"
        for number, test in enumerate(settings.tests)
        if (said := _failure(test, rules, settings))
    ]


def facts_of(test: RuleTest) -> Facts:
    """Return what the rules are told of the message of a test."""
    return Facts(
        channel=test.channel,
        account=test.account,
        recipients=test.recipients,
        subject=test.subject,
        text=test.text,
        language=test.language,
        mood=MoodLabel(test.mood),
        tier=test.tier,
        complaints=test.complaints,
        contacts=test.contacts,
        is_open=test.hours == "open",
    )


def _failure(test: RuleTest, rules: CompiledRules, settings: RoutingSettings) -> str:
    facts = facts_of(test)
    needs, tier = needs_of(rules, facts)
    wrong = list(_wrong(test, needs, tier))
    if not wrong:
        return ""
    said = ", ".join(wrong)
    matched = ", ".join(needs.because) or "no rule"
    nearest = _nearest(test, needs, facts, settings)
    return f"{said}; {matched} matched{nearest}"


def _wrong(test: RuleTest, needs: Needs, tier: str) -> Iterator[str]:
    """Yield what was expected otherwise, and what came."""
    expect = test.expect
    skills = {need.skill: need.level for need in needs.skills}
    for what, expected, came in (
        ("rules", _listed(expect.rules), _listed(needs.because)),
        ("skills", _levels(expect.skills), _levels(skills)),
        ("priority_minutes", _number(expect.priority_minutes), _number(needs.priority_minutes)),
        ("human_only", _yes(expect.human_only), _yes(needs.human_only)),
        ("tier", expect.tier, tier),
    ):
        if expected is not None and expected != came:
            yield f"expected {what} {expected}, came {came}"


def _nearest(test: RuleTest, needs: Needs, facts: Facts, settings: RoutingSettings) -> str:
    """Return why the rule that should have matched did not; of several, the nearest one."""
    missed = [
        (len(unmet), number, rule.name, unmet)
        for number, rule in enumerate(settings.rules)
        if rule.name not in needs.because
        and _would_help(rule, test, needs)
        and (unmet := _unmet(rule, facts, settings))
    ]
    if not missed:
        return ""
    _, _, name, unmet = min(missed)
    return f"; {name} did not: {', and '.join(unmet)}"


def _would_help(rule: Rule, test: RuleTest, needs: Needs) -> bool:
    """Return whether a rule that did not match would give something that is missing."""
    expect = test.expect
    if expect.rules is not None:
        return rule.name in expect.rules
    came = {need.skill: need.level for need in needs.skills}
    return (
        any(
            came.get(skill, -1.0) < level <= rule.skills.get(skill, -1.0)
            for skill, level in (expect.skills or {}).items()
        )
        or (expect.priority_minutes or 0.0) > needs.priority_minutes < rule.priority_minutes
        or (expect.human_only is True and rule.human_only)
        or (expect.tier is not None and rule.tier == expect.tier)
    )


def _unmet(rule: Rule, facts: Facts, settings: RoutingSettings) -> list[str]:
    """Return the conditions of a rule that do not hold, each tried by itself."""
    found = []
    for key, value in asdict(rule.when).items():
        if value in ((), 0):
            continue
        alone = replace(rule, when=Match(**{key: value}))
        tried = compile_rules(replace(settings, rules=(alone,)))
        if not needs_of(tried, facts)[0].because:
            found.append(f"when.{key} = {_shown(value)} does not hold{_here(facts, key)}")
    return found


def _here(facts: Facts, key: str) -> str:
    """Return what a condition met instead, where that is short."""
    match key:
        case "text":
            return ""
        case "recipient":
            return f" ({', '.join(facts.recipients)[:_SHOWN_CHARACTERS_MAX] or 'none'})"
        case "hours":
            return f" ({'open' if facts.is_open else 'closed'})"
    value = getattr(facts, key)
    return f" ({value.value if isinstance(value, MoodLabel) else value or 'none'})"


def _shown(value: object) -> str:
    match value:
        case int():
            return str(value)
        case str():
            return repr(value[:_SHOWN_CHARACTERS_MAX])
        case tuple():
            return " or ".join(_shown(each) for each in value)
    return repr(value)


def _listed(names: tuple[str, ...] | None) -> str | None:
    return None if names is None else ", ".join(sorted(set(names))) or "none"


def _levels(skills: dict[str, float] | None) -> str | None:
    if skills is None:
        return None
    return ", ".join(f"{skill} {level:g}" for skill, level in sorted(skills.items())) or "none"


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"


def _yes(value: bool | None) -> str | None:  # noqa: FBT001  (a value like the others)
    return None if value is None else str(value).lower()
