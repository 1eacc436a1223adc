"""Codes: what Twilio's error numbers mean to a reply (twilio.com/docs/api/errors)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from maitred.contracts.errors import (
    MaitredError,
    Permanent,
    Retryable,
    Throttled,
    Unreachable,
    error_of_status,
)
from maitred.contracts.limits import SECOND_MS

PEER: Final = "Twilio"
OPTED_OUT: Final = "opted_out"
OUTSIDE_WINDOW: Final = "outside_window"

_WORDS: Final[Mapping[int, str]] = {
    # The customer sent STOP, and Twilio blocks the number.
    21_610: OPTED_OUT,
    # WhatsApp: 24 hours after the customer's last message only templates are let through.
    63_016: OUTSIDE_WINDOW,
}
_WAITS_MS: Final[Mapping[int, int]] = {
    20_429: SECOND_MS,
    # The queue of a sender, or of a messaging service, is full: it holds ten hours of messages.
    21_611: 30 * SECOND_MS,
    30_001: 30 * SECOND_MS,
    # The carriers' rate for the brand (A2P 10DLC), and WhatsApp's for the sender.
    30_022: 5 * SECOND_MS,
    63_018: 5 * SECOND_MS,
}
_AGAIN: Final = frozenset({14_107})
"""Too much between two numbers within 30 s: this reply has to wait, and no other one."""
_SHUT_OUT: Final = frozenset({20_003, 20_005, 20_404})
"""Our access is refused, the account is not active, or there is none of that SID.

Nothing else in the address of a message can be missing, so 20404 is about the account.
"""


def word_of(number: int) -> str:
    """Return the code under which a reply fails that Twilio refused with an error number."""
    return _WORDS.get(number, f"twilio_{number}")


def error_of(status: int, number: int | None) -> MaitredError:
    """Map an answer of Twilio's API: its HTTP status, and its error number if it gave one."""
    if number is not None and number in _WAITS_MS:
        return Throttled(f"{PEER} answered {number}", after_ms=_WAITS_MS[number])
    if number in _AGAIN:
        return Retryable(f"{PEER} answered {number}")
    if status == HTTPStatus.UNAUTHORIZED or number in _SHUT_OUT:
        return Unreachable(f"{PEER} refused our access with {number or status}")
    mapped = error_of_status(status, peer=PEER, takes_effect=True)
    if isinstance(mapped, Permanent) and number is not None and number != status:
        return Permanent(f"{PEER} answered {status}", code=word_of(number))
    return mapped
