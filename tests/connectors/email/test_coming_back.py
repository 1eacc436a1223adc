"""A mail of ours that comes back is known by its mark, and nobody answers it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from maitred.connectors.email.marks import Marked, Marks
from maitred.contracts.ids import OutboundId
from maitred.contracts.message import MessageKind
from maitred.normalizer.email.decoder import decode
from maitred.normalizer.port import DecodeContext
from tests.connectors.email.delivery import MAIL, Make, deliver
from tests.connectors.email.relay import Smarthost, connect, reply

OUT_1 = OutboundId("out_1")


async def brought(connector: Any, context: Any, mail: bytes) -> Any:
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"], mail)
    inbound, body = context.accepted[-1]
    return decode(inbound, body, 1, DecodeContext(keys=context.keys)).message


async def test_our_own_mail_is_kept_and_not_answered(email: Make, smarthost: Smarthost) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    await connector.send(reply(context))
    came = await brought(connector, context, b"Received: by ann\r\n" + relay.content())
    assert came.kind is MessageKind.AUTO_REPLY
    assert "comes_back" in came.flags
    assert context.accepted[0][0].evidence.facts["own_mark"] == "1"


async def test_a_mark_of_nobody_s_is_nothing(email: Make) -> None:
    connector, context = await email()
    for forged in (b"out_1." + b"0" * 32, b"out_1", b"", b"x" * 500):
        came = await brought(connector, context, b"X-Maitred-Mark: " + forged + b"\r\n" + MAIL)
        assert came.kind is MessageKind.MESSAGE
        assert "comes_back" not in came.flags


async def test_an_answer_that_quotes_our_mail_is_an_answer(
    email: Make, smarthost: Smarthost
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    await connector.send(reply(context))
    came = await brought(connector, context, MAIL + b"\r\n" + relay.content())
    assert came.kind is MessageKind.MESSAGE


@pytest.mark.parametrize(("hops", "kind"), [(50, "message"), (51, "auto_reply")])
async def test_a_mail_that_has_gone_round_and_round_is_not_answered(
    email: Make, hops: int, kind: str
) -> None:
    connector, context = await email()
    came = await brought(connector, context, b"Received: by a; now\r\n" * hops + MAIL)
    assert came.kind.value == kind


def test_a_mark_holds_for_one_reply_of_one_account_to_one_address(recording: Any) -> None:
    marks = Marks(recording().keys, ("sales", "help"))
    reply_to_ann = Marked(OUT_1, "help", "ann@home.example")
    written = marks.of(reply_to_ann)
    assert marks.read(f"x; {written}", ["kim@home.example", "ann@home.example"]) == reply_to_ann
    assert marks.read(written, ["kim@home.example"]) is None
    assert marks.read(written.replace("out_1", "out_2"), ["ann@home.example"]) is None
    assert Marks(marks.keys, ("sales",)).read(written, ["ann@home.example"]) is None
    header = f"To: Ann <ANN@home.example>\r\nx-maitred-mark: {written}\r\n\r\n".encode()
    assert marks.in_header(header) == reply_to_ann
