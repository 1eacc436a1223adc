"""SMS, MMS, WhatsApp and RCS through Twilio: signed webhooks in, REST API out, media both ways."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import ClassVar, Final

import aiohttp
import msgspec
from aiohttp import web

from maitred.connectors.media import Source, fetch
from maitred.connectors.port import Capabilities, Context, Route
from maitred.connectors.sms.codes import PEER
from maitred.connectors.sms.compose import (
    MESSENGER_FILE_BYTES_MAX,
    MMS_FILES_MAX,
    WINDOWS,
    compose,
)
from maitred.connectors.sms.door import Door, Proven, Refused
from maitred.connectors.sms.media import MediaDoor
from maitred.connectors.sms.receive import inbound_of, is_report
from maitred.connectors.sms.sender import TwilioSender
from maitred.connectors.sms.settings import SmsSettings, check
from maitred.connectors.sms.status import STATUS_PATH, outbound_of, report_of, status_address
from maitred.contracts.errors import Permanent, Retryable
from maitred.contracts.message import Attachment
from maitred.contracts.outbound import DeliveryState, Outbound, Sent
from maitred.contracts.segments import BODY_CHARACTERS_MAX

SEND_TIMEOUT_S: Final = 15.0
_API_HOSTS: Final = re.compile(r"api(?:\.[a-z0-9-]{1,63}){0,2}\.twilio\.com")
"""Twilio's API, also by edge and region (twilio.com/docs/global-infrastructure)."""
NO_REPLY: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""TwiML that tells Twilio to do nothing."""


class SmsConnector:
    """The channel `sms`; `POST /v1/webhooks/twilio/{account}` is its door."""

    channel: ClassVar[str] = "sms"
    settings_type: ClassVar[type[msgspec.Struct]] = SmsSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        threads=False,
        text_characters_max=BODY_CHARACTERS_MAX,
        resend_is_safe=False,
        files_max=MMS_FILES_MAX,
        file_bytes_max=MESSENGER_FILE_BYTES_MAX,
        reports=frozenset(
            {DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED}
        ),
        windows=WINDOWS,
    )

    def __init__(self, settings: SmsSettings, context: Context) -> None:
        """Check the settings.

        Raises:
            ConfigurationError: an account lacks its SID or token, or an address is no URL.
        """
        check(settings)
        self._context = context
        self._accounts = settings.accounts
        self._door = Door(settings.accounts, context)
        self._media = MediaDoor(settings.accounts, context)
        self._session: aiohttp.ClientSession | None = None
        self._senders: dict[str, TwilioSender] = {}

    def routes(self) -> Sequence[Route]:
        """Return the routes of messages, of reports, and of files that go out."""
        return (
            Route("POST", "/v1/webhooks/twilio/{account}", self._receive),
            Route("POST", STATUS_PATH, self._hear),
            *self._media.routes(),
        )

    async def start(self) -> None:
        """Open the session over which replies are sent.

        Each call has a connection of its own: one that is kept may be closed by the other side
        just when a call is under way, and then nobody knows whether it was taken.
        """
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True), cookie_jar=aiohttp.DummyCookieJar()
        )
        self._senders = {
            name: TwilioSender(
                self._session,
                account_sid=account.account_sid,
                auth_token=account.tokens()[0],
                timeout_s=SEND_TIMEOUT_S,
                clock=self._context.clock,
                api_url=account.api_url,
            )
            for name, account in self._accounts.items()
        }

    async def stop(self) -> None:
        """Close the session; a send that is under way fails as unknown."""
        self._senders = {}
        if self._session is not None:
            await self._session.close()

    async def send(self, outbound: Outbound) -> Sent:
        """Send one reply, from the number that the customer wrote to.

        Twilio is told where to report of it, if it can reach us at all.

        Raises:
            Throttled, Retryable, OutcomeUnknown, Permanent: as `TwilioSender.send`.
            Permanent: also as `compose` and `MediaDoor.address`, or there is no such account
                (`unknown_account`).
        """
        name = outbound.to.account
        account = self._accounts.get(name)
        if account is None:
            raise Permanent("no such SMS account", code="unknown_account")
        sender = self._senders.get(name)
        if sender is None:
            raise Retryable("the SMS channel is not running")
        letter = compose(outbound, account, self._context.clock())
        base = self._door.base(name)
        provider_id = await sender.send(
            letter,
            media=[self._media.address(base, name, each) for each in outbound.files],
            status_callback=status_address(base, name, outbound.id) if base else "",
        )
        # Only in a messenger can the customer choose which message he answers.
        threads = (provider_id,) if letter.in_messenger else ()
        return Sent(provider_id=provider_id, thread_ids=threads, segments=letter.segments)

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
            authorization=aiohttp.encode_basic_auth(known.account_sid, known.tokens()[0]),
            hosts=_API_HOSTS,
            clock=self._context.clock,
            stand_in=known.api_url,
        )
        return await fetch(attachment.remote, source)

    async def _receive(self, request: web.Request) -> web.Response:
        return await self._door.answer(request, self._take)

    async def _hear(self, request: web.Request) -> web.Response:
        return await self._door.answer(request, self._note)

    async def _take(self, request: web.Request, proven: Proven) -> web.Response:
        if is_report(proven):
            # About some message of ours that was not sent by us, so nobody waits for it.
            return web.Response(status=HTTPStatus.NO_CONTENT)
        inbound = inbound_of(self._context, self.channel, request, proven)
        await self._context.accept(inbound, proven.body)
        return web.Response(text=NO_REPLY, content_type="text/xml")

    async def _note(self, request: web.Request, proven: Proven) -> web.Response:
        outbound = outbound_of(request.match_info["outbound"])
        if outbound is None:
            raise Refused(HTTPStatus.NOT_FOUND, "unknown_reply")
        report = report_of(
            proven.form,
            outbound,
            channel=self.channel,
            account=proven.account,
            now=self._context.clock(),
        )
        if report is not None:
            await self._context.report(report)
        return web.Response(status=HTTPStatus.NO_CONTENT)
