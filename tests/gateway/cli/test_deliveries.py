"""`maitred deliveries` against a running house: what did not get out, and nobody's words."""

from __future__ import annotations

import asyncio

import aiohttp
import orjson

from demo.standins.twilio_api import TwilioFailure
from demo.writers import send_sms
from maitred.contracts.ids import ConversationId, OutboundId
from maitred.contracts.outbound import DeliveryDoc, DeliveryState
from maitred.gateway.cli.deliveries import HEADS, lines
from maitred.gateway.delivery.listing import Listed
from tests.end_to_end.conftest import OpenHouse, TakeSeat
from tests.gateway.cli.conftest import Cli
from tests.gateway.cli.test_live import Asking, readable

PHONE = "+15552000001"
AWAY = TwilioFailure(status=401, code=20_003)


async def test_replies_that_did_not_get_out_are_listed_newest_first(
    open_house: OpenHouse, take_seat: TakeSeat, session: aiohttp.ClientSession, cli: Cli
) -> None:
    house = await open_house()
    ask = Asking(house, cli)
    (nothing,) = await ask("deliveries")
    assert readable(nothing) == "No such reply.\n"
    ann = await take_seat(house)
    await send_sms(house, session, number=PHONE, text="Where is it?", sid="SM" + "1" * 32)
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await ann.wait("assigned")
    await ann.about("reply", offer, text="Your secret: one.")
    await asyncio.wait_for(house.twilio.wait_sent(1), 15)
    failures = {
        "twilio_21211": TwilioFailure(status=400, code=21_211),
        "outcome_unknown": TwilioFailure(status=504, page="<html>"),
    }
    for reason, failure in failures.items():
        house.twilio.fail(failure)
        await ann.about("reply", offer, text="Your secret: two.")
        assert (await ann.wait("undelivered"))["reason"] == reason
    house.twilio.fail(*[AWAY] * 100)
    await ann.about("reply", offer, text="Your secret: three.")
    # It is tried again only once it is written down that it waits.
    await asyncio.wait_for(house.twilio.wait_called(5), 15)

    people, programs, failed, one, other, wrong = await ask(
        "deliveries",
        "deliveries --json",
        "deliveries --channel sms --state failed",
        "deliveries --most 1",
        "deliveries --channel email",
        "deliveries --state sent",
    )
    head, *rows = readable(people).splitlines()
    assert head.split() == list(HEADS)
    where = [offer["conversation"], "sms", "main"]
    assert [row.split()[1:6] for row in rows] == [
        [*where, "waiting", "provider_away"],
        [*where, "unknown", "outcome_unknown"],
        [*where, "failed", "twilio_21211"],
    ]
    found = orjson.loads(programs.stdout)
    assert [each["outbound"] for each in found["shown"]] == [row.split()[0] for row in rows]
    assert not found["has_older"]
    assert all(each["since"] > 0 for each in found["shown"])
    for said in (people, programs):
        assert PHONE[1:] not in said.stdout
        assert "secret" not in said.stdout
    assert [row.split()[4] for row in readable(failed).splitlines()[1:]] == ["failed"]
    assert readable(one).splitlines()[-1] == "… and older ones; `--most 10000` shows more"
    assert readable(other) == "No such reply.\n"
    assert wrong.returncode == 2


def test_no_id_is_cut_where_a_terminal_is_narrow() -> None:
    doc = DeliveryDoc(
        id=OutboundId("out_" + "1" * 26),
        conversation=ConversationId("cnv_" + "2" * 26),
        channel="sms",
        state=DeliveryState.FAILED,
        at=1_780_000_000_000,
        error="no\x1b[2Jthing",
    )
    said = "\n".join(lines(Listed((doc,), has_older=False), 60))
    assert doc.id in said
    assert doc.conversation in said
    assert "\x1b" not in said
    assert max(map(len, said.splitlines())) <= 60
