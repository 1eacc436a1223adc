"""The way out: a reply becomes a mail, is signed and handed over; what comes back is tied to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from msgspec import structs

from maitred.connectors.email.access_tokens import AccessTokens
from maitred.connectors.email.bounces import fate_of
from maitred.connectors.email.letter import Letter, compose
from maitred.connectors.email.marks import OWN_MARK_FACT, Marked, Marks
from maitred.connectors.email.outgoing import Sender, Smarthost
from maitred.connectors.email.pool import Pool
from maitred.connectors.email.signing import signed
from maitred.connectors.email.submission import Refused
from maitred.connectors.email.suppression import Suppression
from maitred.connectors.port import Context, Receipt
from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.identifiers import email_identifier
from maitred.contracts.inbound import Inbound
from maitred.contracts.outbound import (
    DeliveryState,
    Outbound,
    OutboundFile,
    OutboundKind,
    Report,
    Sent,
)

CHANNEL: Final = "email"
REPORTS: Final = frozenset({DeliveryState.FAILED, DeliveryState.DELIVERED})
NULL_PATH_FACT: Final = "mail_from_null"
"""The fact by which the doors tell that a mail has no reverse path."""


class WayOut:
    """Sends the replies of all accounts."""

    def __init__(
        self,
        senders: Mapping[str, Sender],
        smarthost: Smarthost | None,
        context: Context,
        tokens: Mapping[str, AccessTokens],
    ) -> None:
        self._senders = senders
        self._context = context
        self._marks = Marks(context.keys, tuple(senders))
        self._pool = None
        if smarthost is not None:
            self._pool = Pool(smarthost, context.spawn, tokens.get(smarthost.oauth))
        self._suppression = Suppression(context.memory, context.keys, context.clock)

    def start(self) -> None:
        """Follow the list of dead addresses."""
        self._context.spawn("dead addresses", self._suppression.follow())

    async def stop(self) -> None:
        """Close the connections that are idle."""
        if self._pool is not None:
            await self._pool.close()

    async def send(self, outbound: Outbound) -> Sent:
        """Send one reply through the smarthost.

        Raises:
            Throttled, Retryable: the smarthost did not take it now.
            OutcomeUnknown: the smarthost fell silent after it had the mail.
            Permanent: it refused it, the address is dead, or there is no smarthost or no such
                account.
        """
        sender = self._senders.get(outbound.to.account)
        if self._pool is None:
            raise Permanent("no smarthost is configured", code="no_smarthost")
        if sender is None:
            raise Permanent("no such account", code="no_account")
        await self._suppression.check(outbound.to.endpoint)
        files = [(each, await self._context.files(each.blob)) for each in outbound.files]
        if files:
            # To encode and sign megabytes takes a while, in which the doors must not stand still.
            letter = await asyncio.to_thread(self._letter, outbound, sender, files)
        else:
            letter = self._letter(outbound, sender, files)
        try:
            await self._pool.hand_over(letter)
        except Refused as refusal:
            # What the smarthost said is final, whether or not it can be remembered.
            with contextlib.suppress(StoreUnavailable):
                await self._suppression.add(outbound.to.endpoint, refusal.status)
            raise Permanent(str(refusal), code=refusal.code) from None
        named = (letter.message_id,) if outbound.kind is not OutboundKind.CODE else ()
        return Sent(provider_id=letter.message_id, thread_ids=named)

    async def accept(self, inbound: Inbound, body: bytes, traceparent: str = "") -> Receipt:
        """Store a mail, then tie it to what was sent before.

        What has no reverse path and brings our mark may tell of a failure or an arrival, which
        goes to whom it concerns. What has one shows that its sender's address lives.

        Raises:
            StoreUnavailable: the store did not confirm in time; do not acknowledge. Both may be
                done again without harm.
            Permanent: it can never be stored.
        """
        if self._marks.in_header(body) is not None:
            facts = {**inbound.evidence.facts, OWN_MARK_FACT: "1"}
            evidence = structs.replace(inbound.evidence, facts=facts)
            inbound = structs.replace(inbound, evidence=evidence)
        receipt = await self._context.accept(inbound, body, traceparent)
        if inbound.evidence.facts.get(NULL_PATH_FACT):
            await self._report(body, inbound.recipients)
        else:
            await self._suppression.lift(inbound.sender.identifier)
        return receipt

    async def _report(self, body: bytes, came_to: Sequence[str]) -> None:
        fate = fate_of(body, self._marks, came_to)
        if fate is None:
            return
        failed = fate.state is DeliveryState.FAILED
        await self._context.report(
            Report(
                outbound=fate.reply.outbound,
                channel=CHANNEL,
                account=fate.reply.account,
                state=fate.state,
                at=self._context.clock(),
                error=f"bounce_{fate.status}".rstrip("_") if failed else "",
            )
        )
        if failed and fate.reply.address:
            await self._suppression.add(email_identifier(fate.reply.address), fate.status)

    def _letter(
        self, outbound: Outbound, sender: Sender, files: list[tuple[OutboundFile, bytes]]
    ) -> Letter:
        now = self._context.clock()
        marked = Marked(outbound.id, outbound.to.account, outbound.to.endpoint.value)
        letter = compose(
            outbound,
            sender,
            now=now,
            tokens=self._context.reply_tokens,
            files=files,
            mark=self._marks.of(marked),
        )
        if sender.bounces_to:
            letter = replace(letter, sender=self._marks.return_path(sender.bounces_to, marked))
        return replace(letter, content=signed(letter.content, sender.signers, now))
