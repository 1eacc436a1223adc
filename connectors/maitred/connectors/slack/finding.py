"""Finding a post of ours by the reply's id, which goes along with it as metadata.

chat.postMessage has no idempotency key: after a time-out the channel itself is looked at, before
the outcome counts as unknown. It needs the scopes by which messages are read anyway. Sources:
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
from maitred.contracts.errors import MaitredError
from maitred.contracts.ids import OutboundId
from maitred.contracts.limits import MINUTE_MS, SECOND_MS

METADATA_EVENT: Final = "maitred_reply"
LOOK_TIMEOUT_S: Final = 10.0
"""For all looks together."""
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
    """Return the time stamp of a post; empty if it is not seen, or Slack does not let us look.

    `since` is when it was tried first, in UTC milliseconds.
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
                cursor: str | None = None
                for _ in range(PAGES_MAX):
                    page = await web.ask(call(**asked, cursor=cursor), clock)
                    if ts := _among(page, name):
                        return ts
                    if not (cursor := _next(page)):
                        break
    except (MaitredError, TimeoutError):
        return ""
    return ""


def _among(page: Mapping[str, Any], name: OutboundId) -> str:
    messages = page.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if not isinstance(message, dict) or not isinstance(ts := message.get("ts"), str):
            continue
        if message.get("metadata") == metadata(name):
            return ts
    return ""


def _next(page: Mapping[str, Any]) -> str:
    more = page.get("response_metadata")
    cursor = more.get("next_cursor") if isinstance(more, dict) else None
    return cursor if isinstance(cursor, str) else ""
