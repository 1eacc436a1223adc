"""SMS, MMS and WhatsApp through Twilio: signed webhooks in, REST API out, media on demand.

Twilio's page on webhooks: https://www.twilio.com/docs/usage/webhooks/messaging-webhooks, and on
their signature: https://www.twilio.com/docs/usage/security#validating-requests.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import ClassVar, Final
from urllib.parse import parse_qsl

import aiohttp
import msgspec
from aiohttp import web
from multidict import MultiDict
from twilio.request_validator import (  # type: ignore[import-untyped]  # the wheel has no types
    RequestValidator,
)

from maitred.connectors.media import Source, fetch
from maitred.connectors.port import Capabilities, Context, Route
from maitred.connectors.sms.sender import PEER, TwilioSender
from maitred.contracts.errors import (
    BadPayload,
    ConfigurationError,
    Permanent,
    Retryable,
    StoreUnavailable,
)
from maitred.contracts.identifiers import text_identifier, text_sender
from maitred.contracts.inbound import Evidence, Inbound, Verification
from maitred.contracts.limits import WEBHOOK_BYTES_MAX
from maitred.contracts.message import Attachment
from maitred.contracts.outbound import Outbound, Sent
from maitred.contracts.secret import Secret

SEND_TIMEOUT_S: Final = 15.0
BODY_TIMEOUT_S: Final = 10.0
"""How long a request may take to bring its body; Twilio gives up after 15 s itself."""
RETRY_AFTER_S: Final = 2
TEXT_CHARACTERS_MAX: Final = 1_600
"""Twilio error 21617: the `Body` parameter of a message is limited to 1,600 characters."""
FORM_FIELDS_MAX: Final = 200
ID_CHARACTERS_MAX: Final = 255
NAME_CHARACTERS_MAX: Final = 200
ADDRESS_CHARACTERS_MAX: Final = 320
FORM: Final = "application/x-www-form-urlencoded"
_API_HOSTS: Final = re.compile(r"api(?:\.[a-z0-9-]{1,63}){0,2}\.twilio\.com")
"""Twilio's API, also by edge and region (twilio.com/docs/global-infrastructure)."""
_MESSENGER: Final = re.compile(r"(whatsapp|messenger|rcs):")
"""What stands before the id of a channel that is no telephone's own."""
_REGION: Final = re.compile(r"[A-Z]{2}")
NO_REPLY: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""TwiML that tells Twilio to do nothing."""


class SmsAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Twilio account.

    `numbers` are ours. A reply comes from the number that the customer wrote to; where that is
    not known, from `from_number`, else through `messaging_service_sid`, else from the first of
    `numbers`. `public_url` is the base of the address that Twilio calls, and therefore signs,
    when it is not the gateway's own. `api_url` stands in for https://api.twilio.com.
    """

    account_sid: str
    auth_token: Secret
    numbers: tuple[str, ...] = ()
    from_number: str = ""
    messaging_service_sid: str = ""
    public_url: str = ""
    api_url: str = ""


class SmsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Twilio accounts by the name that stands in their webhook's path."""

    accounts: dict[str, SmsAccount] = {}


