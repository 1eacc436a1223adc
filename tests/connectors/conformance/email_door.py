"""Mail's side: Python's own client at the door, and a smarthost by aiosmtpd behind it."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Mapping, Sequence
from email import message_from_bytes
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from maitred.connectors.email.connector import EmailConnector
from maitred.connectors.email.networks import Encryption
from maitred.connectors.email.settings import EmailAccount, EmailSettings
from maitred.connectors.port import Connector
from maitred.connectors.testing import Answer, Knock, Mood, Received, RecordingContext, Verdict
from maitred.contracts.identifiers import email_identifier
from maitred.contracts.ids import OutboundId
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import MIB
from maitred.contracts.outbound import DeliveryState, Outbound
from maitred.normalizer.email.decoder import decode
from maitred.normalizer.port import DecodeContext

KIM = "kim@home.example"
ACCOUNT = EmailAccount(addresses=("help@shop.example",), from_name="Shop Care")
NO_PROOF = "SMTP proves nobody: what no trusted relay vouches for is stored as a claim"

_BOUNCE = """From: MAILER-DAEMON@home.example
To: {to}
Subject: Delivery status
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; home.example

Final-Recipient: rfc822; kim@home.example
Action: {action}
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

{header}

--b--
"""


class Smarthost:
    """An SMTP server that behaves as it is told."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.envelopes: list[Envelope] = []
        self.mood = Mood.TAKES
        self._server: asyncio.Server | None = None
        self._sessions: list[SMTP] = []
        self.port = 0

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and end what is open."""
        if self._server is None:
            return
        self._server.close()
        for each in self._sessions:
            if each.transport is not None:
                cast("asyncio.WriteTransport", each.transport).abort()
        await self._server.wait_closed()
        self._server = None

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a mail, or not."""
        if self.mood is Mood.SILENT:
            cast("asyncio.WriteTransport", server.transport).abort()
        if self.mood is Mood.FAILS:
            return "451 4.3.0 Try again later"
        if self.mood is Mood.REFUSES:
            return f"550 5.1.1 {envelope.rcpt_tos[0]} is not known here"
        mail = message_from_bytes(envelope.original_content or b"", policy=default)
        self.envelopes.append(envelope)
        body = mail.get_body(("plain",))
        self.received.append(Received("" if body is None else body.get_content().strip()))
        return "250 OK"

    def _session(self) -> SMTP:
        self._sessions.append(
            SMTP(self, hostname="smarthost.example", loop=asyncio.get_running_loop())
        )
        return self._sessions[-1]


