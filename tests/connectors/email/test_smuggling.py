"""SMTP smuggling (CVE-2023-51764 and its kin): one mail in is one mail, and so is one mail out."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.connectors.email.incoming import EmailListener, Speech
from maitred.connectors.email.letter import compose
from maitred.connectors.email.outgoing import Sender
from maitred.connectors.email.reading import BAD_LINE_END, read_mail
from maitred.connectors.email.sessions import Held, Sessions
from maitred.contracts.inbound import BlobRef
from maitred.contracts.limits import MIB
from maitred.contracts.outbound import OutboundFile
from tests.connectors.conftest import RecordingContext
from tests.connectors.email.certified import Certified
from tests.connectors.email.conftest import Peer
from tests.connectors.email.delivery import Make
from tests.connectors.email.relay import ANN, connect, reply
from tests.connectors.email.scripted import Scripted

FALSE_ENDS = [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n\x00.\r\n", b"\r.\r\n", b"\n.\r"]
ONLY_A_LINE = {b"\r\n\x00.\r\n"}
"""What breaks no rule about lines: it ends no mail, and stays in it."""
SECOND = b"MAIL FROM:<evil@x.example>\r\nRCPT TO:<help@shop.example>\r\nDATA\r\nFrom: boss@x\r\n"
PLACES = {
    "plain": EmailListener(listen="127.0.0.1:0"),
    "starttls": EmailListener(listen="127.0.0.1:0"),
    "implicit": EmailListener(listen="127.0.0.1:0", implicit_tls=True),
    "lmtp": EmailListener(listen="127.0.0.1:0", protocol=Speech.LMTP),
    "lmtp starttls": EmailListener(listen="127.0.0.1:0", protocol=Speech.LMTP),
    "lmtp implicit": EmailListener(listen="127.0.0.1:0", protocol=Speech.LMTP, implicit_tls=True),
}


def smuggling(false_end: bytes) -> bytes:
    return b"Subject: x\r\n\r\nhello" + false_end + SECOND + b"\r\nhi\r\n.\r\n"


async def opened(port: int, kind: str, trusting: ssl.SSLContext) -> Peer:
    """Bring a connection of some kind to where the mail is expected."""
    tls = trusting if kind.endswith("implicit") else None
    peer = Peer(*await asyncio.open_connection("127.0.0.1", port, ssl=tls))
    peer.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    hello = b"LHLO edge.example\r\n" if kind.startswith("lmtp") else b"EHLO peer.example\r\n"
    assert (await peer.answer()).startswith("220")
    offered = await peer.say(hello)
    if kind.endswith("starttls"):
        assert "STARTTLS" in offered
        assert (await peer.say(b"STARTTLS\r\n")).startswith("220")
        await peer.writer.start_tls(trusting, server_hostname="127.0.0.1")
        assert (await peer.say(hello)).startswith("250")
    assert (await peer.say(b"MAIL FROM:<ann@home.example>\r\n")).startswith("250")
    assert (await peer.say(b"RCPT TO:<help@shop.example>\r\n")).startswith("250")
    assert (await peer.say(b"DATA\r\n")).startswith("354")
    return peer


@pytest.mark.parametrize("pieces", ["at once", "byte by byte"])
@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("false_end", FALSE_ENDS, ids=repr)
async def test_a_false_end_never_yields_a_second_mail_at_any_port(
    email: Make, certificate: Certified, false_end: bytes, kind: str, pieces: str
) -> None:
    connector, context = await email(
        listen="",
        listeners=(PLACES[kind],),
        certificate=certificate.chain,
        certificate_key=certificate.key,
    )
    trusting = ssl.create_default_context(cafile=certificate.chain)
    peer = await opened(connector.port, kind, trusting)
    sent = smuggling(false_end)
    size = len(sent) if pieces == "at once" else 1
    for start in range(0, len(sent), size):
        peer.writer.write(sent[start : start + size])
        await peer.writer.drain()
        await asyncio.sleep(0)
    answer = await peer.answer()
    if false_end in ONLY_A_LINE:
        assert answer == "250 2.0.0 Stored"
        ((inbound, body),) = context.accepted
        assert inbound.recipients == ("help@shop.example",)
        assert body == sent.removesuffix(b".\r\n")
        assert (await peer.say(b"NOOP\r\n")).startswith("250")
    else:
        assert answer == BAD_LINE_END
        assert await peer.closed() == b""
        assert context.store.calls == 0
    await peer.close()


async def read_in_two(sent: bytes, cut: int) -> tuple[str, bytes, bytes]:
    """Read a mail that comes in two pieces; return the fault, what was kept and what is left."""
    sessions = Sessions(9, 9, MIB, MIB, unbounded=lambda _: True, may_connect=lambda _: True)
    held, reader = Held(sessions, ""), asyncio.StreamReader()
    reader.feed_data(sent[:cut])
    reading = asyncio.get_running_loop().create_task(read_mail(reader, held, MIB, lambda: None))
    await asyncio.sleep(0)  # until it has read all that is there, and waits
    reader.feed_data(sent[cut:])
    fault = await asyncio.wait_for(reading, 5)
    reader.feed_eof()
    return fault, held.take(), await reader.read()


@pytest.mark.parametrize("false_end", FALSE_ENDS, ids=repr)
async def test_a_false_end_is_none_wherever_the_network_cuts_it(false_end: bytes) -> None:
    sent = smuggling(false_end)
    for cut in range(len(sent) + 1):
        fault, kept, left = await read_in_two(sent + b"QUIT\r\n", cut)
        assert left == b"QUIT\r\n"
        if false_end in ONLY_A_LINE:
            assert (fault, kept) == ("", sent.removesuffix(b".\r\n"))
        else:
            assert (fault, kept) == (BAD_LINE_END, b"")


SMUGGLED_OUT = [
    f"{end}MAIL FROM:<evil@x.example>{end}RCPT TO:<boss@x.example>{end}."
    for end in ("\n.\n", "\r.\r", "\n.\r\n", "\r\n\x00.\r\n", "\r.\r\n", "\n.\r", "\r\n.\r\n")
]


def is_one_mail(wire: bytes) -> bool:
    """Tell whether what went over the line ends once, and has no line that ends otherwise."""
    lone = re.search(rb"(?<!\r)\n|\r(?!\n)", wire)
    return lone is None and wire.find(b"\r\n.\r\n") == len(wire) - 5


@pytest.mark.parametrize("text", SMUGGLED_OUT, ids=repr)
async def test_no_words_of_an_agent_smuggle_a_second_mail_into_the_smarthost(
    email: Make, text: str
) -> None:
    relay = Scripted({})
    await relay.start()
    try:
        connector, context = await connect(email, relay)
        await connector.send(reply(context, text=text, subject=text))
        await connector.send(reply(context, text=f".{text}"))
    finally:
        await relay.stop()
    assert len(relay.mails) == 2
    assert all(is_one_mail(each) for each in relay.mails)
    assert {each[:4] for each in relay.lines} <= {b"EHLO", b"MAIL", b"RCPT", b"DATA", b"RSET"}


_ANYTHING = st.text(st.sampled_from(["\r", "\n", ".", "\x00", "\x0b", "\x85", "\u2028", "a", "é"]))


@given(_ANYTHING, _ANYTHING, _ANYTHING, _ANYTHING)
def test_whatever_stands_in_a_reply_its_lines_end_as_they_must(
    text: str, subject: str, name: str, extra: str
) -> None:
    context: Any = RecordingContext()
    blob = BlobRef(owner=context.keys.identifier(ANN), sha256="0" * 64, size=1)
    outbound = reply(context, text=text, subject=subject, extra={"in_reply_to": extra})
    file = OutboundFile(name=name or "x", content_type="text/plain", blob=blob)
    letter = compose(
        outbound, Sender("help@shop.example", "Shop"), now=0, files=[(file, text.encode())]
    )
    assert is_one_mail(letter.content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
