"""Faults of rules and of their tests: patterns that must not run, conditions that contradict."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from maitred.contracts.limits import RULES_MAX
from maitred.router.checking.values import (
    NAME,
    NAME_RULE,
    TITLE_CHARACTERS_MAX,
    channels,
    filled,
    hours,
    languages,
    levels,
    moods,
    tokens,
    within,
)
from maitred.router.rules.patterns import Refused, compile_pattern, why_never

if TYPE_CHECKING:
    from maitred.router.settings import Match, Rule, RuleTest, Words

PRIORITY_MINUTES_MAX: Final = 1_440.0
TESTS_MAX: Final = 1_000
TIMES_MAX: Final = 1_000
"""So many contacts or complaints may be asked for; nobody has more."""
_DOMAIN: Final = re.compile(r"\*@[^@*]+\Z")
_KEYS: Final = ("channel", "account", "recipient", "text", "language", "mood", "tier", "hours")


def rules(given: tuple[Rule, ...]) -> Iterator[str]:
    """Find what is wrong with rules."""
    if len(given) > RULES_MAX:
        yield f"rules: {len(given)} of them; at most {RULES_MAX} are allowed"
    seen: set[str] = set()
    for number, rule in enumerate(given):
        path = f"rules[{number}] ({rule.name})"
        if not NAME.match(rule.name):
            yield f"{path}.name: write {NAME_RULE}"
        if rule.name in seen:
            yield f"{path}.name: another rule has this name; names must differ"
        seen.add(rule.name)
        if not (rule.skills or rule.priority_minutes or rule.human_only or rule.tier):
            yield f"{path}: gives nothing; add skills, priority_minutes, human_only or tier"
        if rule.tier is not None:
            yield from tokens(f"{path}.tier", [rule.tier])
        yield from tokens(f"{path}.skills", rule.skills)
        yield from levels(f"{path}.skills", rule.skills)
        yield from within(
            (f"{path}.priority_minutes", rule.priority_minutes, 0, PRIORITY_MINUTES_MAX)
        )
        yield from _when(f"{path}.when", rule.when)


def _when(path: str, when: Match) -> Iterator[str]:
    """Find patterns that must not run and conditions that no message can ever meet."""
    for key in _KEYS:
        words: Words = getattr(when, key)
        if words == "" or (not isinstance(words, str) and "" in words):
            yield f"{path}.{key}: an empty word never matches; leave it out"
    yield from languages(f"{path}.language", filled(when.language))
    yield from moods(f"{path}.mood", filled(when.mood))
    yield from tokens(f"{path}.tier", filled(when.tier))
    yield from hours(f"{path}.hours", filled(when.hours))
    yield from channels(f"{path}.channel", filled(when.channel))
    yield from within(
        (f"{path}.complaints", when.complaints, 0, TIMES_MAX),
        (f"{path}.contacts", when.contacts, 0, TIMES_MAX),
    )
    for recipient in filled(when.recipient):
        if recipient.startswith("*") and not _DOMAIN.match(recipient):
            yield f"{path}.recipient = {recipient!r}: can never match; write `*@example.com`"
    for pattern in filled(when.text):
        try:
            compile_pattern(pattern)
        except Refused as error:
            yield f"{path}.text = {pattern[:60]!r}: {error}"
        else:
            if never := why_never(pattern):
                yield f"{path}.text = {pattern[:60]!r}: {never}"


def tests(given: tuple[RuleTest, ...], names: frozenset[str]) -> Iterator[str]:
    """Find what is wrong with tests of rules; `names` are the rules that there are."""
    if len(given) > TESTS_MAX:
        yield f"tests: {len(given)} of them; at most {TESTS_MAX} are allowed"
    seen: set[str] = set()
    for number, test in enumerate(given):
        path, expect = f"tests[{number}] ({test.name[:60]})", test.expect
        if not 0 < len(test.name) <= TITLE_CHARACTERS_MAX or not test.name.isprintable():
            yield f"{path}.name: write a line of 1 to {TITLE_CHARACTERS_MAX} characters"
        if test.name in seen:
            yield f"{path}.name: another test has this name; names must differ"
        seen.add(test.name)
        yield from channels(f"{path}.channel", [test.channel])
        yield from languages(f"{path}.language", filled(test.language))
        yield from moods(f"{path}.mood", [test.mood])
        yield from hours(f"{path}.hours", [test.hours])
        yield from tokens(f"{path}.tier", [test.tier])
        yield from within(
            (f"{path}.complaints", test.complaints, 0, TIMES_MAX),
            (f"{path}.contacts", test.contacts, 1, TIMES_MAX),
        )
        if expect == type(expect)():
            yield f"{path}.expect: expects nothing; add rules, skills, human_only, tier or more"
        for name in expect.rules or ():
            if name not in names:
                yield f"{path}.expect.rules: there is no rule {name[:60]!r}"
        yield from tokens(f"{path}.expect.skills", expect.skills or ())
        yield from levels(f"{path}.expect.skills", expect.skills or {})
