"""Made customers: what they write with, and what they share with others.

The shares are those of the identity notes (section 2.6). Identifiers are in normal form; no address
and no number here exists.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from maitred.contracts.identifiers import Identifier, IdentifierKind, Level, Observed

DAYS: Final = 365
EMAILS: Final = {1: 0.60, 2: 0.28, 3: 0.12}
"""How many have one address, two, three; likewise below."""
PHONES: Final = {0: 0.30, 1: 0.50, 2: 0.20}
BROWSERS: Final = {1: 0.30, 2: 0.35, 3: 0.20, 4: 0.15}
AGING_DAYS: Final = 60
"""How long nobody has a number before somebody else gets it."""
_ROLES: Final = ("info", "office", "sales", "support", "billing", "hello")
_NO_ROLE: Final = "kitchen"


class Shared(StrEnum):
    """What customers have in common, and so may be confused by."""

    FAMILY = "family phone"
    MAILBOX = "company mailbox"
    KIOSK = "kiosk browser"
    REASSIGNED = "reassigned phone"


SIZES: Final = {
    Shared.FAMILY: (2, 4),
    Shared.MAILBOX: (3, 6),
    Shared.KIOSK: (6, 12),
    Shared.REASSIGNED: (2, 2),
}
"""Between how many it is shared."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How often something is so, from 0 to 1."""

    account: float = 0.60
    slack: float = 0.25
    slack_foreign: float = 0.40
    slack_hidden: float = 0.30
    family: float = 0.05
    mailbox: float = 0.06
    mailbox_unnamed: float = 0.30
    """Of company mailboxes, how many have no role's name."""
    kiosk: float = 0.03
    reassigned: float = 0.03
    market: float = 0.01
    """Of mails, how many a marketplace sends in the customer's stead."""
    no_dmarc: float = 0.10
    token: float = 0.40
    """Of mails, how many answer one of ours."""
    signed_in: float = 0.70
    """Of chats of those with accounts, how many are signed in."""
    signed_email: float = 0.80
    """What a site says of an account besides, if it knows it."""
    signed_phone: float = 0.35
    typed: float = 0.90
    """Of chats that are not signed in, in how many an address is typed."""
    typo: float = 0.05
    typo_known: float = 0.10
    """Of mistyped addresses, how many are somebody else's."""
    returned: float = 0.25
    """Of typed addresses, how many are proven by a code that comes back through the chat."""
    attack: float = 0.02
    """Of all messages."""

    def of(self, shared: Shared) -> float:
        """Return how many customers share something."""
        return {
            Shared.FAMILY: self.family,
            Shared.MAILBOX: self.mailbox,
            Shared.KIOSK: self.kiosk,
            Shared.REASSIGNED: self.reassigned,
        }[shared]


@dataclass(frozen=True, slots=True)
class Phone:
    """A number, and on which days it is somebody's."""

    identifier: Identifier
    since: float = 0
    until: float = DAYS


@dataclass(slots=True)
class Person:
    """A customer and what he writes with; `groups` tells what he shares, and with which group."""

    number: int
    account: Identifier | None
    emails: list[Identifier]
    phones: list[Phone]
    browsers: list[Identifier]
    slack: tuple[Observed, ...]
    groups: set[tuple[Shared, int]] = field(default_factory=set)


def people(count: int, chance: random.Random, shares: Shares) -> tuple[Person, ...]:
    """Return customers, of whom some share a phone, a mailbox or a browser."""
    found = [_person(number, chance, shares) for number in range(count)]
    for shared, sizes in SIZES.items():
        chosen = chance.sample(found, round(count * shares.of(shared)))
        for group, members in enumerate(_groups(chosen, sizes, chance)):
            _share(shared, group, members, chance, shares)
    return tuple(found)


def email(address: str) -> Identifier:
    """Return a mail address."""
    return Identifier(kind=IdentifierKind.EMAIL, value=address)


def _person(number: int, chance: random.Random, shares: Shares) -> Person:
    emails = [
        email(f"person{number}.{at}@mail{chance.randrange(40)}.example")
        for at in range(_count(EMAILS, chance))
    ]
    phones = [_phone(f"+1555{number:05d}{at:02d}") for at in range(_count(PHONES, chance))]
    browsers = [_browser(f"browser{number}.{at}") for at in range(_count(BROWSERS, chance))]
    account = Identifier(kind=IdentifierKind.ACCOUNT, value=f"account{number}")
    return Person(
        number=number,
        account=account if chance.random() < shares.account else None,
        emails=emails,
        phones=phones,
        browsers=browsers,
        slack=_slack(number, emails[0], chance, shares) if chance.random() < shares.slack else (),
    )


def _count(weights: dict[int, float], chance: random.Random) -> int:
    return chance.choices(tuple(weights), tuple(weights.values()))[0]


def _phone(number: str, since: float = 0, until: float = DAYS) -> Phone:
    return Phone(Identifier(kind=IdentifierKind.PHONE, value=number), since, until)


def _browser(name: str) -> Identifier:
    return Identifier(kind=IdentifierKind.VISITOR, value=name)


def _slack(
    number: int, address: Identifier, chance: random.Random, shares: Shares
) -> tuple[Observed, ...]:
    is_foreign = chance.random() < shares.slack_foreign
    team = f"T{chance.randrange(1, 60)}" if is_foreign else "T0"
    user = Observed(
        identifier=Identifier(kind=IdentifierKind.SLACK, value=f"{team}:U{number}"),
        level=Level.AUTHENTICATED,
    )
    if chance.random() < shares.slack_hidden:
        return (user,)
    level = Level.ASSERTED if is_foreign else Level.AUTHENTICATED
    return (user, Observed(identifier=address, level=level))


def _groups(
    chosen: Sequence[Person], sizes: tuple[int, int], chance: random.Random
) -> Iterator[Sequence[Person]]:
    while len(chosen) >= sizes[0]:
        size = chance.randint(*sizes)
        yield chosen[:size]
        chosen = chosen[size:]


def _share(
    shared: Shared, group: int, members: Sequence[Person], chance: random.Random, shares: Shares
) -> None:
    local = _NO_ROLE if chance.random() < shares.mailbox_unnamed else chance.choice(_ROLES)
    left = chance.uniform(AGING_DAYS, DAYS - 2 * AGING_DAYS)
    for place, person in enumerate(members):
        person.groups.add((shared, group))
        match shared:
            case Shared.FAMILY:
                person.phones[:1] = [_phone(f"+1556{group:07d}")]
            case Shared.REASSIGNED:
                times = (left + AGING_DAYS, DAYS) if place else (0, left)
                person.phones[:1] = [_phone(f"+1557{group:07d}", *times)]
            case Shared.MAILBOX:
                person.emails.append(email(f"{local}@company{group}.example"))
            case Shared.KIOSK:
                person.browsers.append(_browser(f"kiosk{group}"))
