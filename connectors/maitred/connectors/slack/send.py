"""Sending through Slack's Web API, and what its errors mean to us.

Source: https://docs.slack.dev/reference/methods/chat.postMessage, and on waiting
https://docs.slack.dev/apis/web-api/rate-limits.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from maitred.contracts.errors import (
    MaitredError,
    OutcomeUnknown,
    Permanent,
    Retryable,
    error_of_status,
)
from maitred.contracts.limits import SECOND_MS
from maitred.contracts.outbound import Outbound, Sent

PEER: Final = "Slack"
TEXT_CHARACTERS_MAX: Final = 40_000
"""Slack cuts longer texts: https://docs.slack.dev/changelog/2018-truncating-really-long-messages"""
METADATA_EVENT: Final = "maitred_reply"
_RETRY_AFTER_S_MAX: Final = 3_600
_AGAIN: Final = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
_SLOWER: Final = frozenset({"ratelimited", "rate_limited"})
_WORD: Final = re.compile(r"[a-z0-9_]{1,64}")


async def post(client: AsyncWebClient, outbound: Outbound, *, team: str) -> Sent:
    """Post one reply into the channel and thread of `outbound.to`.

    The reply's id goes along as message metadata, by which it can be found again in the channel;
    the method itself has no idempotency key. The thread ids of the answer are those under which
    events of the workspace `team` refer to the reply and to its thread.

    Raises:
        Throttled: Slack asks to wait.
        Retryable: Slack could not be reached, did not answer, or failed.
        Permanent: Slack refused it, with Slack's own word as code; or the text is empty, or
            longer than Slack keeps whole; or the reply names no channel.
    """
    channel = outbound.to.extra.get("channel", "")
    if not channel:
        raise Permanent("a Slack reply needs a channel", code="no_channel")
    text = escape(outbound.text)
    if not text.strip():
        raise Permanent("a Slack reply needs a text", code="empty_text")
    if len(text) > TEXT_CHARACTERS_MAX:
        raise Permanent("the text is longer than Slack keeps", code="text_too_long")
    try:
        answer = await client.chat_postMessage(
            channel=channel,
            text=text,
            thread_ts=outbound.to.thread or None,
            metadata={"event_type": METADATA_EVENT, "event_payload": {"outbound": outbound.id}},
        )
        ts = str(answer["ts"])
    except SlackApiError as error:
        raise error_of(error) from None
    except aiohttp.ClientConnectorError:
        raise Retryable(f"{PEER} could not be reached") from None
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError):
        raise OutcomeUnknown(f"{PEER} was reached and did not answer") from None
    except (ValueError, LookupError, AttributeError, TypeError):
        # A success that is no answer of Slack's may have been posted.
        raise OutcomeUnknown(f"{PEER} gave no readable answer") from None
    ids = dict.fromkeys(f"{team}:{channel}:{one}" for one in (ts, outbound.to.thread) if one)
    return Sent(provider_id=f"{channel}:{ts}", thread_ids=tuple(ids))


def escape(text: str) -> str:
    """Escape the three characters that mrkdwn gives a meaning, mentions and links among them.

    Source: https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def error_of(error: SlackApiError) -> MaitredError:
    """Map an error of the Web API; its text quotes Slack's whole answer, so it is left behind."""
    response = error.response
    # Where no JSON could be read, the library hands over aiohttp's own response.
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    data = getattr(response, "data", None)
    said = data.get("error") if isinstance(data, dict) else None
    word = said if isinstance(said, str) and _WORD.fullmatch(said) else ""
    if word in _SLOWER or status == HTTPStatus.TOO_MANY_REQUESTS:
        headers = getattr(response, "headers", {})
        after = _retry_after_ms(str(headers.get("Retry-After", "")))
        return error_of_status(HTTPStatus.TOO_MANY_REQUESTS, peer=PEER, retry_after_ms=after)
    if word in _AGAIN:
        return Retryable(f"{PEER} answered {word}")
    if word:
        return Permanent(f"{PEER} answered {word}", code=word)
    if not isinstance(status, int) or status < HTTPStatus.BAD_REQUEST:
        return OutcomeUnknown(f"{PEER} gave no readable answer")
    return error_of_status(status, peer=PEER)


def _retry_after_ms(value: str) -> int | None:
    """Read `Retry-After`, which Slack gives in seconds."""
    if not value.isdecimal():
        return None
    return min(int(value[:6]), _RETRY_AFTER_S_MAX) * SECOND_MS
