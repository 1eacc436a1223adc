"""Status callbacks: what Twilio says later of a reply.

Each reply is sent with an address of its own, so the request itself says which reply it is about,
whether it comes before the API has answered, twice, or in another order. Source:
twilio.com/docs/messaging/guides/track-outbound-message-status.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from maitred.connectors.sms.codes import word_of
from maitred.contracts.ids import OutboundId
from maitred.contracts.outbound import DeliveryState, Report

STATUS_PATH: Final = "/v1/webhooks/twilio/{account}/status/{outbound}"
_OVERRIDES: Final = "#rc=5&rp=5xx,ct,rt"
"""Asks Twilio to try again, up to five times, what we could not take; of itself it does so only
where it could not connect. It is neither sent nor signed
(twilio.com/docs/usage/webhooks/webhooks-connection-overrides)."""

_STATES: Final[Mapping[str, DeliveryState]] = {
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "failed": DeliveryState.FAILED,
    "undelivered": DeliveryState.FAILED,
    "partially_delivered": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}
"""`queued`, `sending` and the like say nothing that is not known; so does what is new."""
_OUTBOUND: Final = re.compile(r"out_[0-9A-Za-z]{1,64}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{3,5}")


def status_address(base: str, account: str, outbound: OutboundId) -> str:
    """Return where Twilio is to report of a reply; `base` has no slash at its end."""
    path = STATUS_PATH.format(account=quote(account, safe=""), outbound=outbound)
    return f"{base}{path}{_OVERRIDES}"


def outbound_of(text: str) -> OutboundId | None:
    """Return the id of a reply as it stands in the path; nothing if it has not its form."""
    return OutboundId(text) if _OUTBOUND.fullmatch(text) else None


def report_of(
    form: Mapping[str, str], outbound: OutboundId, *, channel: str, account: str, now: int
) -> Report | None:
    """Return what a callback says that came at `now`; nothing if that is no news."""
    status = form.get("MessageStatus", "")
    state = _STATES.get(status)
    if state is None:
        return None
    number = form.get("ErrorCode", "")
    error = word_of(int(number)) if _NUMBER.fullmatch(number) else f"twilio_{status}"
    return Report(
        outbound=outbound,
        channel=channel,
        account=account,
        state=state,
        at=now,
        error=error if state is DeliveryState.FAILED else "",
    )
