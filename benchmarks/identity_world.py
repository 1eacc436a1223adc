"""A made year of messages: who writes how, and who attacks; each message's true writer is known.

The shares are those of the identity notes (section 2.6): some 19,900 messages of 3,000 customers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from benchmarks.identity_people import DAYS, Person, Phone, Shares, email, people
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level, Observed
from maitred.contracts.ids import MessageId
from maitred.contracts.limits import DAY_MS
from maitred.identity.bulk import Sighting

START_MS: Final = 1_767_225_600_000
CUSTOMERS: Final = 3_000
MORE_MESSAGES_MEAN: Final = 6.1
"""A customer writes once, and so many times more on average, few of them much oftener."""
WAYS: Final = {"email": 0.38, "chat": 0.42, "sms": 0.20, "slack": 0.20}
"""Which of his ways a customer takes, by weight."""
_MARKET: Final = email("noreply@market.example")


class Attack(StrEnum):
    """How an attacker passes for somebody."""

    CLAIM = "claim"
    FROM = "from"
    SMS = "sms"


ATTACKS: Final = {Attack.CLAIM: 0.50, Attack.FROM: 0.35, Attack.SMS: 0.15}
ATTACKS_OF_ONE: Final = (1, 3)
"""An attacker tries so many customers, all of them in the same way."""


@dataclass(frozen=True, slots=True)
class Act:
    """A message, and who really wrote it; an attacker's number is no customer's."""

    sighting: Sighting
    person: int
    attack: Attack | None = None
    victim: int = -1


@dataclass(frozen=True, slots=True)
class World:
    """The customers, and their messages in the order of their arrival."""

    people: tuple[Person, ...]
    acts: tuple[Act, ...]

    def sightings(self) -> list[Sighting]:
        """Return what a gateway sees."""
        return [act.sighting for act in self.acts]


def world(seed: int, customers: int = CUSTOMERS, shares: Shares | None = None) -> World:
    """Return a world; the same seed gives the same."""
    chance, shares = random.Random(seed), shares or Shares()
    found = people(customers, chance, shares)
    acts = [act for person in found for act in _year(person, found, chance, shares)]
    acts += _attacks(found, round(len(acts) * shares.attack / (1 - shares.attack)), chance)
    acts.sort(key=lambda act: act.sighting.at)
    named = (
        replace(act, sighting=replace(act.sighting, id=MessageId(f"m{at}")))
        for at, act in enumerate(acts)
    )
    return World(found, tuple(named))


def _year(
    person: Person, everybody: Sequence[Person], chance: random.Random, shares: Shares
) -> Iterator[Act]:
    for _ in range(1 + int(chance.expovariate(1 / MORE_MESSAGES_MEAN))):
        day = chance.uniform(0, DAYS)
        phones = [each for each in person.phones if each.since <= day <= each.until]
        ways = ["email", "chat", *["sms"][: len(phones)], *["slack"][: len(person.slack)]]
        (way,) = chance.choices(ways, [WAYS[each] for each in ways])
        seen: tuple[Observed, ...]
        match way:
            case "sms":
                seen = (_seen(chance.choice(phones).identifier, Level.ASSERTED),)
            case "slack":
                seen = person.slack
            case "email":
                seen = (_mail(person, chance, shares),)
            case _:
                seen = tuple(_chat(person, phones, everybody, chance, shares))
        yield _act(person.number, day, seen)


def _mail(person: Person, chance: random.Random, shares: Shares) -> Observed:
    if chance.random() < shares.market:
        return _seen(_MARKET, Level.AUTHENTICATED)
    level = Level.CLAIMED if chance.random() < shares.no_dmarc else Level.AUTHENTICATED
    if chance.random() < shares.token:
        level = Level.PROVEN
    return _seen(chance.choice(person.emails), level)


def _chat(
    person: Person,
    phones: Sequence[Phone],
    everybody: Sequence[Person],
    chance: random.Random,
    shares: Shares,
) -> Iterator[Observed]:
    yield _seen(chance.choice(person.browsers), Level.AUTHENTICATED)
    if person.account is not None and chance.random() < shares.signed_in:
        yield _seen(person.account, Level.SIGNED)
        if chance.random() < shares.signed_email:
            yield _seen(person.emails[0], Level.SIGNED)
        if phones and chance.random() < shares.signed_phone:
            yield _seen(phones[0].identifier, Level.SIGNED)
    elif chance.random() < shares.typed:
        address = chance.choice(person.emails)
        if chance.random() < shares.typo:
            is_known = chance.random() < shares.typo_known
            other = chance.choice(everybody).emails[0] if is_known else email("x" + address.value)
            yield _seen(other, Level.CLAIMED)
        else:
            is_proven = chance.random() < shares.returned
            yield _seen(address, Level.PROVEN if is_proven else Level.CLAIMED)


def _attacks(everybody: Sequence[Person], count: int, chance: random.Random) -> Iterator[Act]:
    with_phones = [person for person in everybody if person.phones]
    attacker, left, kind = len(everybody), 0, Attack.CLAIM
    for _ in range(count):
        if not left:
            attacker, left = attacker + 1, chance.randint(*ATTACKS_OF_ONE)
            (kind,) = chance.choices(tuple(ATTACKS), tuple(ATTACKS.values()))
        left -= 1
        victim = chance.choice(with_phones if kind is Attack.SMS else everybody)
        seen = tuple(_attempt(kind, attacker, victim, chance))
        act = _act(attacker, chance.uniform(0, DAYS), seen)
        yield replace(act, attack=kind, victim=victim.number)


def _attempt(
    kind: Attack, attacker: int, victim: Person, chance: random.Random
) -> Iterator[Observed]:
    if kind is Attack.SMS:
        yield _seen(chance.choice(victim.phones).identifier, Level.ASSERTED)
        return
    if kind is Attack.CLAIM:
        own = Identifier(kind=IdentifierKind.VISITOR, value=f"attacker{attacker}")
        yield _seen(own, Level.AUTHENTICATED)
    yield _seen(chance.choice(victim.emails), Level.CLAIMED)


def _seen(identifier: Identifier, level: Level) -> Observed:
    return Observed(identifier=identifier, level=level)


def _act(person: int, day: float, seen: tuple[Observed, ...]) -> Act:
    return Act(Sighting(MessageId(""), START_MS + round(day * DAY_MS), seen), person)
