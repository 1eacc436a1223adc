"""Telegram: a bot's webhook in, the Bot API out.

Source: https://core.telegram.org/bots/api#setwebhook for the door, and #making-requests and
#sendmessage for what goes out.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

import aiohttp
import msgspec
from aiohttp import web

from maitred.connectors.port import Capabilities, Context, Route
from maitred.contracts.errors import (
    ConfigurationError,
    OutcomeUnknown,
    Permanent,
    Retryable,
    StoreUnavailable,
    Unreachable,
    error_of_status,
)
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level, Observed
from maitred.contracts.inbound import Evidence, Inbound, Verification
from maitred.contracts.limits import SECOND_MS
from maitred.contracts.outbound import Outbound, Sent
from maitred.contracts.secret import Secret

from .update import Message, Update, read

PEER: Final = "Telegram"
API: Final = "https://api.telegram.org"
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  (the name of a header)
BODY_BYTES_MAX: Final = 256 * 1024
BODY_TIMEOUT_S: Final = 10.0
SEND_TIMEOUT_S: Final = 15.0
ANSWER_BYTES_MAX: Final = 64 * 1024
TEXT_CHARACTERS_MAX: Final = 4_096


class TelegramAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bot; several `secret_tokens` while they are changed. `api_url` stands in for Telegram."""

    bot_token: Secret
    secret_tokens: tuple[Secret, ...]
    api_url: str = API


class TelegramSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[channels.telegram]`: bots by the name that stands in their path."""

    accounts: dict[str, TelegramAccount] = {}


class _Parameters(msgspec.Struct, frozen=True):
    retry_after: int = 0


class _Result(msgspec.Struct, frozen=True):
    message_id: int = 0


class _Answer(msgspec.Struct, frozen=True):
    """What the Bot API answers; what it says in words may quote ours, so it is left behind."""

    ok: bool = False
    result: _Result = _Result()
    parameters: _Parameters = _Parameters()


class TelegramConnector:
    """The channel `telegram`; `POST /v1/webhooks/telegram/{account}` is its door."""

    channel: ClassVar[str] = "telegram"
    settings_type: ClassVar[type[msgspec.Struct]] = TelegramSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        threads=False, text_characters_max=TEXT_CHARACTERS_MAX, resend_is_safe=False
    )

    def __init__(self, settings: TelegramSettings, context: Context) -> None:
        """Check the settings.

        Raises:
            ConfigurationError: a token is missing, or an address is none.
        """
        faults = [
            f"channels.telegram.accounts.{name}.{fault}"
            for name, account in settings.accounts.items()
            for fault in _faults(account)
        ]
        if faults:
            raise ConfigurationError(*faults)
        self._accounts = settings.accounts
        self._context = context
        self._session: aiohttp.ClientSession | None = None

    def routes(self) -> Sequence[Route]:
        """Return the webhook's route."""
        return (Route("POST", "/v1/webhooks/telegram/{account}", self._receive),)

    async def start(self) -> None:
        """Open the session over which replies are sent."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SEND_TIMEOUT_S))

    async def stop(self) -> None:
        """Close it."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(self, outbound: Outbound) -> Sent:
        """Send one reply into the chat that the customer wrote in.

        Raises:
            Throttled, Unreachable, Retryable, OutcomeUnknown, Permanent: as the port has it.
        """
        account = self._accounts.get(outbound.to.account)
        if account is None:
            raise Permanent("no such Telegram account", code="unknown_account")
        if self._session is None:
            raise Retryable("the Telegram channel is not running")
        # The token stands in the address, so no error of the client may go on from here.
        url = f"{account.api_url}/bot{account.bot_token.reveal()}/sendMessage"
        message = {"chat_id": outbound.to.extra.get("chat", ""), "text": outbound.text}
        try:
            async with self._session.post(url, json=message, allow_redirects=False) as response:
                status = response.status
                answer = _answer(await response.content.read(ANSWER_BYTES_MAX))
        except aiohttp.ClientConnectorError:
            raise Unreachable(f"{PEER} could not be reached") from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise OutcomeUnknown(f"{PEER} was reached and did not answer") from None
        if status != web.HTTPOk.status_code:
            wait_ms = max(answer.parameters.retry_after, 0) * SECOND_MS
            raise error_of_status(status, peer=PEER, retry_after_ms=wait_ms)
        if not answer.ok or not answer.result.message_id:
            raise OutcomeUnknown(f"{PEER} gave no readable answer")
        name = f"{message['chat_id']}:{answer.result.message_id}"
        return Sent(provider_id=name, thread_ids=(name,))

    async def _receive(self, request: web.Request) -> web.Response:
        name = request.match_info["account"]
        account = self._accounts.get(name)
        if account is None:
            return self._refuse("unknown", 404, "unknown_account")
        if not _is_proven(account, request.headers.get(SECRET_HEADER, "")):
            return self._refuse(name, 403, "bad_secret")
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                body = await request.clone(client_max_size=BODY_BYTES_MAX).read()
            update = read(body)
            # Whatever else happens in a chat is acknowledged, or Telegram would send it again.
            if (said := update.said) is not None:
                await self._context.accept(self._inbound(name, update, said), body)
        except web.HTTPRequestEntityTooLarge:
            return self._refuse(name, 413, "too_large")
        except TimeoutError:
            return self._refuse(name, 408, "slow_body")
        except StoreUnavailable:
            self._context.refused(name, "store_unavailable")
            return web.Response(status=503, headers={"Retry-After": "2"})
        except Permanent as error:
            return self._refuse(name, 400, error.code)
        return web.Response()

    def _refuse(self, name: str, status: int, reason: str) -> web.Response:
        self._context.refused(name, reason)
        return web.Response(status=status)

    def _inbound(self, name: str, update: Update, said: Message) -> Inbound:
        user = said.sender
        who = Identifier(kind=IdentifierKind.CRM, value=f"telegram:{said.chat.id}")
        return self._context.inbound(
            channel=self.channel,
            account=name,
            provider_id=update.provider_id,
            # In private, the chat is the person's own, and Telegram has proven who that is.
            sender=Observed(identifier=who, level=Level.AUTHENTICATED),
            content_type="application/json",
            evidence=Evidence(
                verification=Verification.SIGNATURE, name=user.first_name[:200] if user else ""
            ),
        )


def _is_proven(account: TelegramAccount, given: str) -> bool:
    """Compare with every token, so that the time it takes tells nothing."""
    matches = [
        hmac.compare_digest(each.reveal().encode(), given.encode("utf-8", "surrogateescape"))
        for each in account.secret_tokens
    ]
    return any(matches)


def _answer(body: bytes) -> _Answer:
    try:
        return msgspec.json.decode(body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _Answer()


def _faults(account: TelegramAccount) -> Iterator[str]:
    if not account.bot_token.reveal():
        yield "bot_token: write the token that @BotFather gave, as env:NAME or file:PATH"
    if not account.secret_tokens or not all(each.reveal() for each in account.secret_tokens):
        yield "secret_tokens: write what setWebhook was given as secret_token, as env:NAME"
    if not account.api_url.startswith(("https://", "http://")):
        yield "api_url: write an address that begins with https:// (or http:// for tests)"
