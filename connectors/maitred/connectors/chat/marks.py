"""Marks: what a visitor's side says became of the replies to him, reported of each once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from maitred.connectors.chat.frames import Mark, Marked, Read
from maitred.connectors.chat.socket import ChatSocket
from maitred.connectors.port import Context
from maitred.contracts.ids import IdentifierKey, OutboundId
from maitred.contracts.outbound import DeliveryState, Report

_CHANNEL: Final = "chat"
REPORTED_AT_ONCE_MAX: Final = 100
"""Replies that one mark is believed of; of more, the latest."""


async def mark(
    frame: Mark, *, account: str, key: IdentifierKey, socket: ChatSocket, context: Context
) -> Marked:
    """Report what became of a visitor's replies behind `frame.after` up to `frame.seq`.

    Only replies to this visitor can be meant: they are those that went over his connection, or
    that the journal has for him. To report one again is harmless.

    Raises:
        StoreUnavailable: the store does not answer; mark them again.
    """
    state = DeliveryState.READ if isinstance(frame, Read) else DeliveryState.DELIVERED
    if frame.after >= socket.given_since:
        known: Iterable[tuple[int, OutboundId]] = socket.given
    else:
        missed = await context.outbox.since(_CHANNEL, key, frame.after)
        known = [(each.sequence, each.outbound.id) for each in missed]
    meant = [outbound for sequence, outbound in known if frame.after < sequence <= frame.seq]
    for outbound in meant[-REPORTED_AT_ONCE_MAX:]:
        await context.report(
            Report(
                outbound=outbound,
                channel=_CHANNEL,
                account=account,
                state=state,
                at=context.clock(),
            )
        )
    return Marked(state=state.value, seq=frame.seq)
