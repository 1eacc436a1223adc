"""HAProxy's PROXY protocol: the proxy's word is taken, and nobody else's."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from maitred.connectors.email.incoming import EmailListener
from maitred.contracts.identifiers import Level
from tests.connectors.email.certified import Certified
from tests.connectors.email.delivery import Dial, Make
from tests.connectors.email.test_logins import JUDGED
from tests.connectors.email.test_tls import trusting

BEHIND: dict[str, Any] = {
    "proxies": ("127.0.0.0/8",),
    "trusted_relays": ("192.0.2.0/24",),
    "authserv_id": "mx.shop.example",
}
V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n"


def v2(source: str, command: int = 0x21, more: bytes = b"") -> bytes:
    address = ip_address(source)
    family = 0x11 if address.version == 4 else 0x21
    body = address.packed * 2 + struct.pack("!HH", 40_000, 25) + more
    head = bytes([command, family]) + len(body).to_bytes(2, "big")
    return b"\r\n\r\n\0\r\nQUIT\n" + head + body


async def level_of(peer: Any, context: Any) -> Level:
    await peer.open_data()
    await peer.say(JUDGED + b".\r\n")
    level: Level = context.accepted[-1][0].sender.level
    return level


@pytest.mark.parametrize(
    ("header", "level"),
    [
        (V1, Level.AUTHENTICATED),
        (V1.replace(b"192.0.2.7", b"203.0.113.9"), Level.CLAIMED),
        (b"PROXY UNKNOWN\r\n", Level.CLAIMED),
        (v2("192.0.2.7"), Level.AUTHENTICATED),
        (v2("192.0.2.7", more=b"\x04\x00\x02ab"), Level.AUTHENTICATED),
        (v2("203.0.113.9"), Level.CLAIMED),
        (v2("2001:db8::7"), Level.CLAIMED),
        (v2("192.0.2.7", command=0x20), Level.CLAIMED),
    ],
    ids=["v1", "v1 stranger", "v1 unknown", "v2", "v2 with TLV", "v2 stranger", "v6", "v2 local"],
)
async def test_a_relay_is_known_through_the_proxy(
    email: Make, dial: Dial, header: bytes, level: Level
) -> None:
    connector, context = await email(**BEHIND)
    peer = await dial(connector)
    peer.writer.write(header)
    assert await level_of(peer, context) is level


async def test_commands_that_come_with_the_header_are_heard(email: Make, dial: Dial) -> None:
    connector, _ = await email(**BEHIND)
    peer = await dial(connector)
    peer.writer.write(V1 + b"NOOP\r\n")
    assert (await peer.answer()).startswith("220")
    assert (await peer.answer()).startswith("250")


@pytest.mark.parametrize(
    "header",
    [
        b"EHLO peer.example\r\n",
        b"PROXY\r\n",
        b"PROXY TCP4 192.0.2.7\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::8 1 2\r\n",
        b"PROXY TCP4 " + b"1" * 200 + b"\r\n",
        b"\r\n\r\n\0\r\nQUIT\n" + b"\x31\x11\x00\x0c" + b"\0" * 12,
        b"\r\n\r\n\0\r\nQUIT\n" + b"\x21\x11\x00\x04" + b"\0" * 4,
    ],
)
async def test_a_proxy_without_a_proper_header_is_not_heard(
    email: Make, dial: Dial, header: bytes
) -> None:
    connector, context = await email(**BEHIND)
    peer = await dial(connector)
    peer.writer.write(header)
    assert await peer.closed() == b""
    assert context.refusals == [("", "proxy_header")]


@pytest.mark.parametrize("said", [b"", b"P", b"PROX", b"PROXY TCP4 192"])
async def test_a_proxy_that_only_looks_whether_somebody_is_there_leaves_nothing_behind(
    email: Make, dial: Dial, said: bytes
) -> None:
    connector, context = await email(**BEHIND)
    peer = await dial(connector)
    peer.writer.write(said)
    peer.writer.write_eof()
    assert await peer.closed() == b""
    assert context.refusals == [("", "proxy_header")]


async def test_a_stranger_cannot_speak_for_others(email: Make, dial: Dial) -> None:
    connector, context = await email(**{**BEHIND, "proxies": ("192.0.2.200/32",)})
    peer = await dial(connector)
    await peer.answer()
    assert (await peer.say(V1)).startswith("500")
    await peer.say(b"EHLO peer.example\r\n")
    await peer.say(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<help@shop.example>\r\nDATA\r\n")
    await peer.answer()
    await peer.answer()
    await peer.say(JUDGED + b".\r\n")
    assert context.accepted[0][0].sender.level is Level.CLAIMED


async def test_the_header_stands_before_tls(email: Make, dial: Dial, tmp_path: Path) -> None:
    certified = Certified.made_in(tmp_path)
    connector, context = await email(
        **BEHIND,
        listen="",
        listeners=(EmailListener(listen="127.0.0.1:0", implicit_tls=True),),
        certificate=certified.chain,
        certificate_key=certified.key,
    )
    peer = await dial(connector)
    peer.writer.write(v2("192.0.2.7"))
    await peer.writer.start_tls(trusting(certified), server_hostname="127.0.0.1")
    assert await level_of(peer, context) is Level.AUTHENTICATED


async def test_peers_are_bounded_by_the_address_behind_the_proxy(email: Make, dial: Dial) -> None:
    connector, context = await email(proxies=("127.0.0.0/8",), sessions_per_peer_max=1)
    peers = [await dial(connector) for _ in range(3)]
    for peer, last in zip(peers, (b"7", b"7", b"8"), strict=True):
        peer.writer.write(V1.replace(b"192.0.2.7", b"192.0.2." + last))
    answers = [(await peer.answer())[:3] for peer in peers]
    assert sorted(answers[:2]) == ["220", "421"]
    assert answers[2] == "220"
    assert context.refusals == [("", "too_many_connections")]
