"""How much one peer may bring in a minute: more is put off, and comes again without harm."""

from __future__ import annotations

import asyncio
import smtplib

import pytest

from maitred.connectors.email.rates import PEERS_MAX, Rate, neighbourhood
from maitred.contracts.limits import MINUTE_MS
from tests.connectors.email.delivery import Dial, Make, deliver


async def test_connections_beyond_the_rate_are_put_off(email: Make, dial: Dial) -> None:
    connector, context = await email(peer_connections_per_minute_max=2)
    answers = [(await (await dial(connector)).answer())[:3] for _ in range(3)]
    assert answers == ["220", "220", "421"]
    assert context.refusals == [("", "too_many_connections")]
    context.now += MINUTE_MS // 2
    assert (await (await dial(connector)).answer()).startswith("220")


async def test_mails_beyond_the_rate_are_put_off_and_taken_once_later(email: Make) -> None:
    connector, context = await email(peer_mails_per_minute_max=1)
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"])
    for _ in range(2):
        with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
            await asyncio.to_thread(deliver, connector.port, ["help@shop.example"])
        assert refusal.value.smtp_code == 451
    context.now += MINUTE_MS
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"])
    assert len(context.accepted) == 1
    assert context.refusals == [("", "too_many_mails")] * 2


async def test_recipients_beyond_the_rate_are_put_off(email: Make, dial: Dial) -> None:
    connector, context = await email(peer_recipients_per_minute_max=2)
    peer = await dial(connector)
    await peer.greet()
    await peer.say(b"MAIL FROM:<a@b.example>\r\n")
    answers = [await peer.say(b"RCPT TO:<r%d@sales.example>\r\n" % n) for n in range(3)]
    assert [answer[:3] for answer in answers] == ["250", "250", "451"]
    assert context.refusals == [("", "too_many_recipients")]


async def test_a_trusted_relay_brings_as_much_as_it_has(email: Make) -> None:
    connector, context = await email(
        trusted_relays=("127.0.0.0/8",),
        authserv_id="mx.shop.example",
        peer_connections_per_minute_max=1,
        peer_mails_per_minute_max=1,
        peer_recipients_per_minute_max=1,
    )
    both = ["a@sales.example", "b@sales.example"]
    for number in range(3):
        mail = b"Subject: %d\r\n\r\nhi\r\n" % number
        await asyncio.to_thread(deliver, connector.port, both, mail)
    assert len(context.accepted) == 3


def test_a_rate_lets_a_minutes_worth_through_and_then_evenly() -> None:
    now = [0]
    rate = Rate(60, lambda: now[0])
    assert sum(rate.take("192.0.2.1") for _ in range(100)) == 60
    assert rate.take("192.0.2.2")
    now[0] = 2_000
    assert [rate.take("192.0.2.1") for _ in range(3)] == [True, True, False]


def test_no_more_peers_are_remembered_than_there_is_room_for() -> None:
    rate = Rate(60, lambda: 0)
    for number in range(PEERS_MAX + 10):
        rate.take(str(number))
    assert len(rate._full_at) == PEERS_MAX


def test_who_has_been_away_is_forgotten() -> None:
    now = [0]
    rate = Rate(60, lambda: now[0])
    rate.take("192.0.2.1")
    now[0] = MINUTE_MS
    rate.take("192.0.2.2")
    assert list(rate._full_at) == ["192.0.2.2"]


@pytest.mark.parametrize(
    ("peer", "name"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_a_peer_is_counted_by_its_address(peer: str, name: str) -> None:
    assert neighbourhood(peer) == name


def test_a_whole_network_of_ipv6_counts_as_one_peer() -> None:
    assert neighbourhood("2001:db8:1:2::1") == neighbourhood("2001:db8:1:2:ffff::9%eth0")
    assert neighbourhood("2001:db8:1:2::1") != neighbourhood("2001:db8:1:3::1")
