"""Sending to a system: one signed POST a reply, whose id tells a retry from another reply."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from typing import Final

import aiohttp
import msgspec

from maitred.connectors.public_address import PublicSockets
from maitred.connectors.retry_after import retry_after_ms
from maitred.connectors.webhook.settings import WebhookAccount, keys_of
from maitred.connectors.webhook.standard import signed_headers
from maitred.contracts.errors import OutcomeUnknown, Permanent, Unreachable, error_of_status
from maitred.contracts.webhook import Answer

PEER: Final = "the webhook's receiver"
SEND_TIMEOUT_S: Final = 15.0
"""For one call as a whole; Standard Webhooks recommends 15 to 30 seconds."""
CONNECT_TIMEOUT_S: Final = 5.0


class Receiver:
    """Posts to the address of one account; opened where the channel starts.

    Unless the account allows it, no address inside our network is reached, whatever the name of
    its host resolves to at the moment of connecting.
    """

    def __init__(self, account: WebhookAccount, clock: Callable[[], int]) -> None:
        self._url = account.url
        self._keys = keys_of(account)
        self._clock = clock
        self._guard = None if account.allow_private else PublicSockets()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=self._guard),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=SEND_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        )

    async def close(self) -> None:
        """Close the connections; a call that is under way ends as unknown."""
        await self._session.close()

    async def post(self, answer: Answer) -> None:
        """Post one reply and return once the other side has taken it (2xx).

        Redirects are refused, as Standard Webhooks recommends.

        Raises:
            Throttled: it asks to wait.
            Unreachable: it is not there.
            Retryable: it failed.
            OutcomeUnknown: it was reached and did not answer.
            Permanent: it refused, with the code `http_<status>`; or its address is inside our
                network (`private_address`).
        """
        # As a file, since aiohttp warns of large bodies as bytes; files may come along.
        body = msgspec.json.encode(answer)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "maitred",
            **signed_headers(self._keys, answer.id, self._clock(), body),
        }
        try:
            async with self._session.post(
                self._url, data=BytesIO(body), headers=headers, allow_redirects=False
            ) as response:
                status = response.status
                wait = response.headers.get("Retry-After", "")
        except aiohttp.ConnectionTimeoutError:
            raise Unreachable(f"{PEER} could not be reached in time") from None
        except aiohttp.ClientConnectorError:
            raise self._unreached() from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise OutcomeUnknown(f"{PEER} was reached and did not answer") from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            after = retry_after_ms(wait, self._clock())
            raise error_of_status(status, peer=PEER, retry_after_ms=after)

    def _unreached(self) -> Permanent | Unreachable:
        if self._guard is not None and self._guard.refused:
            self._guard.refused = False
            return Permanent(
                "the address of the webhook leads into a network that is not public",
                code="private_address",
            )
        return Unreachable(f"{PEER} could not be reached")
