"""A mail that has come in: which account it is for, who wrote it, and its way into the store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from maitred.connectors.email.headers import NO_VERDICT, Verdict, authors, domain_of
from maitred.connectors.port import Context
from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import (
    Identifier,
    IdentifierKind,
    Level,
    Observed,
    email_identifier,
)
from maitred.contracts.ids import digest
from maitred.contracts.inbound import Evidence, Verification
from maitred.contracts.limits import MIB
from maitred.contracts.reply_token import tokens_in

CHANNEL: Final = "email"
UNKNOWN_SENDER: Final = Identifier(kind=IdentifierKind.EMAIL, value="unknown@invalid")
"""Stands for a mail that names nobody; `invalid` can never be registered (RFC 2606)."""
PAST_RELAYS_FACT: Final = "past_relays"
"""The fact that tells the decoder that nobody who judges senders saw the mail."""
_HASH_INLINE_BYTES_MAX: Final = 1 * MIB


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail, the envelope it came in, and what is known of its author.

    `past_relays` tells that the relays which judge senders never saw it.
    """

    content: bytes = field(repr=False)
    account: str
    mail_from: str
    recipients: tuple[str, ...]
    verdict: Verdict = NO_VERDICT
    past_relays: bool = False


def account_of(address: str, known: dict[str, str]) -> str | None:
    """Return the account that an address belongs to: exact, its plus-addresses, its domain."""
    try:
        local, _, domain = email_identifier(address).value.rpartition("@")
    except BadPayload:
        return None
    while f"{local}@{domain}" not in known and "+" in local:
        local = local.rpartition("+")[0]
    return known.get(f"{local}@{domain}") or known.get(f"@{domain}")


def account_for(recipients: list[str], known: dict[str, str]) -> str:
    """Return the account of a mail: whose address carries a reply token, else the first's.

    Whether the token is good is nobody's business here, who answers strangers.
    """
    tagged = next((each for each in recipients if tokens_in(each)), recipients[0])
    return account_of(tagged, known) or ""


async def store(mail: Mail, context: Context) -> None:
    """Return once a mail is on disk; the same one for the same recipients is the same message.

    So a peer that was put off after all, and repeats it, repeats it without harm.

    Raises:
        StoreUnavailable: the store did not confirm in time.
        Permanent: it can never be stored.
    """
    parts: tuple[str | bytes, ...] = (mail.content, *sorted(mail.recipients))
    if len(mail.content) > _HASH_INLINE_BYTES_MAX:
        provider_id = await asyncio.to_thread(digest, *parts)
    else:
        provider_id = digest(*parts)
    sender, evidence = _who(mail)
    inbound = context.inbound(
        channel=CHANNEL,
        account=mail.account,
        provider_id=provider_id,
        sender=sender,
        content_type="message/rfc822",
        evidence=evidence,
        recipients=mail.recipients,
    )
    await context.accept(inbound, mail.content)


def _who(mail: Mail) -> tuple[Observed, Evidence]:
    """Say who wrote a mail."""
    named = authors(mail.content)
    found = mail.verdict
    facts = dict(found.facts)
    if mail.mail_from in {"", "<>"}:
        facts["mail_from_null"] = "1"
    if mail.past_relays:
        facts[PAST_RELAYS_FACT] = "1"
    identifier = UNKNOWN_SENDER
    for address in (*(author.address for author in named[:1]), mail.mail_from):
        try:
            identifier = email_identifier(address)
            break
        except BadPayload:
            continue
    vouched = (
        len(named) == 1
        and found.facts.get("dmarc") == "pass"
        and found.from_domain != ""
        and found.from_domain == domain_of(named[0].address)
    )
    return (
        Observed(identifier=identifier, level=Level.AUTHENTICATED if vouched else Level.CLAIMED),
        Evidence(
            verification=Verification.DMARC if vouched else Verification.NONE,
            facts=facts,
            name=named[0].name if named else "",
        ),
    )
