"""Proof of a mailbox: an answer that brings back a token of ours comes from where our mail went.

A From is a claim until a relay vouches for it. Where none does, our own token is as good: it stood
in a mail to that mailbox and nowhere else. It speaks for that one mailbox, at level 3, and for
nobody who was copied in or to whom the mail was passed on. What the domain's owner disowns (DMARC
`fail`, RFC 7489, section 6.6.2) it cannot prove, nor what came past the relays that would have
judged it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import IdentifierKind, Keys, Level, Observed, email_identifier
from maitred.contracts.inbound import Inbound, Verification
from maitred.contracts.reply_token import Grant
from maitred.normalizer.email.addresses import mailboxes
from maitred.normalizer.email.headers import Headers
from maitred.normalizer.port import Decoded

DMARC: Final = "dmarc"
PAST_RELAYS: Final = "past_relays"
"""The door's fact about a mail that came from elsewhere than the relays that it trusts."""


@dataclass(frozen=True, slots=True)
class MailboxProof:
    """Whose mailbox an answer came from; `token` names the proof token that it used up, if any."""

    mailbox: Observed
    token: str = ""


def read(
    fields: Headers, inbound: Inbound, keys: Keys, grants: tuple[Grant, ...]
) -> MailboxProof | None:
    """Return what the tokens of a mail prove about its sender, if they do.

    Its From must name the sender and nobody else: of several authors nobody knows who answered.
    """
    sender = inbound.sender.identifier
    own = [each for each in grants if went_to_sender(each, inbound, keys)]
    facts = inbound.evidence.facts
    if not own or facts.get(DMARC) == "fail" or PAST_RELAYS in facts:
        return None
    if not _is_only_author(fields, inbound):
        return None
    level = max(Level.PROVEN, inbound.sender.level)
    token = next((each.proof for each in own if each.proof), "")
    return MailboxProof(Observed(identifier=sender, level=level), token)


def went_to_sender(grant: Grant, inbound: Inbound, keys: Keys) -> bool:
    """Tell whether our mail went to the sender's mailbox, whether or not it was proven his then."""
    sender = inbound.sender.identifier
    return sender.kind is IdentifierKind.EMAIL and (
        grant.went_to(keys.identifier(sender)) or grant.went_to(keys.claimed(sender))
    )


def applied(decoded: Decoded, proof: MailboxProof | None, keys: Keys) -> Decoded:
    """Return a message whose sender is who his mailbox proves him to be.

    The door could not know it, so it filed the raw mail and its files under the claim, and there
    they stay. That a machine answers for the mailbox proves nobody to be there now.
    """
    if proof is None:
        return decoded
    message = decoded.message
    key = keys.actor(proof.mailbox)
    is_present = bool(proof.token) and message.kind.wants_an_answer
    return Decoded(
        message=msgspec.structs.replace(
            message,
            actor=proof.mailbox,
            actor_key=key,
            verification=Verification.REPLY_TOKEN,
            proven_at=message.received_at if is_present else 0,
            reply_to=msgspec.structs.replace(message.reply_to, key=key),
            thread=msgspec.structs.replace(message.thread, proof=proof.token if is_present else ""),
        ),
        contents=decoded.contents,
    )


def _is_only_author(fields: Headers, inbound: Inbound) -> bool:
    named = [each for value in fields.fields.get("from", ()) for each in mailboxes(value)]
    if len(named) != 1 or len(fields.fields["from"]) != 1:
        return False
    try:
        return email_identifier(named[0].address) == inbound.sender.identifier
    except BadPayload:
        return False
