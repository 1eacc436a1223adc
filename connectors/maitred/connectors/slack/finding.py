"""Finding a post of ours by the reply's id, which goes along with it as metadata.

chat.postMessage has no idempotency key: where nobody knows whether it took effect, the channel
itself is looked at. It needs the scopes by which messages are read anyway. Sources:
https://docs.slack.dev/messaging/message-metadata,
https://docs.slack.dev/reference/methods/conversations.history and .../conversations.replies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from maitred.connectors.slack import web
from maitred.contracts.errors import OutcomeUnknown, Retryable
from maitred.contracts.ids import OutboundId
from maitred.contracts.limits import MINUTE_MS, SECOND_MS

METADATA_EVENT: Final = "maitred_reply"
LOOK_TIMEOUT_S: Final = 10.0
"""For all looks together."""
LATE_MS_MAX: Final = 30 * SECOND_MS
"""A call that was cut off takes effect within this time, or never."""
PAUSES_S = (0.0, 1.0, 3.0)
"""Before each look: a post may appear after its answer was lost."""
PAGES_MAX: Final = 3
PAGE_MESSAGES: Final = 100
_SKEW_MS: Final = 5 * MINUTE_MS
"""By how much Slack's clock may be behind ours."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a reply goes: `thread` is the time stamp of the thread's first message, if any."""

    team: str
    channel: str
    thread: str


def metadata(name: OutboundId) -> dict[str, Any]:
    """Return what goes along with a post, to find it by."""
    return {"event_type": METADATA_EVENT, "event_payload": {"outbound": name}}


async def posted(
    client: AsyncWebClient, name: OutboundId, spot: Spot, since: int, clock: Callable[[], int]
) -> str:
    """Return the time stamp of a post; empty if it certainly is not there.

    `since` is when it was tried, in UTC milliseconds. What is not seen soon after that may still
    appear.

    Raises:
        Throttled, Retryable: Slack lets nobody look just now.
        Permanent: Slack does not let us look.
        OutcomeUnknown: it is not seen, and that proves nothing: it is too soon, or more was written
            since than we read.
    """
    asked: dict[str, Any] = {
        "channel": spot.channel,
        "oldest": f"{max(since - _SKEW_MS, 0) / SECOND_MS:.6f}",
        "include_all_metadata": True,
        "limit": PAGE_MESSAGES,
    }
    if spot.thread:
        asked["ts"] = spot.thread
    call = client.conversations_replies if spot.thread else client.conversations_history
    try:
        async with asyncio.timeout(LOOK_TIMEOUT_S):
            for pause_s in PAUSES_S:
                await asyncio.sleep(pause_s)
                began, cursor = clock(), ""
                for _ in range(PAGES_MAX):
                    page = await web.ask(call(**asked, cursor=cursor or None), clock)
                    if ts := _among(page, name):
                        return ts
                    if not (cursor := _next(page)):
                        break
                if not cursor and began - since > LATE_MS_MAX:
                    return ""
    except TimeoutError:
        raise Retryable(f"{web.PEER} did not show the channel in time") from None
    raise OutcomeUnknown(f"{web.PEER} does not show the post")


def _among(page: Mapping[str, Any], name: OutboundId) -> str:
    messages = page.get("messages")
    if not isinstance(messages, list):
        raise Retryable(f"{web.PEER} showed no readable messages")
    for message in messages:
        if not isinstance(message, dict) or not isinstance(ts := message.get("ts"), str):
            continue
        if message.get("metadata") == metadata(name):
            return ts
    return ""


def _next(page: Mapping[str, Any]) -> str:
    more = page.get("response_metadata")
    cursor = more.get("next_cursor") if isinstance(more, dict) else None
    return cursor if isinstance(cursor, str) else ""
