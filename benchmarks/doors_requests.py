"""What customers send at each door of a house, ready to go out over a connection."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import orjson

from demo.house import OUR_NUMBER, SIGNING_SECRET, House
from demo.standins.slack_api import signed_slack_request
from demo.standins.twilio_api import signed_twilio_request
from demo.writers import letter
from maitred.connectors.webhook.standard import key_of, signed_headers
from maitred.gateway import clock

WEBHOOK_SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  (of no system)
WEBHOOK: Final = '[channels.webhook.accounts.app]\nsecrets = ["file:webhook-app"]\n'
SLACK_USERS: Final = 50
_TEXT: Final = "Where is my parcel? It was sent on Monday, order {number}."


@dataclass(slots=True)
class Doors:
    """The doors of a house; what is sent is numbered, so that nothing comes twice.

    Of so many senders each writes in one thread of his own, again and again.
    """

    house: House
    chat: str = "/v1/chat/shop"
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def http(self) -> int:
        """The port of the webhooks and the chat."""
        return self.house.ports.http

    @property
    def smtp(self) -> int:
        """The port of the mails."""
        return self.house.ports.smtp

    @property
    def webhooks(self) -> Mapping[str, Callable[[int, int], bytes]]:
        """What makes a request of a number from a sender, by door."""
        return {"twilio": self._twilio, "slack": self._slack, "webhook": self._webhook}

    def requests(self, door: str, count: int, *, senders: int = 10_000_000) -> list[bytes]:
        """Return signed requests as raw HTTP; they are good for five minutes."""
        make = self.webhooks[door]
        return [make(number, number % senders) for number in self._next(count)]

    def mails(self, count: int, *, senders: int = 10_000_000) -> list[bytes]:
        """Return mails as they go over the line."""
        return [
            letter(
                sender=f"kim{number % senders}@mail.example",
                text=_TEXT.format(number=number),
                message_id=f"{number}@mail.example",
                in_reply_to=f"<first-{number % senders}@mail.example>",
            )
            for number in self._next(count)
        ]

    def _next(self, count: int) -> Iterator[int]:
        return itertools.islice(self._numbers, count)

    def _twilio(self, number: int, sender: int) -> bytes:
        path, twilio = "/v1/webhooks/twilio/main", self.house.twilio
        form = {
            "MessageSid": f"SM{number:032x}",
            "AccountSid": twilio.account_sid,
            "From": f"+1555{sender:07d}",
            "To": OUR_NUMBER,
            "Body": _TEXT.format(number=number),
            "NumMedia": "0",
        }
        url = f"{self.house.http}{path}"
        signed = signed_twilio_request(twilio.auth_token, url, form)
        return self._post(path, urlencode(form).encode(), signed)

    def _slack(self, number: int, sender: int) -> bytes:
        ts = f"{1_700_000_000 + number}.000100"
        event = {
            "type": "message",
            "user": f"U{sender % SLACK_USERS:06d}",
            "text": _TEXT.format(number=number),
            "ts": ts,
            "thread_ts": f"{1_600_000_000 + sender}.000100",
            "channel": f"D{sender:08d}",
            "channel_type": "im",
            "team": self.house.slack.team_id,
        }
        body = orjson.dumps(
            {
                "type": "event_callback",
                "team_id": self.house.slack.team_id,
                "api_app_id": "A0DEMO",
                "event_id": f"Ev{number:010d}",
                "event_time": 1_700_000_000 + number,
                "event": event,
            }
        )
        signed = signed_slack_request(SIGNING_SECRET, body, int(time.time()))  # noqa: TID251  (Slack's stamp)
        return self._post("/v1/webhooks/slack/main", body, signed)

    def _webhook(self, number: int, sender: int) -> bytes:
        event = {
            "type": "message",
            "sender": {"id": f"user-{sender}"},
            "thread": f"thread-{sender}",
            "text": _TEXT.format(number=number),
        }
        body = orjson.dumps(event)
        key = key_of(WEBHOOK_SECRET)
        headers = signed_headers((key,), f"msg-{number}", clock.now_ms(), body)
        headers["Content-Type"] = "application/json"
        return self._post("/v1/webhooks/generic/app", body, headers)

    def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{self.http}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        return "\r\n".join(lines).encode() + body


def at_bare(requests: list[bytes]) -> list[bytes]:
    """Return the same requests for the handler that does nothing."""
    return [b"POST /bare " + each.split(b" ", 2)[2] for each in requests]