class EmailDoor:
    """Brings mail as any server does."""

    channel = "email"
    connector: type[Connector] = EmailConnector
    not_applicable: Mapping[str, str] = {
        "no_auth": NO_PROOF,
        "wrong_auth": NO_PROOF,
        "rotated_secret": NO_PROOF,
        "replay_outside": "a mail is not signed with the time at which it is brought",
        "replay_inside": "as `replay_outside`; `duplicate` shows that the same mail is one message",
        "throttled": "SMTP has no word for how long to wait; 4xx is `failing`",
    }
    private: Sequence[str] = (KIM, "kim@")
    bytes_max = MIB
    replay_window_ms = 0

    def __init__(self) -> None:
        self._smarthost = Smarthost()

    async def open(self, house: RecordingContext) -> Connector:
        self._house = house
        await self._smarthost.start()
        settings = _settings(smarthost=f"127.0.0.1:{self._smarthost.port}")
        self._connector = EmailConnector(settings, house.context)
        await self._connector.start()
        return self._connector

    async def close(self) -> None:
        await self._connector.stop()
        await self._smarthost.stop()

    async def knock(self, knock: Knock) -> Answer:
        to = f"{knock.account or 'help'}@shop.example"
        if knock.raw is not None:
            return await self._bring(to, knock.raw)
        mail = (
            f"From: Kim <{KIM}>\r\nTo: {to}\r\nSubject: Hello\r\n"
            f"Message-ID: <{knock.id}@home.example>\r\n\r\n{knock.text}\r\n"
        )
        return await asyncio.to_thread(self._deliver, to, mail.encode())

    async def stall(self) -> Answer:
        return await self._bring("help@shop.example", b"Subject: half", ends=False)

    def malformed(self) -> Sequence[bytes]:
        head = b"From: <x@home.example>\r\n"
        smuggled = (b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n\0.\r\n", b"\r.\r\n", b"\n.\r")
        return [
            b"",
            b"\0",
            b"\xff\xfe\r\n",
            b"no header at all",
            head + b"\r\n" + b"x" * 5_000,
            head + b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n--\r\n",
            head + b"Content-Type: text/plain; charset=none\r\n\r\n\xff",
            *(head + b"\r\na" + each + b"MAIL FROM:<y@home.example>\r\n" for each in smuggled),
        ]

    def read(self, inbound: Inbound, body: bytes) -> str:
        return decode(inbound, body, 1, DecodeContext(keys=self._house.keys)).message.text

    def faulty(self) -> Mapping[str, Any]:
        return {
            "channels.email.listen": _settings(listen="nowhere"),
            "channels.email.smarthost": _settings(smarthost="relay"),
            "channels.email.trusted_relays": _settings(
                trusted_relays=("everybody",), authserv_id="mx.shop.example"
            ),
        }

    def outbound(self, house: RecordingContext, text: str, *, command: str = "1") -> Outbound:
        return house.outbound(
            email_identifier(KIM),
            text,
            channel="email",
            account="help",
            command=command,
            subject="Re: Hello",
        )

    async def behave(self, mood: Mood) -> None:
        self._smarthost.mood = mood
        if mood is Mood.ABSENT:
            await self._smarthost.stop()

    def received(self) -> Sequence[Received]:
        return self._smarthost.received

    async def report(self, reply: OutboundId, state: DeliveryState) -> Answer:
        """Bounce the mail to whom it names for that (RFC 3464); mail has no other report."""
        envelope = self._smarthost.envelopes[-1]
        header = (envelope.original_content or b"").partition(b"\r\n\r\n")[0].decode()
        actions = {DeliveryState.FAILED: "failed", DeliveryState.DELIVERED: "delivered"}
        to = envelope.mail_from or "help@shop.example"
        bounce = _BOUNCE.format(to=to, action=actions[state], header=header)
        wire = "\r\n".join(bounce.splitlines()).encode()
        return await self._bring(to, wire, sender="")

    def _deliver(self, to: str, mail: bytes) -> Answer:
        try:
            with smtplib.SMTP("127.0.0.1", self._connector.port, "peer.example", 10) as client:
                client.sendmail("bounces@home.example", [to], mail)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, words),) = error.recipients.values()
            return _answer(code, words.decode())
        except smtplib.SMTPResponseException as error:
            return _answer(error.smtp_code, str(error.smtp_error))
        except (smtplib.SMTPServerDisconnected, ConnectionError):
            return Answer(Verdict.BROKEN)
        return Answer(Verdict.TAKEN)

    async def _bring(
        self, to: str, data: bytes, *, ends: bool = True, sender: str = "b@home.example"
    ) -> Answer:
        """Say byte by byte what no library would say."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._connector.port)
        try:
            await reader.readline()
            for command in (b"HELO peer.example", f"MAIL FROM:<{sender}>".encode()):
                writer.write(command + b"\r\n")
                await reader.readline()
            writer.write(b"RCPT TO:<" + to.encode() + b">\r\nDATA\r\n")
            await reader.readline()
            await reader.readline()
            writer.write(data + (b"\r\n.\r\n" if ends else b""))
            line = (await reader.readline()).decode()
        except ConnectionError:
            return Answer(Verdict.BROKEN)
        finally:
            writer.close()
        return _answer(int(line[:3]), line) if line else Answer(Verdict.BROKEN)


def _settings(**fields: Any) -> EmailSettings:
    values = {
        "listen": "127.0.0.1:0",
        "accounts": {"help": ACCOUNT},
        "smarthost_tls": Encryption.NONE,
        "bytes_max": MIB,
        "timeout_s": 1.0,
        **fields,
    }
    return EmailSettings(**values)


def _answer(code: int, words: str) -> Answer:
    """Return the verdict of a reply (RFC 5321, section 4.2.1)."""
    verdicts = {2: Verdict.TAKEN, 4: Verdict.LATER, 5: Verdict.REFUSED}
    return Answer(verdicts.get(code // 100, Verdict.BROKEN), f"{code} {words}")
