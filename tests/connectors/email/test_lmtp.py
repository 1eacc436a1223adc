"""LMTP: on TCP and on a Unix socket, with one answer for each recipient."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

from maitred.connectors.email.incoming import EmailListener, Speech
from maitred.contracts.identifiers import Level
from tests.connectors.email.delivery import MAIL, Dial, Make
from tests.connectors.email.test_logins import JUDGED

LMTP: dict[str, Any] = {
    "listen": "",
    "listeners": (EmailListener(listen="127.0.0.1:0", protocol=Speech.LMTP),),
}


async def open_data(peer: Any, recipients: int) -> None:
    await peer.answer()
    await peer.say(b"LHLO edge.example\r\n")
    await peer.say(b"MAIL FROM:<a@b.example>\r\n")
    for number in range(recipients):
        await peer.say(b"RCPT TO:<r%d@sales.example>\r\n" % number)


async def test_each_recipient_has_its_answer(email: Make, dial: Dial) -> None:
    connector, context = await email(**LMTP)
    peer = await dial(connector)
    await open_data(peer, 2)
    refused = await peer.say(b"RCPT TO:<nobody@shop.example>\r\n")
    assert refused == "550 5.1.1 No such recipient here"
    assert (await peer.say(b"RCPT TO:<r0@sales.example>\r\n")).startswith("250")
    await peer.say(b"DATA\r\n")
    assert await peer.say(b"Subject: x\r\n\r\nhi\r\n.\r\n") == "250 2.0.0 Stored"
    assert [await peer.answer() for _ in range(2)] == ["250 2.0.0 Stored"] * 2
    assert (await peer.say(b"NOOP\r\n")).startswith("250")
    ((inbound, _),) = context.accepted
    assert inbound.recipients == ("r0@sales.example", "r1@sales.example")


async def test_a_store_that_does_not_answer_is_told_for_each_recipient(
    email: Make, dial: Dial
) -> None:
    connector, context = await email(**LMTP)
    context.store.fail()
    peer = await dial(connector)
    await open_data(peer, 2)
    await peer.say(b"DATA\r\n")
    answers = [await peer.say(b"Subject: x\r\n\r\nhi\r\n.\r\n"), await peer.answer()]
    assert answers == ["451 4.3.0 Try again later"] * 2


async def test_a_false_end_is_refused_for_each_recipient_before_the_end(
    email: Make, dial: Dial
) -> None:
    connector, context = await email(**LMTP)
    peer = await dial(connector)
    await open_data(peer, 2)
    await peer.say(b"DATA\r\n")
    refusal = b"550 5.6.0 Lines must end with CR LF\r\n"
    peer.writer.write(b"Subject: x\r\n\r\nhi\n.\r\nMAIL FROM:<e@x.example>\r\n\r\n.\r\n")
    assert await peer.closed() == refusal * 2
    assert context.store.calls == 0


@pytest.mark.parametrize("hello", [b"EHLO edge.example\r\n", b"HELO edge.example\r\n"])
async def test_smtps_hello_is_none_of_lmtps(email: Make, dial: Dial, hello: bytes) -> None:
    connector, _ = await email(**LMTP)
    peer = await dial(connector)
    assert (await peer.answer()).endswith("LMTP")
    assert (await peer.say(hello)).startswith("500 5.5.1")
    assert (await peer.say(b"MAIL FROM:<a@b.example>\r\n")).startswith("503")


async def test_smtp_does_not_know_lmtps_hello(email: Make, dial: Dial) -> None:
    connector, _ = await email()
    peer = await dial(connector)
    await peer.answer()
    assert (await peer.say(b"LHLO edge.example\r\n")).startswith("500")


async def test_a_unix_socket_is_a_trusted_relay_whose_file_guards_it(
    email: Make, tmp_path: Path
) -> None:
    path = tmp_path / "lmtp.sock"
    connector, context = await email(
        listen="",
        listeners=(EmailListener(listen=f"unix:{path}", protocol=Speech.LMTP),),
        authserv_id="mx.shop.example",
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o660

    def bring() -> None:
        with smtplib.LMTP(str(path), 0, local_hostname="edge.example") as client:
            client.sendmail("a@b.example", ["help@shop.example"], JUDGED)

    await asyncio.to_thread(bring)
    assert context.accepted[0][0].sender.level is Level.AUTHENTICATED
    await connector.stop()
    assert not path.exists()


async def test_the_socket_of_a_killed_process_is_taken_over(email: Make, tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    _, context = await email(
        listen="", listeners=(EmailListener(listen=f"unix:{path}", protocol=Speech.LMTP),)
    )

    def bring() -> None:
        with smtplib.LMTP(str(path), 0, local_hostname="edge.example") as client:
            client.sendmail("a@b.example", ["help@shop.example"], MAIL)

    await asyncio.to_thread(bring)
    assert len(context.accepted) == 1
