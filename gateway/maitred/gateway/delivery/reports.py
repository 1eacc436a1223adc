"""Reports: what is said later of a reply moves what is known of it, and only forwards.

Providers repeat themselves and overtake themselves: a word that comes late adds its time and moves
nothing back. That a reply arrived or was read is surer than that it failed, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Report

SETTLED: Final = frozenset(
    {
        DeliveryState.SENT,
        DeliveryState.DELIVERED,
        DeliveryState.READ,
        DeliveryState.FAILED,
        DeliveryState.UNKNOWN,
    }
)
"""States in which nothing more is done about a reply."""
LOST: Final = frozenset({DeliveryState.FAILED, DeliveryState.UNKNOWN})
"""States that somebody must be told of."""
_RANKS: Final[Mapping[DeliveryState, int]] = {
    DeliveryState.WAITING: 0,
    DeliveryState.SENDING: 0,
    DeliveryState.UNKNOWN: 1,
    DeliveryState.SENT: 2,
    DeliveryState.FAILED: 3,
    DeliveryState.DELIVERED: 4,
    DeliveryState.READ: 5,
}
_REPORTED: Final = frozenset(
    {
        DeliveryState.SENT,
        DeliveryState.DELIVERED,
        DeliveryState.READ,
        DeliveryState.FAILED,
    }
)
_ERROR_CHARACTERS_MAX: Final = 100


def is_foreign(doc: DeliveryDoc, report: Report) -> bool:
    """Whether somebody else reports than the account that the reply went by.

    An id is no secret: it stands in mails and in calls. So whoever knows one, such as another
    system of the same channel, must not be able to say that a reply was read, or failed.
    """
    return (report.channel, report.account) != (doc.channel, doc.account)


def moved(doc: DeliveryDoc, report: Report, now: int) -> DeliveryDoc:
    """Return what is known of a reply after a report that came at `now` (UTC milliseconds).

    A foreign report says nothing about it.
    """
    if is_foreign(doc, report) or report.state not in _REPORTED:
        return doc
    at = min(report.at, now) if report.at > 0 else now
    doc = _with_time(doc, report.state, at)
    if _RANKS[report.state] <= _RANKS.get(doc.state, 0):
        return doc
    is_lost = report.state is DeliveryState.FAILED
    error = (report.error[:_ERROR_CHARACTERS_MAX] or "failed") if is_lost else ""
    return replace(doc, state=report.state, at=at, error=error)


def _with_time(doc: DeliveryDoc, state: DeliveryState, at: int) -> DeliveryDoc:
    match state:
        case DeliveryState.SENT:
            return replace(doc, sent_at=doc.sent_at or at)
        case DeliveryState.DELIVERED:
            return replace(doc, delivered_at=doc.delivered_at or at)
        case DeliveryState.READ:
            return replace(doc, read_at=doc.read_at or at)
    return doc
