"""What the doors read of strangers before anything is stored: fuzzed like the decoders."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any, Final

from maitred.connectors.email.bounces import fate_of
from maitred.connectors.email.headers import authors, verdict
from maitred.connectors.email.imap_client import ImapClient
from maitred.connectors.email.incoming import EmailMailbox, Mailbox
from maitred.connectors.email.marks import FIELD, Marked, Marks
from maitred.connectors.email.networks import Encryption
from maitred.connectors.email.proxy import read_header
from maitred.connectors.email.resolving import LookupFailed, Lookups
from maitred.connectors.email.spf import spf
from maitred.connectors.webhook.standard import NotProven, proven_id, signed_headers
from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import Keys
from maitred.contracts.ids import OutboundId, Tenant

_NOW: Final = 1_700_000_000_000
_RESULTS: Final = frozenset(
    {"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror", "policy"}
)
_MARKS: Final = Marks(Keys(Tenant("fuzz"), b"a secret of some length"), ("main",))
_REPLY: Final = Marked(OutboundId("out_1"), "main", "ann@example.com")
_KEY: Final = b"a key of twenty-four bytes"
_SIGNED: Final = signed_headers([_KEY], "msg_1", _NOW, b"{}")
_SPINS: Final = 50
"""How often the loop turns before what still waits is taken to wait for ever."""


def _spf(data: bytes) -> None:
    """Every line but the first answers a question, the same for the same one."""
    lines = data.decode("latin-1").split("\n")

    def resolve(name: str, kind: str, _: float) -> list[str]:
        answer = lines[sum(f"{name} {kind}".encode()) % len(lines)]
        if answer == "TIMEOUT":
            raise LookupFailed
        return [answer] if answer else []

    said = [
        spf(peer, "ann@example.com", "mx.example.com", Lookups(resolve, lambda: 0, 10_000))
        for peer in ("192.0.2.1", "192.0.2.1", "2001:db8::1")
    ]
    assert _RESULTS.issuperset(said)
    assert said[0] == said[1]


def _verdict(data: bytes) -> None:
    mail = b"Authentication-Results: " + data + b"\r\n\r\n"
    found = verdict(mail, "mx.example.com")
    assert found.facts.keys() <= {"spf", "dkim", "dmarc"}
    assert _RESULTS.issuperset(found.facts.values())
    assert not found.disowned
    assert all(" " not in each.address for each in authors(b"From: " + data + b"\r\n\r\n"))


def _bounce(data: bytes) -> None:
    found = fate_of(data, _MARKS)
    assert found is None or found.reply == _REPLY
    assert found is None or re.fullmatch(r"([245]\.\d{1,3}\.\d{1,3})?", found.status)


def _webhook_headers(data: bytes) -> None:
    lines = data.decode("latin-1").split("\n", 3)
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    headers = dict(zip(names, lines, strict=False))
    body = lines[3].encode("latin-1") if len(lines) > len(names) else b""
    try:
        name = proven_id([_KEY], headers, body, _NOW)
    except NotProven:
        return
    seconds = int(headers["webhook-timestamp"])
    signed = signed_headers([_KEY], name, seconds * 1_000, body)
    assert signed["webhook-signature"] in headers["webhook-signature"]


def _proxy(data: bytes) -> None:
    async def read() -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            theirs.sendall(data[:4_096])
            theirs.shutdown(socket.SHUT_WR)
            with contextlib.suppress(BadPayload, OSError):
                if peer := await read_header(ours):
                    ip_address(peer)

    asyncio.run(read())


class _Line(asyncio.Transport):
    """Answers each command with the next piece of what is fuzzed, and then says that it is done."""

    def __init__(self, protocol: Any, pieces: list[bytes]) -> None:
        super().__init__()
        self._protocol = protocol
        self._pieces = pieces

    def write(self, data: Any) -> None:
        tag = bytes(data).split(b" ")[0]
        piece = self._pieces.pop(0) if self._pieces else b""
        asyncio.get_running_loop().call_soon(self._say, piece + tag + b" OK done\r\n")

    def _say(self, data: bytes) -> None:
        # The loop closes a connection whose protocol fails.
        try:
            self._protocol.data_received(data)
        except Exception as error:  # noqa: BLE001  (as the loop does)
            self._protocol.connection_lost(error)

    def close(self) -> None:
        """Nothing is open."""


def _imap(data: bytes) -> None:
    pieces = data.split(b"\x00")

    async def connect(factory: Callable[[], Any], *_: Any, **__: Any) -> tuple[_Line, Any]:
        protocol = factory()
        line = _Line(protocol, pieces)
        protocol.connection_made(line)
        protocol.data_received(b"* OK ready\r\n")
        return line, protocol

    async def read(client: ImapClient) -> None:
        await client.open()
        await client.login("user", "password")
        selected = await client.select("INBOX")
        assert selected.validity >= 0
        found = await client.search(7, "UNSEEN")
        assert found == sorted(set(found))
        assert all(each > 7 for each in found)
        looked = await client.look(8)
        assert looked is None or looked.size >= 0
        content = await client.read(8, 1_000)
        assert content is None or isinstance(content, bytes)

    async def whole() -> None:
        loop = asyncio.get_running_loop()
        loop.create_connection = connect  # type: ignore[method-assign,assignment]  # no network
        box = EmailMailbox(account="main", host="h:1", user="u", tls=Encryption.NONE)
        client = ImapClient(Mailbox("main", "127.0.0.1", 1, "INBOX", box))
        reading = loop.create_task(read(client))
        for _ in range(_SPINS):
            await asyncio.sleep(0)
        reading.cancel()
        (failed,) = await asyncio.gather(reading, return_exceptions=True)
        await client.close()
        # Whatever the library stumbles over ends the connection; what it gives us has to be sound.
        if isinstance(failed, AssertionError):
            raise failed

    asyncio.run(whole())


DOORS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "spf": _spf,
    "authentication_results": _verdict,
    "bounce": _bounce,
    "webhook_headers": _webhook_headers,
    "proxy": _proxy,
    "imap": _imap,
}
_RETURNED: Final = f"To: ann@example.com\r\n{FIELD}: {_MARKS.of(_REPLY)}\r\n\r\nhi\r\n".encode()
SEEDS: Final[Mapping[str, tuple[bytes, ...]]] = {
    "spf": (
        b"v=spf1 a mx:%{d2}/24//64 include:_spf.%{o} ?exists:%{ir}.%{v}.x.example -all",
        b"v=spf1 ptr ip4:192.0.2.0/24 ip6:2001:db8::/32 redirect=%{l1r+-}.example\n192.0.2.1",
    ),
    "authentication_results": (
        b'mx.example.com; dmarc=pass header.from=example.com; spf=fail (a "c") smtp.mailfrom=x',
        b'"mx.example.com" 1; dkim=pass/2 header.d="example.com"; dmarc=fail; dmarc=pass',
    ),
    "bounce": (
        b"Subject: failure notice\r\n\r\nThis is a permanent error. (#5.1.1)\r\n\r\n" + _RETURNED,
        b"Content-Type: multipart/report; boundary=b\r\n\r\n\r\n--b\r\n\r\nNo.\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        b"Final-Recipient: rfc822; ann@example.com\r\nAction: failed\r\nStatus: 5.0.0\r\n"
        b"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n" + _RETURNED + b"\r\n--b--\r\n",
    ),
    "webhook_headers": ("\n".join([*_SIGNED.values(), "{}"]).encode(),),
    "proxy": (
        b"PROXY TCP4 192.0.2.7 192.0.2.1 4321 25\r\nEHLO x\r\n",
        b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\xc0\x00\x02\x01\x10\xe1\x00\x19EHLO",
        b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00",
    ),
    "imap": (
        (
            b"* CAPABILITY IMAP4rev1 IDLE\r\n\x00\x00* CAPABILITY IMAP4rev1\r\n\x00"
            b"* OK [UIDVALIDITY 3] v\r\n* OK [UIDNEXT 9] n\r\n\x00* SEARCH 5 8 12\r\n\x00"
            b'* 1 FETCH (UID 8 RFC822.SIZE 5 INTERNALDATE " 1-Jul-2024 00:00:00 +0000")\r\n\x00'
            b"* 1 FETCH (UID 8 BODY[]<0> {5}\r\nhello)\r\n"
        ),
    ),
}
