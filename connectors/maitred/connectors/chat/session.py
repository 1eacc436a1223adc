"""The session: who sits at a place, what he proved, and what that says of his messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from maitred.connectors.chat.frames import Message, Spoken
from maitred.connectors.chat.sign_in import SignedIn
from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import (
    Identifier,
    Keys,
    Level,
    Observed,
    email_identifier,
    visitor_identifier,
)
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.inbound import Evidence, Verification
from maitred.contracts.proofs import Proof


class Place(Protocol):
    """Where a visitor sits: a connection, or one request of his."""

    proofs: tuple[Proof, ...]
    """What he proved, here or at another place of his."""


@dataclass(frozen=True, slots=True)
class Session:
    """A visitor at one place, and who the site says he is."""

    visitor: str
    place: Place
    keys: Keys
    signed_in: SignedIn | None = None

    @property
    def sender(self) -> Observed:
        """The visitor, as his own token shows him."""
        return Observed(identifier=visitor_identifier(self.visitor), level=Level.AUTHENTICATED)

    @property
    def key(self) -> IdentifierKey:
        """The key of the visitor, which all his connections share."""
        return self.keys.actor(self.sender)

    def account(self, now: int) -> IdentifierKey | None:
        """Return the key of the account that is signed in at `now`, if any."""
        signed_in = self._signed_in(now)
        return self.keys.identifier(signed_in.account) if signed_in is not None else None

    def proofs(self, now: int) -> tuple[Proof, ...]:
        """Return what the visitor proved and what still counts at `now`, as he is signed in."""
        account = self.account(now)
        return tuple(each for each in self.place.proofs if each.holds(account, now))

    def evidence(self, now: int, spoken: Spoken | None = None) -> Evidence:
        """Return what is known of who says something at `now`.

        Sign-in and proofs count as long as they hold; what a message says of its writer is a claim.
        Who is signed in proves anew that it is he by what the site says is his, and nothing else.
        """
        signed_in, proofs = self._signed_in(now), self.proofs(now)
        message = spoken if isinstance(spoken, Message) else None
        observed = [*signed_in.observed] if signed_in is not None else []
        observed += [Observed(identifier=each.identifier, level=Level.PROVEN) for each in proofs]
        if message is not None:
            observed += _claims(message)
        times = [each.at for each in proofs]
        if signed_in is not None:
            # Whoever finds a user signed in proves an address of his own, and is not that user.
            vouched = {each.identifier for each in signed_in.observed if each.level > Level.CLAIMED}
            times = [each.at for each in proofs if each.identifier in vouched]
            times.append(signed_in.proven_at)
        name = signed_in.name if signed_in is not None else ""
        return Evidence(
            verification=Verification.TOKEN,
            observed=_strongest(observed),
            name=name or (message.name if message is not None else ""),
            proven_at=max(times, default=0),
        )

    def _signed_in(self, now: int) -> SignedIn | None:
        return self.signed_in if self.signed_in is not None and now < self.signed_in.until else None


def _claims(message: Message) -> list[Observed]:
    """Return the address that a visitor says is his, if it is one: a claim, never a proof."""
    if not message.email:
        return []
    try:
        identifier = email_identifier(message.email)
    except BadPayload:
        return []
    return [Observed(identifier=identifier, level=Level.CLAIMED)]


def _strongest(observed: Iterable[Observed]) -> tuple[Observed, ...]:
    """Return each identifier once, as surely as it was seen."""
    found: dict[Identifier, Observed] = {}
    for each in observed:
        known = found.get(each.identifier)
        if known is None or known.level < each.level:
            found[each.identifier] = each
    return tuple(found.values())
