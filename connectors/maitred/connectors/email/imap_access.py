"""The way into a mailbox: STARTTLS (RFC 3501, section 6.2.1), and access tokens by SASL.

aioimaplib offers neither as they are needed, but lets its protocol be spoken to.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Final

from aioimaplib import aioimaplib  # type: ignore[import-untyped]

from maitred.connectors.email.access_tokens import AccessTokens
from maitred.connectors.email.sasl import Saying, mechanism_of, saying
from maitred.contracts.errors import Retryable

COMMAND_S: Final = 30.0


class ImapFailed(Retryable):
    """The server refused something; `reason` is a short stable word for what."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"IMAP: {reason}")
        self.reason = reason


class _Authenticate(aioimaplib.Command):  # type: ignore[misc]  # the library is untyped
    """Shows a token: at once where the server allows that (`SASL-IR`, RFC 4959), else when asked.

    Any other challenge is a refusal, and the verdict is asked for. Subclassed since aioimaplib
    takes the answer to a challenge from nowhere else, and waits.
    """

    def __init__(
        self, tag: str, said: Saying, transport: asyncio.WriteTransport, *, at_once: bool
    ) -> None:
        first = said.first.decode()
        super().__init__("AUTHENTICATE", tag, said.mechanism, *((first,) if at_once else ()))
        self._answers = [said.last] if at_once else [said.first, said.last]
        self._transport = transport

    def append_to_resp(self, line: bytes, result: str = "Pending") -> None:
        super().append_to_resp(line, result)
        if line.startswith(b"+") and self._answers:
            self._transport.write(self._answers.pop(0) + b"\r\n")


async def secure(protocol: Any, tls: ssl.SSLContext, host: str) -> None:  # noqa: ANN401  (the library is untyped)
    """Put TLS under a connection that has greeted us.

    Raises:
        ImapFailed: `imap_starttls`, the server will not have it.
        OSError, TimeoutError: its certificate is not good, or it is lost.
    """
    # Who greets with PREAUTH allows no STARTTLS any more, and would be read in the clear.
    if protocol.state != aioimaplib.NONAUTH:
        raise ImapFailed("imap_starttls")
    async with asyncio.timeout(COMMAND_S):
        answer = await protocol.execute(aioimaplib.Command("STARTTLS", protocol.new_tag()))
        # What came along in the clear, anybody may have written.
        if answer.result != "OK" or protocol.incomplete_line:
            raise ImapFailed("imap_starttls")
        protocol.transport = await asyncio.get_running_loop().start_tls(
            protocol.transport, protocol, tls, server_hostname=host
        )
    await learn_capabilities(protocol)


async def show_token(
    protocol: Any,  # noqa: ANN401  (the library is untyped)
    user: str,
    tokens: AccessTokens,
    place: tuple[str, int],
) -> None:
    """Log in with an access token, and once more with a new one if the first is not taken.

    Raises:
        ImapFailed: `imap_no_oauth`, the server takes none; `imap_login`, not this one.
        TokenFailed: there is none to be had.
        StoreUnavailable: the store does not answer.
    """
    mechanism = mechanism_of(each.removeprefix("AUTH=") for each in protocol.capabilities)
    if not mechanism:
        raise ImapFailed("imap_no_oauth")
    at_once = "SASL-IR" in protocol.capabilities
    for _ in range(2):
        token = await tokens.get()
        said = saying(mechanism, user, token, place)
        tag, transport = protocol.new_tag(), protocol.transport
        async with asyncio.timeout(COMMAND_S):
            answer = await protocol.execute(_Authenticate(tag, said, transport, at_once=at_once))
        if answer.result == "OK":
            protocol.state = aioimaplib.AUTH
            await learn_capabilities(protocol)
            return
        tokens.refused(token)
    raise ImapFailed("imap_login")


async def learn_capabilities(protocol: Any) -> None:  # noqa: ANN401  (the library is untyped)
    """Ask what the server can do: many say so only once we are in, or under TLS."""
    protocol.capabilities = set()
    async with asyncio.timeout(COMMAND_S):
        await protocol.capability()
