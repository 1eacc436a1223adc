"""Faults of the routing settings, in sentences: path, value, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from maitred.contracts.agents import AgentKind
from maitred.contracts.limits import AGENTS_MAX, RULES_MAX, SKILLS_PER_AGENT_MAX
from maitred.contracts.message import MoodLabel
from maitred.router.patterns import Refused, compile_pattern

if TYPE_CHECKING:
    from maitred.router.settings import AgentSettings, RoutingSettings, Rule, Words

PRIORITY_MINUTES_MAX: Final = 1_440.0
RELAX_STEPS_MAX: Final = 5
SECONDS_MAX: Final = 86_400.0
CAPACITY_MAX: Final = 100_000.0
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_LANGUAGE: Final = re.compile(r"[a-z]{2}\Z")
MOODS_WORSENING: Final = (
    MoodLabel.DELIGHTED,
    MoodLabel.CALM,
    MoodLabel.FRUSTRATED,
    MoodLabel.ANGRY,
)


def faults(settings: RoutingSettings) -> list[str]:
    """Return what is wrong, one sentence each; nothing may start while there are any."""
    numbers = list(_numbers(settings))
    found = [
        *numbers,
        *(() if numbers else _mood_order(settings)),
        *_agents(settings.agents),
        *_rules(settings.rules),
    ]
    return [f"routing.{fault}" for fault in found]


def advice(settings: RoutingSettings) -> list[str]:
    """Return what is allowed and yet hardly meant: needs that no agent can ever meet."""
    found = []
    for number, rule in enumerate(settings.rules):
        for skill, level in sorted(rule.skills.items()):
            best = max((agent.skills.get(skill, 0.0) for agent in settings.agents), default=0.0)
            path = f"routing.rules[{number}] ({rule.name}).skills.{skill}"
            if best <= 0:
                found.append(f"{path}: no agent has this skill, so its conversations would wait")
            elif best < level and not settings.relax:
                found.append(f"{path} = {level}: no agent is that good and nothing relaxes it")
        if rule.human_only and all(agent.kind != AgentKind.HUMAN for agent in settings.agents):
            found.append(f"routing.rules[{number}] ({rule.name}).human_only: no agent is human")
    return found


def _numbers(settings: RoutingSettings) -> Iterator[str]:
    yield from _within(
        ("offer_seconds", settings.offer_seconds, 1, SECONDS_MAX),
        ("pass_over_seconds", settings.pass_over_seconds, 1, SECONDS_MAX),
        ("wrap_up_seconds", settings.wrap_up_seconds, 0, SECONDS_MAX),
        ("sigma", settings.sigma, 0, 10),
        ("gamma", settings.gamma, 0, 10),
        ("head_start", settings.head_start, 0, 10),
        ("lam", settings.lam, 0, 10),
        ("phi", settings.phi, 0, 10),
        ("language_unstated", settings.language_unstated, 0, 1),
        ("language_floor", settings.language_floor, 0.001, 1),
    )
    for table, least, most in (
        ("sla_seconds", 1.0, 90 * SECONDS_MAX),
        ("channel_weight", 0.001, 1_000.0),
        ("channel_units", 0.001, 1_000.0),
        ("tier_weight", 0.001, 1_000.0),
        ("mood_weight", 0.001, 1_000.0),
        ("mood_share", 0.0, 0.95),
        ("hold_fraction", 0.0, 2.0),
    ):
        values: dict[str, float] = getattr(settings, table)
        yield from _within(*((f"{table}.{key}", values[key], least, most) for key in values))
        if table in {"mood_weight", "mood_share"}:
            yield from _moods(table, values)
    if len(settings.relax) > RELAX_STEPS_MAX:
        yield f"relax: {len(settings.relax)} steps; write at most {RELAX_STEPS_MAX}"
    yield from _within(*((f"relax[{i}]", step, 0, 10) for i, step in enumerate(settings.relax)))
    if any(later <= earlier for earlier, later in pairwise(settings.relax)):
        yield f"relax = {list(settings.relax)}: write the steps in growing order"


def _within(*rows: tuple[str, float, float, float]) -> Iterator[str]:
    for path, value, least, most in rows:
        if not least <= value <= most:
            yield f"{path} = {value}: write a number from {least:g} to {most:g}"


def _moods(path: str, words: Iterable[str]) -> Iterator[str]:
    known = [mood.value for mood in MOODS_WORSENING]
    for word in words:
        if word not in known:
            yield f"{path}: there is no mood `{word}`; write one of {', '.join(known)}"


def _mood_order(settings: RoutingSettings) -> Iterator[str]:
    """Hold that a worse mood never ranks lower, whoever the agent is.

    B' M'(d)^gamma >= B M(d)^gamma for every d in [0, 1]. The quotient of two functions linear
    in d is monotone, so both ends suffice.
    """
    for better, worse in pairwise(MOODS_WORSENING):
        for skill in (0.0, 1.0):
            before, after = (
                settings.weight_of_mood(mood)
                * max(1 - settings.share_of_mood(mood) * (1 - skill), 0.0) ** settings.gamma
                for mood in (better, worse)
            )
            if after < before * (1 - 1e-9):
                yield (
                    f"mood_weight.{worse.value}: an agent with de-escalation {skill:g} would rank "
                    f"{worse.value} ({after:.3g}) below {better.value} ({before:.3g}); raise "
                    f"mood_weight.{worse.value} or lower mood_share.{worse.value}"
                )
                break


def _agents(agents: tuple[AgentSettings, ...]) -> Iterator[str]:
    if len(agents) > AGENTS_MAX:
        yield f"agents: {len(agents)} of them; at most {AGENTS_MAX} are allowed"
    seen: set[str] = set()
    for number, agent in enumerate(agents):
        path = f"agents[{number}]"
        if not _TOKEN.match(agent.id):
            yield f"{path}.id = {agent.id!r}: write 1 to 64 letters, digits, `_` or `-`"
        if agent.id in seen:
            yield f"{path}.id = {agent.id!r}: another agent has this id; ids must differ"
        seen.add(agent.id)
        if agent.kind == AgentKind.UNKNOWN:
            yield f"{path}.kind: write `human` or `ai`"
        if len(agent.skills) > SKILLS_PER_AGENT_MAX:
            yield f"{path}.skills: at most {SKILLS_PER_AGENT_MAX} skills are allowed"
        yield from _words(f"{path}.skills", agent.skills)
        yield from _words(f"{path}.per_channel", agent.per_channel)
        yield from _levels(f"{path}.skills", agent.skills)
        yield from _levels(f"{path}.languages", agent.languages)
        yield from _languages(f"{path}.languages", agent.languages)
        yield from _within(
            (f"{path}.deescalation", agent.deescalation, 0, 1),
            (f"{path}.capacity", agent.capacity, 0, CAPACITY_MAX),
            *(
                (f"{path}.per_channel.{c}", n, 0, CAPACITY_MAX)
                for c, n in agent.per_channel.items()
            ),
        )


def _levels(path: str, levels: Mapping[str, float]) -> Iterator[str]:
    yield from _within(*((f"{path}.{key}", level, 0, 1) for key, level in levels.items()))


def _words(path: str, words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if not _TOKEN.match(word):
            yield f"{path}: {word!r} must be 1 to 64 letters, digits, `_` or `-`"


def _languages(path: str, codes: Iterable[str]) -> Iterator[str]:
    for code in codes:
        if not _LANGUAGE.match(code):
            yield f"{path}: {code!r} is no language; write two small letters such as `en`"


def _rules(rules: tuple[Rule, ...]) -> Iterator[str]:
    if len(rules) > RULES_MAX:
        yield f"rules: {len(rules)} of them; at most {RULES_MAX} are allowed"
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        path = f"rules[{number}] ({rule.name})"
        if not _TOKEN.match(rule.name):
            yield f"{path}.name: write 1 to 64 letters, digits, `_` or `-`"
        if rule.name in seen:
            yield f"{path}.name: another rule has this name; names must differ"
        seen.add(rule.name)
        if not (rule.skills or rule.priority_minutes or rule.human_only or rule.tier):
            yield f"{path}: gives nothing; add skills, priority_minutes, human_only or tier"
        if rule.tier is not None:
            yield from _words(f"{path}.tier", [rule.tier])
        yield from _words(f"{path}.skills", rule.skills)
        yield from _levels(f"{path}.skills", rule.skills)
        yield from _within(
            (f"{path}.priority_minutes", rule.priority_minutes, 0, PRIORITY_MINUTES_MAX)
        )
        yield from _when(f"{path}.when", rule)


def _when(path: str, rule: Rule) -> Iterator[str]:
    """Find patterns that must not run and conditions that no message can ever meet."""
    for key in ("channel", "account", "recipient", "text", "language", "mood", "tier"):
        words: Words = getattr(rule.when, key)
        if words == "" or (not isinstance(words, str) and "" in words):
            yield f"{path}.{key}: an empty word never matches; leave it out"
    yield from _languages(f"{path}.language", _filled(rule.when.language))
    yield from _moods(f"{path}.mood", _filled(rule.when.mood))
    yield from _words(f"{path}.tier", _filled(rule.when.tier))
    for channel in _filled(rule.when.channel):
        if not _TOKEN.match(channel) or channel != channel.lower():
            yield f"{path}.channel = {channel!r}: can never match; channels are small letters"
    for recipient in _filled(rule.when.recipient):
        if recipient.startswith("*") and not re.match(r"\*@[^@*]+\Z", recipient):
            yield f"{path}.recipient = {recipient!r}: can never match; write `*@example.com`"
    for pattern in _filled(rule.when.text):
        try:
            compile_pattern(pattern)
        except Refused as error:
            yield f"{path}.text = {pattern[:60]!r}: {error}"


def _filled(words: Words) -> tuple[str, ...]:
    return (words,) * bool(words) if isinstance(words, str) else tuple(w for w in words if w)
