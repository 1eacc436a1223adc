"""Webhook: any system is a channel by posting signed JSON, and being posted to.

Requests are signed as Standard Webhooks has it, in both directions (`standard`); what stands in
them is in `maitred.contracts.webhook`, and `docs/webhook.md` describes it with examples.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import ClassVar, Final

import msgspec
from aiohttp import web

from maitred.connectors.body import read_body
from maitred.connectors.media import Source, fetch
from maitred.connectors.port import Capabilities, Context, Route
from maitred.connectors.webhook.send import PEER, Receiver
from maitred.connectors.webhook.settings import (
    LEVELS,
    Trust,
    WebhookAccount,
    WebhookSettings,
    check,
    keys_of,
)
from maitred.connectors.webhook.standard import NotProven, proven_id
from maitred.contracts.errors import Permanent, Retryable, StoreUnavailable
from maitred.contracts.identifiers import (
    Identifier,
    IdentifierKind,
    Level,
    Observed,
    account_identifier,
    email_identifier,
    text_identifier,
)
from maitred.contracts.ids import OutboundId
from maitred.contracts.inbound import Evidence, Inbound, Verification
from maitred.contracts.limits import MIB, REPLY_CHARACTERS_MAX
from maitred.contracts.message import Attachment
from maitred.contracts.outbound import DeliveryState, Outbound, OutboundKind, Report, Sent
from maitred.contracts.webhook import (
    Agent,
    Answer,
    Correction,
    Reply,
    ReplyFile,
    Sender,
    Spoken,
    Status,
    To,
    read,
)

__all__ = ["Trust", "WebhookAccount", "WebhookConnector", "WebhookSettings"]

BODY_TIMEOUT_S: Final = 10.0
"""How long a request may take to bring its body."""
RETRY_AFTER_S: Final = 2
FILES_MAX: Final = 5
FILE_BYTES_MAX: Final = 2 * MIB
_NO_HOST: Final = re.compile(r"(?!)")
"""No host is sent credentials, since there are none."""


class WebhookConnector:
    """The channel `webhook`; `POST /v1/webhooks/generic/{account}` is its door.

    Who receives replies must know them by their id, as Standard Webhooks asks, so sending one
    again is safe.
    """

    channel: ClassVar[str] = "webhook"
    settings_type: ClassVar[type[msgspec.Struct]] = WebhookSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        threads=True,
        text_characters_max=REPLY_CHARACTERS_MAX,
        resend_is_safe=True,
        files_max=FILES_MAX,
        file_bytes_max=FILE_BYTES_MAX,
        edits=True,
        reports=frozenset(
            {DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED}
        ),
    )

    def __init__(self, settings: WebhookSettings, context: Context) -> None:
        """Check the settings.

        Raises:
            ConfigurationError: a secret is none, or an address may not be posted to.
        """
        check(settings)
        self._context = context
        self._accounts = settings.accounts
        self._keys = {name: keys_of(account) for name, account in settings.accounts.items()}
        self._receivers: dict[str, Receiver] = {}

    def routes(self) -> Sequence[Route]:
        """Return the webhook's route."""
        return (Route("POST", "/v1/webhooks/generic/{account}", self._receive),)

    async def start(self) -> None:
        """Open what replies are sent over."""
        self._receivers = {
            name: Receiver(account, self._context.clock)
            for name, account in self._accounts.items()
            if account.url
        }

    async def stop(self) -> None:
        """Close it; a send that is under way ends as unknown."""
        receivers, self._receivers = self._receivers, {}
        for each in receivers.values():
            await each.close()

    async def send(self, outbound: Outbound) -> Sent:
        """Post one reply, or what stands instead of one.

        Raises:
            Throttled, Retryable, OutcomeUnknown, Permanent: as `Receiver.post`.
            Permanent: also if there is no such account (`unknown_account`), it has no address
                (`no_way_back`), or a file is gone.
        """
        name = outbound.to.account
        account = self._accounts.get(name)
        if account is None:
            raise Permanent("no such webhook account", code="unknown_account")
        if not account.url:
            raise Permanent("the account has no address to post to", code="no_way_back")
        receiver = self._receivers.get(name)
        if receiver is None:
            raise Retryable("the webhook channel is not running")
        await receiver.post(await self._answer(outbound))
        threads = (outbound.id, outbound.to.thread)
        return Sent(
            provider_id=outbound.id,
            thread_ids=tuple(f"{name}:{each}" for each in threads if each),
        )

    async def fetch(self, account: str, attachment: Attachment) -> bytes:
        """Return a file that a message named by its address.

        Where private addresses are allowed, those are at the origin of `url` alone: the addresses
        of files may be a customer's word.

        Raises:
            Throttled, Retryable, Permanent: as `maitred.connectors.media.fetch`.
            Permanent: also if the account is not configured (`unknown_account`).
        """
        known = self._accounts.get(account)
        if known is None:
            raise Permanent("no such webhook account", code="unknown_account")
        own = known.url if known.allow_private else ""
        return await fetch(
            attachment.remote,
            Source(PEER, "", _NO_HOST, self._context.clock, own),
        )

    async def _answer(self, outbound: Outbound) -> Answer:
        to = To(id=outbound.to.extra.get("sender", ""))
        agent = Agent(name=outbound.agent_name, picture=outbound.agent_picture)
        if outbound.kind is OutboundKind.EDIT:
            return Correction(
                id=outbound.id,
                target=outbound.target or "",
                to=to,
                agent=agent,
                text=outbound.text,
                thread=outbound.to.thread,
                at=outbound.at,
            )
        files = [
            ReplyFile(
                name=each.name,
                content_type=each.content_type,
                data=await self._context.files(each.blob),
            )
            for each in outbound.files
        ]
        return Reply(
            id=outbound.id,
            to=to,
            agent=agent,
            text=outbound.text,
            subject=outbound.subject,
            thread=outbound.to.thread,
            files=tuple(files),
            at=outbound.at,
        )

    async def _receive(self, request: web.Request) -> web.Response:
        name = request.match_info["account"]
        if name not in self._accounts:
            return self._refuse("unknown", HTTPStatus.NOT_FOUND, "unknown_account")
        if request.content_type != "application/json":
            return self._refuse(name, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content_type")
        try:
            body = await read_body(request, timeout_s=BODY_TIMEOUT_S)
            provider_id = proven_id(self._keys[name], request.headers, body, self._context.clock())
            await self._take(name, provider_id, body)
        except web.HTTPRequestEntityTooLarge:
            return self._refuse(name, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
        except TimeoutError:
            return self._refuse(name, HTTPStatus.REQUEST_TIMEOUT, "slow_body")
        except NotProven as error:
            return self._refuse(name, HTTPStatus.FORBIDDEN, error.reason)
        except StoreUnavailable:
            return self._refuse(name, HTTPStatus.SERVICE_UNAVAILABLE, "store_unavailable")
        except Permanent as error:
            return self._refuse(name, HTTPStatus.BAD_REQUEST, error.code)
        return web.Response(status=HTTPStatus.ACCEPTED)

    def _refuse(self, name: str, status: HTTPStatus, reason: str) -> web.Response:
        self._context.refused(name, reason)
        later = status is HTTPStatus.SERVICE_UNAVAILABLE
        headers = {"Retry-After": str(RETRY_AFTER_S)} if later else {}
        return web.Response(status=status, headers=headers)

    async def _take(self, name: str, provider_id: str, body: bytes) -> None:
        """Have a proven request stored."""
        event = read(body)
        if isinstance(event, Status):
            await self._context.report(self._report(name, event))
        else:
            await self._context.accept(self._inbound(name, provider_id, event), body)

    def _report(self, name: str, status: Status) -> Report:
        now = self._context.clock()
        return Report(
            outbound=OutboundId(status.reply),
            channel=self.channel,
            account=name,
            state=DeliveryState(status.state),
            at=now if status.at is None else min(status.at, now),
            error=status.error,
        )

    def _inbound(self, name: str, provider_id: str, event: Spoken) -> Inbound:
        # The id is the system's own, so its signature proves it, and nobody else has it: the
        # account stands in it.
        own = Identifier(kind=IdentifierKind.CRM, value=f"{name}:{event.sender.id}")
        return self._context.inbound(
            channel=self.channel,
            account=name,
            provider_id=provider_id,
            sender=Observed(identifier=own, level=Level.AUTHENTICATED),
            content_type="application/json",
            evidence=Evidence(
                verification=Verification.SIGNATURE,
                observed=_observed(event.sender, LEVELS[self._accounts[name].trust]),
                name=event.sender.name,
            ),
        )


def _observed(sender: Sender, level: Level) -> tuple[Observed, ...]:
    """Return the addresses that a system names, at the level that its word has.

    Raises:
        BadPayload: one of them is no address.
    """
    found = []
    if sender.account:
        found.append(account_identifier(sender.account))
    if sender.email:
        found.append(email_identifier(sender.email))
    if sender.phone:
        found.append(text_identifier(sender.phone).identifier)
    return tuple(Observed(identifier=each, level=level) for each in found)
