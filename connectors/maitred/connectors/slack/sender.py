"""Sending: replies as posts in their threads, with their files, and edits of them.

Source: https://docs.slack.dev/reference/methods/chat.postMessage and .../chat.update. A reply with
files is two posts, the text and then the files: only a post of its own can be found again, changed
and answered to.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Any, Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from maitred.connectors.port import Context
from maitred.connectors.slack import finding, web
from maitred.connectors.slack.files import Uploads
from maitred.connectors.slack.finding import Spot
from maitred.connectors.slack.settings import SlackAccount
from maitred.connectors.slack.workspaces import Workspaces
from maitred.contracts.errors import OutcomeUnknown, Permanent, Unreachable
from maitred.contracts.ids import OutboundId
from maitred.contracts.outbound import Outbound, OutboundKind, Sent

TEXT_CHARACTERS_MAX: Final = 40_000
"""Slack cuts longer texts: https://docs.slack.dev/changelog/2018-truncating-really-long-messages"""
NAME_CHARACTERS_MAX: Final = 80
REMEMBERED_MAX: Final = 1_000
"""Replies whose files are still to follow their text."""
_NO_LOGIN: Final = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
)
"""What Slack says of a token (https://docs.slack.dev/reference/methods/chat.postMessage#errors)."""
_POST: Final = re.compile(r"([A-Z0-9]{1,40}):([0-9]{1,11}\.[0-9]{6})")


