"""Questions to name servers: asked over the wire, and within the bounds of one mail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from maitred.connectors.email.resolving import (
    LOOKUPS_MAX,
    LookupFailed,
    Lookups,
    Resolver,
    asking,
)
from tests.connectors.email.zone import Zone

RECORDS = {
    ("mail.example.", "TXT"): '"v=spf1 " "-all"',
    ("mail.example.", "MX"): "10 mx.example.",
    ("mail.example.", "A"): "192.0.2.1",
    ("mail.example.", "AAAA"): "2001:db8::1",
    ("7.2.0.192.in-addr.arpa.", "PTR"): "mx.example.",
}


class NameServer(asyncio.DatagramProtocol):
    """Answers from the table; `broken.example` fails, and everything else is not there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = str(question.name), dns.rdatatype.to_text(question.rdtype)
        answer = dns.message.make_response(query)
        if name == "broken.example.":
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found := RECORDS.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, found))
        elif name != "mail.example.":
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(answer.to_wire(), addr)


@pytest.fixture
async def resolver() -> AsyncIterator[Resolver]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(NameServer, ("127.0.0.1", 0))
    servers = dns.resolver.Resolver(configure=False)
    servers.nameservers = ["127.0.0.1"]
    servers.port = transport.get_extra_info("sockname")[1]
    yield asking(servers)
    transport.close()


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("mail.example", "TXT", ["v=spf1 -all"]),
        ("mail.example", "MX", ["mx.example."]),
        ("mail.example", "A", ["192.0.2.1"]),
        ("mail.example", "AAAA", ["2001:db8::1"]),
        ("7.2.0.192.in-addr.arpa", "PTR", ["mx.example."]),
        ("mail.example", "PTR", []),
        ("nowhere.example", "TXT", []),
        ("a..example", "TXT", []),
        ("x" * 64 + ".example", "A", []),
        (".".join(["x" * 60] * 5), "A", []),
        ("\u00fc\x00.example", "A", []),
        ("", "A", []),
    ],
)
async def test_records_come_as_text(
    resolver: Resolver, name: str, kind: str, expected: list[str]
) -> None:
    assert await asyncio.to_thread(resolver, name, kind, 2.0) == expected


async def test_a_server_that_fails_is_no_answer(resolver: Resolver) -> None:
    with pytest.raises(LookupFailed):
        await asyncio.to_thread(resolver, "broken.example", "TXT", 2.0)


async def test_a_server_that_is_silent_is_no_answer() -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, ("127.0.0.1", 0))
    servers = dns.resolver.Resolver(configure=False)
    servers.nameservers = ["127.0.0.1"]
    servers.port = transport.get_extra_info("sockname")[1]
    with pytest.raises(LookupFailed):
        await asyncio.to_thread(asking(servers), "mail.example", "TXT", 0.05)
    transport.close()


def test_the_same_question_is_asked_once() -> None:
    zone = Zone({("a.example", "TXT"): ["x"], ("b.example", "TXT"): None})
    lookups = zone.lookups()
    assert [lookups(name, "TXT") for name in ("a.example", "A.example.")] == [["x"], ["x"]]
    for _ in range(2):
        with pytest.raises(LookupFailed):
            lookups("b.example", "TXT")
    assert len(zone.asked) == 2


def test_a_mail_may_ask_only_so_much() -> None:
    zone = Zone({})
    lookups = zone.lookups()
    for number in range(LOOKUPS_MAX):
        lookups(f"n{number}.example", "A")
    with pytest.raises(LookupFailed):
        lookups("one.more.example", "A")
    assert len(zone.asked) == LOOKUPS_MAX


def test_a_mail_may_ask_only_so_long() -> None:
    zone = Zone({("a.example", "A"): ["192.0.2.1"]})
    with pytest.raises(LookupFailed):
        Lookups(zone, lambda: 1_000, 1_000)("a.example", "A")
    assert zone.asked == []