class _RefusedError(Exception):
    """What we answer instead of 200, and the word under which it is counted."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class SmsConnector:
    """The channel `sms`; `POST /v1/webhooks/twilio/{account}` is its door."""

    channel: ClassVar[str] = "sms"
    settings_type: ClassVar[type[msgspec.Struct]] = SmsSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        threads=False, text_characters_max=TEXT_CHARACTERS_MAX, resend_is_safe=False
    )

    def __init__(self, settings: SmsSettings, context: Context) -> None:
        """Check the settings.

        Raises:
            ConfigurationError: an account lacks its SID or token, or an address is no URL.
        """
        faults = [
            f"channels.sms.accounts.{name}.{fault}"
            for name, account in settings.accounts.items()
            for fault in _faults(account)
        ]
        if faults:
            raise ConfigurationError(*faults)
        self._context = context
        self._accounts = settings.accounts
        self._validators = {
            name: RequestValidator(account.auth_token.reveal())
            for name, account in settings.accounts.items()
        }
        self._session: aiohttp.ClientSession | None = None
        self._senders: dict[str, TwilioSender] = {}

    def routes(self) -> Sequence[Route]:
        """Return the webhook's route."""
        return (Route("POST", "/v1/webhooks/twilio/{account}", self._receive),)

    async def start(self) -> None:
        """Open the session over which replies are sent."""
        self._session = aiohttp.ClientSession()
        self._senders = {
            name: TwilioSender(
                self._session,
                account_sid=account.account_sid,
                auth_token=account.auth_token.reveal(),
                timeout_s=SEND_TIMEOUT_S,
                api_url=account.api_url,
            )
            for name, account in self._accounts.items()
        }

    async def stop(self) -> None:
        """Close the session; a send that is under way fails as retryable."""
        self._senders = {}
        if self._session is not None:
            await self._session.close()

    async def send(self, outbound: Outbound) -> Sent:
        """Send one reply, from the number that the customer wrote to.

        `outbound.to.extra["from"]` is that number in Twilio's notation; when it begins with
        `whatsapp:` or another messenger's prefix, the reply goes to that messenger as well.

        Raises:
            Throttled, Retryable: as `TwilioSender.send`.
            Permanent: as there, or the text is empty or too long, nobody is there to send it, or
                nobody there can be written to (`no_way_back`).
        """
        account = self._accounts.get(outbound.to.account)
        if account is None:
            raise Permanent("no such SMS account", code="unknown_account")
        if not self._senders:
            raise Retryable("the SMS channel is not running")
        if not outbound.text.strip():
            raise Permanent("an SMS needs a text", code="empty_text")
        if len(outbound.text) > TEXT_CHARACTERS_MAX:
            raise Permanent("the text is longer than Twilio takes", code="text_too_long")
        sender = outbound.to.extra.get("from", "") or account.from_number
        if not sender and not account.messaging_service_sid:
            sender = next(iter(account.numbers), "")
        if not sender and not account.messaging_service_sid:
            raise Permanent("no number to send from", code="no_sender")
        to = outbound.to.endpoint.value
        if not text_sender(to)[0].can_be_answered:
            raise Permanent("a name or a withheld number takes no answer", code="no_way_back")
        messenger = _MESSENGER.match(sender)
        sent = await self._senders[outbound.to.account].send(
            to=messenger[0] + to if messenger and not _MESSENGER.match(to) else to,
            text=outbound.text,
            sender=sender,
            messaging_service_sid=account.messaging_service_sid,
        )
        # Only in a messenger can the customer choose which message he answers.
        return msgspec.structs.replace(sent, thread_ids=(sent.provider_id,)) if messenger else sent

    async def fetch(self, account: str, attachment: Attachment) -> bytes:
        """Return a medium of a message from Twilio, or from where Twilio keeps it.

        Raises:
            Throttled, Retryable: as `maitred.connectors.media.fetch`.
            Permanent: as there, or the account is not configured (`unknown_account`).
        """
        known = self._accounts.get(account)
        if known is None:
            raise Permanent("no such SMS account", code="unknown_account")
        source = Source(
            peer=PEER,
            authorization=aiohttp.encode_basic_auth(known.account_sid, known.auth_token.reveal()),
            hosts=_API_HOSTS,
            stand_in=known.api_url,
        )
        return await fetch(attachment.remote, source)

    async def _receive(self, request: web.Request) -> web.Response:
        name = request.match_info["account"]
        if name not in self._accounts:
            self._context.refused("unknown", "unknown_account")
            return web.Response(status=HTTPStatus.NOT_FOUND)
        try:
            body, form = await self._proven(name, request)
            if "MessageStatus" in form and "Body" not in form:
                # A report about a message of ours, not a message.
                return web.Response(status=HTTPStatus.NO_CONTENT)
            await self._context.accept(self._inbound(name, request, form), body)
        except _RefusedError as refused:
            self._context.refused(name, refused.reason)
            return web.Response(status=refused.status)
        except StoreUnavailable:
            self._context.refused(name, "store_unavailable")
            return web.Response(
                status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": str(RETRY_AFTER_S)}
            )
        except Permanent as error:
            self._context.refused(name, error.code)
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        return web.Response(text=NO_REPLY, content_type="text/xml")

    async def _proven(self, name: str, request: web.Request) -> tuple[bytes, MultiDict[str]]:
        """Return the body as received and as a form, once the signature over it is proven."""
        if request.content_type != FORM:
            raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content_type")
        body = await _read(request)
        try:
            form = MultiDict(
                parse_qsl(
                    body.decode(),
                    keep_blank_values=True,
                    strict_parsing=True,
                    errors="strict",
                    max_num_fields=FORM_FIELDS_MAX,
                )
            )
        except ValueError:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "malformed_form") from None
        signature = request.headers.get("X-Twilio-Signature", "")
        try:
            signed = self._validators[name].validate(self._url(name, request), form, signature)
        except ValueError:
            # A Host header that is no host makes no URL that Twilio could have signed.
            signed = False
        if not signed:
            raise _RefusedError(HTTPStatus.FORBIDDEN, "bad_signature")
        if form.get("AccountSid") != self._accounts[name].account_sid:
            raise _RefusedError(HTTPStatus.FORBIDDEN, "other_account_sid")
        return body, form

    def _url(self, name: str, request: web.Request) -> str:
        """Return the address as Twilio called it: path and query exactly as they came."""
        base = self._accounts[name].public_url or self._context.public_url
        base = base or f"{request.scheme}://{request.host}"
        return base.rstrip("/") + request.raw_path

    def _inbound(self, name: str, request: web.Request, form: MultiDict[str]) -> Inbound:
        provider_id = form.get("MessageSid") or form.get("SmsSid") or ""
        if not provider_id or len(provider_id) > ID_CHARACTERS_MAX:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "no_message_id")
        origin = form.get("From", "")
        country = form.get("FromCountry", "")
        try:
            sender = text_identifier(
                origin,
                region=country if _REGION.fullmatch(country) else None,
                unique=provider_id,
            )
        except BadPayload:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "no_sender") from None
        facts = {}
        if token := _header(request, "I-Twilio-Idempotency-Token"):
            facts["idempotency_token"] = token
        if messenger := _MESSENGER.match(origin):
            facts["provider_channel"] = messenger[1]
        to = form.get("To", "")[:ADDRESS_CHARACTERS_MAX]
        return self._context.inbound(
            channel=self.channel,
            account=name,
            provider_id=provider_id,
            sender=sender,
            content_type=_header(request, "Content-Type"),
            recipients=(to,) if to else (),
            evidence=Evidence(
                verification=Verification.SIGNATURE,
                facts=facts,
                name=form.get("ProfileName", "")[:NAME_CHARACTERS_MAX],
            ),
        )


def _faults(account: SmsAccount) -> list[str]:
    """Return what is wrong with an account, each fault beginning with the setting's name."""
    faults = []
    if not account.account_sid:
        faults.append("account_sid: write the account's SID, which begins with AC")
    if not account.auth_token.reveal():
        faults.append("auth_token: write the account's auth token, as env:NAME or file:PATH")
    faults.extend(
        f"{field}: write an address that begins with https:// (or http:// for tests)"
        for field, url in (("public_url", account.public_url), ("api_url", account.api_url))
        if url and not url.startswith(("https://", "http://"))
    )
    return faults


def _header(request: web.Request, name: str) -> str:
    """Return a header for the record: bounded, and of characters that every encoder takes."""
    value = request.headers.get(name, "")[:ID_CHARACTERS_MAX]
    return value.encode("ascii", "replace").decode("ascii")


async def _read(request: web.Request) -> bytes:
    """Read a body within the bounds of a webhook, whatever the application's own bound is."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.clone(client_max_size=WEBHOOK_BYTES_MAX).read()
    except web.HTTPRequestEntityTooLarge:
        raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large") from None
    except TimeoutError:
        raise _RefusedError(HTTPStatus.REQUEST_TIMEOUT, "slow_body") from None