class Sender:
    """Sends the replies of one account; `session` carries files."""

    def __init__(
        self,
        account: SlackAccount,
        context: Context,
        workspaces: Workspaces,
        session: aiohttp.ClientSession,
    ) -> None:
        self._account = account
        self._context = context
        self._workspaces = workspaces
        self._session = session
        self._posted: OrderedDict[OutboundId, str] = OrderedDict()

    async def send(self, outbound: Outbound) -> Sent:
        """Send one reply, or an edit; `outbound.to` says in which channel and thread.

        The thread ids of the answer are those under which events of the workspace refer to the
        reply and to its thread.

        Raises:
            Throttled: Slack asks to wait.
            Retryable: it was not sent, or in part, and the rest follows when it is sent again.
            OutcomeUnknown: Slack did not say.
            Unreachable: Slack does not take the token that the settings have.
            Permanent: Slack refused it, with Slack's own word as code; or the text is empty, or
                longer than Slack keeps whole; or the reply names no channel; or its workspace has
                taken the app away (`not_installed`).
        """
        spot = self._spot(outbound)
        text = _checked(outbound)
        organisation = outbound.to.extra.get("organisation", "")
        client = await self._workspaces.client(spot.team, organisation)
        try:
            if outbound.kind is OutboundKind.EDIT:
                return await self._edit(client, outbound, text, spot)
            return await self._reply(client, outbound, text, spot)
        except Permanent as error:
            # What Slack says of a token may be news: it is looked up again.
            self._workspaces.forget(organisation or spot.team)
            if error.code in _NO_LOGIN and not self._account.is_installed_by_others:
                # The token of the settings is ours to put right; what others gave may be gone.
                raise Unreachable(f"Slack refused our token with {error.code}") from None
            raise

    async def find(self, outbound: Outbound, since: int) -> Sent | None:
        """Return what a reply was sent as that was handed over at `since`; None if it was not.

        An edit may be made again. Files bear no mark, so where they follow a text only the text is
        known, and is not posted again; where there is no text, nothing is.

        Raises:
            Throttled, Retryable, Permanent: as `finding.posted`.
            OutcomeUnknown: as `finding.posted`; or the files may have been shown.
        """
        if outbound.kind is OutboundKind.EDIT:
            return None
        if not outbound.text.strip():
            raise OutcomeUnknown("files alone cannot be found")
        spot = self._spot(outbound)
        organisation = outbound.to.extra.get("organisation", "")
        client = await self._workspaces.client(spot.team, organisation)
        ts = await finding.posted(client, outbound.id, spot, since, self._context.clock)
        if ts and outbound.files:
            _keep(self._posted, outbound.id, ts)
            raise OutcomeUnknown("the text is there, the files may be")
        return _sent(spot, ts) if ts else None

    async def _reply(
        self, client: AsyncWebClient, outbound: Outbound, text: str, spot: Spot
    ) -> Sent:
        uploads = Uploads(
            client, self._session, self._context.clock, stand_in=self._account.api_url
        )
        ids = await uploads.put(outbound.files, self._context.files)
        ts = await self._text(client, outbound, text, spot) if text else ""
        if ids:
            _keep(self._posted, outbound.id, ts)
            await uploads.share(ids, spot, self._persona(outbound))
            self._posted.pop(outbound.id, None)
        return _sent(spot, ts or str(ids[0]["id"]))

    async def _text(self, client: AsyncWebClient, outbound: Outbound, text: str, spot: Spot) -> str:
        """Return the time stamp of the reply's post, which is made once."""
        if ts := self._posted.get(outbound.id):
            return ts
        answer = await web.do(
            client.chat_postMessage(
                channel=spot.channel,
                text=text,
                thread_ts=spot.thread or None,
                metadata=finding.metadata(outbound.id),
                **self._persona(outbound),
            ),
            self._context.clock,
        )
        said = answer.get("ts")
        if not isinstance(said, str) or not said:
            raise OutcomeUnknown(f"{web.PEER} did not name the post")
        return said

    async def _edit(
        self, client: AsyncWebClient, outbound: Outbound, text: str, spot: Spot
    ) -> Sent:
        """Put a text in place of an earlier one; doing so twice is the same as once."""
        post = _POST.fullmatch(outbound.target_provider_id)
        if post is None or outbound.target is None:
            raise Permanent("the post to change is not known", code="unknown_target")
        await web.ask(
            client.chat_update(
                channel=post[1],
                ts=post[2],
                text=text,
                metadata=finding.metadata(outbound.target),
            ),
            self._context.clock,
        )
        return _sent(Spot(spot.team, post[1], spot.thread), post[2])

    def _persona(self, outbound: Outbound) -> dict[str, Any]:
        """Return whom a post shows as its author; the scope is `chat:write.customize`."""
        if not self._account.agent_names or not outbound.agent_name:
            return {}
        name = {"username": outbound.agent_name[:NAME_CHARACTERS_MAX]}
        if outbound.agent_picture.startswith("https://"):
            return {**name, "icon_url": outbound.agent_picture}
        return name

    def _spot(self, outbound: Outbound) -> Spot:
        extra = outbound.to.extra
        channel = extra.get("channel", "")
        if not channel:
            raise Permanent("a Slack reply needs a channel", code="no_channel")
        return Spot(extra.get("team") or self._account.team_id, channel, outbound.to.thread)


def escape(text: str) -> str:
    """Escape the three characters that mrkdwn gives a meaning, mentions and links among them.

    Source: https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _checked(outbound: Outbound) -> str:
    """Return the text as Slack wants it.

    Raises:
        Permanent: there is nothing to send, or more than Slack keeps.
    """
    text = escape(outbound.text)
    if not text.strip():
        if outbound.files and outbound.kind is not OutboundKind.EDIT:
            return ""
        raise Permanent("a Slack reply needs a text", code="empty_text")
    if len(text) > TEXT_CHARACTERS_MAX:
        raise Permanent("the text is longer than Slack keeps", code="text_too_long")
    return text


def _sent(spot: Spot, ts: str) -> Sent:
    ids = dict.fromkeys(f"{spot.team}:{spot.channel}:{one}" for one in (ts, spot.thread) if one)
    return Sent(provider_id=f"{spot.channel}:{ts}", thread_ids=tuple(ids))


def _keep(kept: OrderedDict[OutboundId, str], name: OutboundId, ts: str) -> None:
    kept[name] = ts
    if len(kept) > REMEMBERED_MAX:
        kept.popitem(last=False)
