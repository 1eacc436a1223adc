"""Customers' pens: one for each door, with the channel's own client."""

from __future__ import annotations

import asyncio
import smtplib
import time
from collections import deque
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson

from demo.house import AUTHSERV_ID, OUR_NUMBER, SIGNING_SECRET, SUPPORT_ADDRESS, House
from demo.standins.slack_api import signed_slack_request
from demo.standins.twilio_api import signed_twilio_request


def letter(  # noqa: PLR0913  (a letter has these)
    *,
    sender: str,
    text: str,
    message_id: str,
    name: str = "",
    subject: str = "",
    recipients: tuple[str, ...] = (SUPPORT_ADDRESS,),
    in_reply_to: str = "",
    authenticated: bool = True,
) -> bytes:
    """Return a mail as the company's edge hands it on, with its DMARC verdict."""
    mail = EmailMessage()
    if authenticated:
        domain = sender.rpartition("@")[2]
        mail["Authentication-Results"] = f"{AUTHSERV_ID}; dmarc=pass header.from={domain}"
    mail["From"] = f"{name} <{sender}>" if name else sender
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = subject or text[:60].replace("\n", " ")
    mail["Message-ID"] = f"<{message_id}>"
    mail["Date"] = formatdate()
    if in_reply_to:
        mail["In-Reply-To"] = in_reply_to
        mail["References"] = in_reply_to
    mail.set_content(text)
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


async def send_mail(
    house: House, *, sender: str, mail: bytes, recipients: tuple[str, ...] = (SUPPORT_ADDRESS,)
) -> None:
    """Hand a mail to the SMTP listener.

    Raises:
        smtplib.SMTPException, OSError: it was not taken.
    """

    def hand_over() -> None:
        with smtplib.SMTP("127.0.0.1", house.ports.smtp, timeout=10) as client:
            client.sendmail(sender, list(recipients), mail)

    await asyncio.to_thread(hand_over)


async def send_sms(
    house: House, session: aiohttp.ClientSession, *, number: str, text: str, sid: str
) -> int:
    """Post a message as Twilio does and return the status."""
    url = f"{house.http}/v1/webhooks/twilio/main"
    form = {
        "MessageSid": sid,
        "AccountSid": house.twilio.account_sid,
        "From": number,
        "To": OUR_NUMBER,
        "Body": text,
        "NumMedia": "0",
    }
    headers = signed_twilio_request(house.twilio.auth_token, url, form)
    async with session.post(url, data=urlencode(form).encode(), headers=headers) as response:
        return response.status


async def send_slack(  # noqa: PLR0913  (an event has these)
    house: House,
    session: aiohttp.ClientSession,
    *,
    user: str,
    text: str,
    ts: str,
    channel: str = "D0DEMO",
    thread_ts: str = "",
    retry: int = 0,
) -> int:
    """Post an event as Slack does and return the status."""
    event: dict[str, Any] = {
        "type": "message",
        "user": user,
        "text": text,
        "ts": ts,
        "channel": channel,
        "channel_type": "im" if channel.startswith("D") else "channel",
        "team": house.slack.team_id,
    }
    if thread_ts:
        event["thread_ts"] = thread_ts
    body = orjson.dumps(
        {
            "type": "event_callback",
            "team_id": house.slack.team_id,
            "api_app_id": "A0DEMO",
            "event_id": f"Ev{ts.replace('.', '')}{channel}",
            "event_time": int(float(ts)),
            "event": event,
        }
    )
    headers = signed_slack_request(SIGNING_SECRET, body, int(time.time()))  # noqa: TID251  (Slack's stamp)
    if retry:
        headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
    url = f"{house.http}/v1/webhooks/slack/main"
    async with session.post(url, data=body, headers=headers) as response:
        return response.status


@dataclass(slots=True)
class Chat:
    """A visitor in the web chat, with what was pushed to him."""

    house: House
    session: aiohttp.ClientSession
    token: str | None = None
    visitor: str = ""
    seen: int = 0
    replies: deque[dict[str, Any]] = field(default_factory=deque)
    socket: aiohttp.ClientWebSocketResponse | None = None
    _acks: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    _reader: asyncio.Task[None] | None = None
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def open(self, identity: str | None = None) -> None:
        """Connect, as a new visitor or by the token of before; `identity` is the site's word."""
        self.socket = await self.session.ws_connect(f"{self.house.http}/v1/chat/shop")
        hello = {"type": "hello", "token": self.token, "after": self.seen}
        await self.socket.send_json(hello if identity is None else hello | {"identity": identity})
        welcome = await self.socket.receive_json(timeout=10)
        self.token, self.visitor = welcome["token"], welcome["visitor"]
        self._reader = asyncio.get_running_loop().create_task(self._read())

    async def say(self, text: str, *, message_id: str, **claims: str) -> dict[str, Any]:
        """Send a message and return its ack (or the error that answers it)."""
        return await self.ask(type="message", id=message_id, text=text, **claims)

    async def ask(self, **frame: str) -> dict[str, Any]:
        """Send a frame that has an id and return what answers it."""
        if self.socket is None:
            raise RuntimeError("not open")
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._acks[frame["id"]] = answer
        await self.socket.send_json(frame)
        return await asyncio.wait_for(answer, 10)

    async def next_reply(self, timeout_s: float = 20.0) -> dict[str, Any]:
        """Return the next reply that was pushed."""
        async with asyncio.timeout(timeout_s), self._came:
            await self._came.wait_for(lambda: bool(self.replies))
            return self.replies.popleft()

    async def close(self) -> None:
        """Hang up."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self.socket is not None:
            await self.socket.close()

    async def _read(self) -> None:
        if self.socket is None:
            return
        async for message in self.socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            frame = orjson.loads(message.data)
            if frame["type"] == "reply":
                self.seen = max(self.seen, frame["seq"])
                async with self._came:
                    self.replies.append(frame)
                    self._came.notify_all()
            elif (waiting := self._acks.pop(frame.get("id", ""), None)) and not waiting.done():
                waiting.set_result(frame)
