"""Slack's Web API: its client, and what its errors mean to us.

Source: https://docs.slack.dev/apis/web-api, and on waiting
https://docs.slack.dev/apis/web-api/rate-limits.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from maitred.connectors.retry_after import retry_after_ms
from maitred.connectors.slack.settings import SlackAccount
from maitred.contracts.errors import (
    MaitredError,
    OutcomeUnknown,
    Permanent,
    Retryable,
    Unreachable,
    error_of_status,
)

PEER: Final = "Slack"
_AWAY: Final = "service_unavailable"
_AGAIN: Final = "request_timeout"
_HALF_DONE: Final = frozenset({"internal_error", "fatal_error"})
"""With these, Slack says, "some aspect of the operation" may have succeeded
(https://docs.slack.dev/reference/methods/chat.postMessage#errors)."""
_SLOWER: Final = frozenset({"ratelimited", "rate_limited"})
_WORD: Final = re.compile(r"[a-z0-9_]{1,64}")


def client(
    account: SlackAccount, session: aiohttp.ClientSession | None, token: str = ""
) -> AsyncWebClient:
    """Return a client that calls with `token`; without a session it opens one a call."""
    return AsyncWebClient(
        token=token or None,
        base_url=account.api_url or AsyncWebClient.BASE_URL,
        session=session,
        logger=silent(),
        # The library would repeat a post whose answer was lost; delivery decides that.
        retry_handlers=[],
    )


def silent() -> logging.Logger:
    """Return a logger that says nothing: the libraries log bodies, which are customers' words."""
    logger = logging.getLogger(f"{__name__}.silent")
    logger.setLevel(logging.CRITICAL + 1)
    return logger


async def ask(asking: Awaitable[AsyncSlackResponse], clock: Callable[[], int]) -> Mapping[str, Any]:
    """Return Slack's answer to a call that changes nothing, or the same when it is repeated.

    Raises:
        Throttled: Slack asks to wait.
        Retryable: Slack could not be reached, did not answer, or failed.
        Permanent: Slack refused it, with Slack's own word as code.
    """
    try:
        return await do(asking, clock)
    except OutcomeUnknown as error:
        raise worth_repeating(error) from None


async def do(asking: Awaitable[AsyncSlackResponse], clock: Callable[[], int]) -> Mapping[str, Any]:
    """Return Slack's answer to a call that takes effect each time.

    Raises:
        Throttled, Retryable: it certainly took no effect.
        OutcomeUnknown: Slack was reached and did not say.
        Permanent: Slack refused it, with Slack's own word as code.
    """
    try:
        answer = await asking
    except SlackApiError as error:
        raise error_of(error, clock()) from None
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise Unreachable(f"{PEER} could not be reached") from None
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError):
        raise OutcomeUnknown(f"{PEER} was reached and did not answer") from None
    except (ValueError, LookupError, AttributeError, TypeError):
        # A success that is no answer of Slack's may have taken effect.
        raise OutcomeUnknown(f"{PEER} gave no readable answer") from None
    if not isinstance(answer.data, dict):
        raise OutcomeUnknown(f"{PEER} gave no readable answer")
    return answer.data


def worth_repeating(error: MaitredError) -> MaitredError:
    """Return an error of a call that may be made again without harm."""
    return Retryable(str(error)) if isinstance(error, OutcomeUnknown) else error


def error_of(error: SlackApiError, now: int) -> MaitredError:
    """Map an error of a call that takes effect each time.

    The error's text quotes Slack's whole answer, so it is left behind.
    """
    response = error.response
    # Where no JSON could be read, the library hands over aiohttp's own response.
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    data = getattr(response, "data", None)
    said = data.get("error") if isinstance(data, dict) else None
    word = said if isinstance(said, str) and _WORD.fullmatch(said) else ""
    if word in _SLOWER or status == HTTPStatus.TOO_MANY_REQUESTS:
        headers = getattr(response, "headers", {})
        after = retry_after_ms(str(headers.get("Retry-After", "")), now)
        return error_of_status(HTTPStatus.TOO_MANY_REQUESTS, peer=PEER, retry_after_ms=after)
    if word in _HALF_DONE:
        return OutcomeUnknown(f"{PEER} answered {word}")
    if word == _AWAY:
        return Unreachable(f"{PEER} answered {word}")
    if word == _AGAIN:
        return Retryable(f"{PEER} answered {word}")
    if word:
        return Permanent(f"{PEER} answered {word}", code=word)
    if not isinstance(status, int) or status < HTTPStatus.BAD_REQUEST:
        return OutcomeUnknown(f"{PEER} gave no readable answer")
    return error_of_status(status, peer=PEER, takes_effect=True)
