"""Sending through Twilio's REST API with Twilio's own asynchronous client.

Source: https://www.twilio.com/docs/messaging/api/message-resource and
https://www.twilio.com/docs/usage/requests-to-twilio for its answers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import orjson
from twilio.base.exceptions import (  # type: ignore[import-untyped]  # the wheel has no types
    TwilioException,
)
from twilio.http.async_http_client import (  # type: ignore[import-untyped]  # as above
    AsyncTwilioHttpClient,
)
from twilio.rest import Client  # type: ignore[import-untyped]  # as above

from maitred.connectors.retry_after import retry_after_ms
from maitred.connectors.sms.codes import PEER, error_of
from maitred.connectors.sms.compose import Letter
from maitred.contracts.errors import (
    MaitredError,
    OutcomeUnknown,
    Permanent,
    Unreachable,
    error_of_status,
)

_SAYS_WHEN: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
CONNECT_TIMEOUT_S: Final = 5.0
"""Until Twilio is there; what is longer is certainly not sent."""
_NO_ENVIRONMENT: Final = {"TWILIO_EDGE": "", "TWILIO_REGION": ""}
"""Not empty, since the client falls back to the process' environment on an empty mapping."""


class _Bounded:
    """A session whose bounds hold, though the library hands it `timeout=None`."""

    def __init__(self, session: aiohttp.ClientSession, timeout_s: float) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, connect=CONNECT_TIMEOUT_S)

    async def request(self, **given: Any) -> aiohttp.ClientResponse:  # noqa: ANN401  (passed on)
        return await self._session.request(**{**given, "timeout": self._timeout})


class _Transport:
    """Twilio's asynchronous HTTP client over one shared session.

    It authorises by header, because the library's way (`aiohttp.BasicAuth`) is deprecated, and it
    answers 429 and 503 itself, because the library's exception drops the headers and so
    `Retry-After`. Its logger is off: the library logs addresses of resources and all headers.
    """

    is_async: Final = True

    def __init__(
        self,
        session: aiohttp.ClientSession,
        authorization: str,
        timeout_s: float,
        clock: Callable[[], int],
    ) -> None:
        silent = logging.getLogger(f"{__name__}.silent")
        silent.setLevel(logging.CRITICAL + 1)
        self._client = AsyncTwilioHttpClient(pool_connections=False, logger=silent)
        self._client.session = _Bounded(session, timeout_s)
        self._authorization = authorization
        self._clock = clock

    async def request(  # noqa: PLR0913  (the signature that the library calls)
        self,
        method: str,
        url: str,
        *,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,  # noqa: ARG002  (replaced by our header)
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  (ours applies)
        allow_redirects: bool = False,
    ) -> Any:  # noqa: ANN401  (the library's response, untyped)
        response = await self._client.request(
            method,
            url,
            params=params,
            data=data,
            headers={**(headers or {}), "Authorization": self._authorization},
            allow_redirects=allow_redirects,
        )
        if response.status_code in _SAYS_WHEN:
            after = retry_after_ms(response.headers.get("Retry-After", ""), self._clock())
            raise error_of_status(response.status_code, peer=PEER, retry_after_ms=after)
        return response


class TwilioSender:
    """Sends replies of one Twilio account over a session that the caller opens and closes.

    `timeout_s` bounds one call as a whole; `clock` gives UTC milliseconds.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        account_sid: str,
        auth_token: str,
        timeout_s: float,
        clock: Callable[[], int],
        api_url: str = "",
    ) -> None:
        authorization = aiohttp.encode_basic_auth(account_sid, auth_token)
        self._client = Client(
            account_sid,
            auth_token,
            http_client=_Transport(session, authorization, timeout_s, clock),
            environment=_NO_ENVIRONMENT,
        )
        if api_url:
            self._client.api.base_url = api_url

    async def send(
        self, letter: Letter, *, media: Sequence[str] = (), status_callback: str = ""
    ) -> str:
        """Send one message and return Twilio's SID of it.

        `media` are addresses that Twilio fetches files from, `status_callback` is where it says
        what becomes of the message.

        Raises:
            Throttled: Twilio asks to wait, or has no room for more at the moment.
            Unreachable: Twilio is not there, or does not let the account in.
            Retryable: Twilio failed (5xx).
            OutcomeUnknown: Twilio was reached and gave no answer that can be read.
            Permanent: Twilio refused it: the customer has said stop (`opted_out`), WhatsApp's
                24 hours are over (`outside_window`), or `twilio_` and Twilio's error number.
        """
        given = {
            "from_": letter.sender,
            "messaging_service_sid": letter.service,
            **_words(letter),
            "media_url": list(media),
            "status_callback": status_callback,
        }
        named = {name: value for name, value in given.items() if value}
        try:
            message = await self._client.messages.create_async(to=letter.to, **named)
        except TwilioException as error:
            raise _ours(error) from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise Unreachable(f"{PEER} could not be reached") from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise OutcomeUnknown(f"{PEER} was reached and did not answer") from None
        except (ValueError, AttributeError, TypeError):
            # A success whose body is no JSON object: taken, as far as anyone can tell.
            raise OutcomeUnknown(f"{PEER} gave no readable answer") from None
        if not isinstance(message.sid, str) or not message.sid:
            raise OutcomeUnknown(f"{PEER} gave no message id")
        return message.sid


def _words(letter: Letter) -> dict[str, str]:
    """Return the text, or the template that takes its place; Twilio takes no both.

    Source: twilio.com/docs/content/send-templates-created-with-the-content-template-builder.
    """
    if letter.content is None:
        return {"body": letter.text}
    variables = orjson.dumps(letter.content.variables).decode() if letter.content.variables else ""
    return {"content_sid": letter.content.template, "content_variables": variables}


def _ours(error: TwilioException) -> MaitredError:
    """Map an exception of the library; its text quotes the number, so only codes are kept."""
    status = getattr(error, "status", None)
    if not isinstance(status, int):
        return Permanent(f"{PEER}'s client refused the call", code="bad_call")
    number = getattr(error, "code", None)
    return error_of(status, number if isinstance(number, int) else None)
