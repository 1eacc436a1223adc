"""Linting: rules that can never match here, and rules that another makes needless."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from maitred.router.checking.site import Site
from maitred.router.checking.values import filled
from maitred.router.rules.patterns import seconds_at_worst

if TYPE_CHECKING:
    from maitred.router.settings import Match, RoutingSettings, Rule, Words

STANDARD: Final = "standard"
"""The tier of a customer of whom nothing else is known."""
SECONDS_TOGETHER_MAX: Final = 1.0
"""A stage holds its lease for four seconds."""
_KEYS: Final = ("channel", "account", "recipient", "language", "mood", "tier", "hours")


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a rule as sets, in the order of `_KEYS`; an empty one lets all through."""

    sets: tuple[frozenset[str], ...]
    patterns: frozenset[str]
    complaints: int
    contacts: int

    def within(self, other: Conditions) -> bool:
        """Return whether all that matches this surely matches the other."""
        return (
            all(
                not theirs or (bool(ours) and all(_covered(word, theirs) for word in ours))
                for ours, theirs in zip(self.sets, other.sets, strict=True)
            )
            and (not other.patterns or (bool(self.patterns) and self.patterns <= other.patterns))
            and other.complaints <= self.complaints
            and other.contacts <= max(self.contacts, 1)
        )

    def meets(self, other: Conditions) -> bool:
        """Return whether one message may match both; any two texts may stand in one."""
        return all(
            not ours or not theirs or key == "recipient" or not ours.isdisjoint(theirs)
            for key, ours, theirs in zip(_KEYS, self.sets, other.sets, strict=True)
        )


def conditions(when: Match) -> Conditions:
    """Return the conditions of a rule as sets."""
    return Conditions(
        sets=tuple(_lower(getattr(when, key)) for key in _KEYS),
        patterns=frozenset(filled(when.text)),
        complaints=when.complaints,
        contacts=when.contacts,
    )


def rule_advice(settings: RoutingSettings, site: Site) -> Iterator[str]:
    """Find rules that can never match here, and rules that another makes needless."""
    tiers = {STANDARD, *(rule.tier.lower() for rule in settings.rules if rule.tier)}
    for number, rule in enumerate(settings.rules):
        path = f"rules[{number}] ({rule.name}).when"
        yield from _places(path, rule.when, site)
        for language in sorted(_lower(rule.when.language)):
            if site.languages and language not in site.languages:
                yield (
                    f"{path}.language = {language!r}: never matches, since texts are not told to "
                    f"be in it; add it to normalizer.languages ({', '.join(site.languages)})"
                )
        for tier in sorted(_lower(rule.when.tier) - tiers):
            yield f"{path}.tier = {tier!r}: never matches, since no rule gives this tier"
        if _lower(rule.when.hours) == {"closed"} and not settings.hours.days:
            yield f"{path}.hours: never matches, since the house never closes; add routing.hours"
    yield from _slow(settings)
    yield from _needless(settings)


def _slow(settings: RoutingSettings) -> Iterator[str]:
    """Find rules that together could hold up all messages for one that is made for it."""
    took = [
        (sum(map(seconds_at_worst, filled(rule.when.text))), number, rule.name)
        for number, rule in enumerate(settings.rules)
    ]
    if (together := sum(seconds for seconds, _, _ in took)) > SECONDS_TOGETHER_MAX:
        seconds, number, name = max(took, key=itemgetter(0))
        yield (
            f"rules: a message that is made for it could keep their patterns busy for "
            f"{together:.1f} s, and all others wait meanwhile; write fewer repeats such as `.*`, "
            f"first in rules[{number}] ({name}).when.text, which could take {seconds:.1f} s"
        )


def _places(path: str, when: Match, site: Site) -> Iterator[str]:
    """Find channels, accounts and recipients that the site does not have."""
    if not site.channels:
        return
    channels = _lower(when.channel)
    for channel in sorted(channels - set(site.channels)):
        known = ", ".join(sorted(site.channels))
        yield f"{path}.channel = {channel!r}: never matches; the channels here are {known}"
    reached = {
        account.lower(): addresses
        for channel, accounts in sorted(site.channels.items())
        if not channels or channel in channels
        for account, addresses in accounts.items()
    }
    accounts = _lower(when.account)
    on = f" of {', '.join(sorted(channels))}" if channels else ""
    if reached:
        for account in sorted(accounts - set(reached)):
            known = ", ".join(sorted(reached))
            yield f"{path}.account = {account!r}: never matches; the accounts{on} are {known}"
    ours: set[str] = set()
    for account, addresses in reached.items():
        if addresses is None:
            return
        if not accounts or account in accounts:
            ours |= {address.lower() for address in addresses}
    for recipient in sorted(_lower(when.recipient)) if ours else ():
        if not _is_ours(recipient, ours):
            known = ", ".join(sorted(ours)[:5])
            yield (
                f"{path}.recipient = {recipient!r}: never matches; customers write to {known}"
                + " and others" * (len(ours) > 5)  # noqa: PLR2004  (as many as are named)
            )


def _is_ours(recipient: str, ours: set[str]) -> bool:
    """Return whether an account hears what is sent to a recipient, or to somebody of `*@domain`."""
    local, at, domain = recipient.rpartition("@")
    if local == "*":
        return any(address.rpartition("@")[2] == domain for address in ours)
    plain = f"{local.partition('+')[0]}{at}{domain}"
    return bool({recipient, plain, f"@{domain}"} & ours)


def _needless(settings: RoutingSettings) -> Iterator[str]:
    """Find rules whose every message matches another rule that gives as much."""
    shapes = [conditions(rule.when) for rule in settings.rules]
    giving: dict[str, list[int]] = {}
    for number, rule in enumerate(settings.rules):
        for gift in _gifts(rule):
            giving.setdefault(gift, []).append(number)
    needless: set[int] = set()
    for number, rule in enumerate(settings.rules):
        if rule.priority_minutes:  # minutes of several rules add up
            continue
        for at in min((giving[gift] for gift in _gifts(rule)), key=len, default=[]):
            other = settings.rules[at]
            if (
                at != number
                and at not in needless
                and _gives_as_much(other, rule, settings)
                and shapes[number].within(shapes[at])
            ):
                needless.add(number)
                yield (
                    f"rules[{number}] ({rule.name}): whatever matches it matches rules[{at}] "
                    f"({other.name}) too, which gives as much; remove it, or let it give more"
                )
                break


def _gifts(rule: Rule) -> list[str]:
    """Return the names of what a rule gives, beside minutes."""
    return [*rule.skills, *["a human"] * rule.human_only, *["a tier"] * (rule.tier is not None)]


def _gives_as_much(one: Rule, other: Rule, settings: RoutingSettings) -> bool:
    """Return whether a rule gives all that another gives, minutes aside."""
    if other.human_only and not one.human_only:
        return False
    if other.tier is not None and (
        one.tier is None or settings.weight_of_tier(one.tier) < settings.weight_of_tier(other.tier)
    ):
        return False
    return all(one.skills.get(skill, -1.0) >= level for skill, level in other.skills.items())


def _covered(word: str, words: frozenset[str]) -> bool:
    return word in words or ("@" in word and f"*@{word.rpartition('@')[2]}" in words)


def _lower(words: Words) -> frozenset[str]:
    return frozenset(word.lower() for word in filled(words))
