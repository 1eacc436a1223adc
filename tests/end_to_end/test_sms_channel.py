"""Texts on a real gateway: a reply is followed to the telephone, or to its failure."""

from __future__ import annotations

import asyncio
import base64
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from demo.house import OUR_NUMBER, House
from demo.standins.twilio_api import TwilioFailure, signed_twilio_request
from demo.verdict import read_documents
from maitred.contracts.outbound import DeliveryDoc, DeliveryState
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from tests.end_to_end.conftest import OpenHouse, TakeSeat
from tests.end_to_end.posting import post_twilio, twilio_form
from tests.end_to_end.records import Records
from tests.end_to_end.seat import Seat

PICTURE = b"\x89PNG\r\n" + bytes(300)


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    """Return a house that Twilio can reach."""
    house = await open_house(up=False)
    plain = house.config.read_text()
    house.config.write_text(f'public_url = "{house.http}"\n{plain}')
    await house.up()
    return house


async def write(house: House, session: aiohttp.ClientSession, number: int, **fields: str) -> None:
    form = twilio_form(house, MessageSid=f"SM{number:032x}", **fields)
    assert (await post_twilio(house, session, form)).status == 200


async def report(
    house: House, session: aiohttp.ClientSession, sent: dict[str, str], status: str, **more: str
) -> int:
    """Post a status callback as Twilio does, and return how it is answered."""
    url = sent["StatusCallback"].partition("#")[0]
    form = {"MessageStatus": status, "AccountSid": house.twilio.account_sid, **more}
    signed = signed_twilio_request(house.twilio.auth_token, url, form)
    async with session.post(url, data=form, headers=signed) as response:
        return response.status


async def deliveries(house: House) -> list[DeliveryDoc]:
    """Return what became of the replies, once nothing moves."""
    connection = await Connection.connect(
        read_connection(house.store), name="test", on_closed=lambda _: None
    )
    try:
        await Records(connection, house).settle()
        return list(await read_documents(connection, house.subjects, "delivery", DeliveryDoc))
    finally:
        await connection.close()


async def taken(house: House, count: int = 1) -> dict[str, str]:
    """Return the last message that Twilio took, once there are `count` of them."""
    async with asyncio.timeout(15):
        return (await house.twilio.wait_sent(count))[-1]


async def hold(house: House, session: aiohttp.ClientSession, ann: Seat) -> dict[str, Any]:
    """Let a customer write and the agent take him; return the offer."""
    await write(house, session, 1, Body="Where is my order?")
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await ann.wait("assigned")
    return offer


async def test_a_reply_with_a_file_is_followed_to_the_telephone(
    house: House, session: aiohttp.ClientSession, take_seat: TakeSeat
) -> None:
    ann = await take_seat(house)
    offer = await hold(house, session, ann)

    async def early(form: dict[str, str]) -> None:
        assert await report(house, session, form, "delivered") == 204

    house.twilio.taken = early
    picture = {
        "name": "plan.png",
        "content_type": "image/png",
        "data": base64.b64encode(PICTURE).decode(),
    }
    await ann.about("reply", offer, text="Here is where it is.", files=[picture])
    sent = await taken(house)
    [address] = house.twilio.media[0]
    assert urlsplit(address).path.startswith("/v1/files/sms/main/")
    async with session.get(address) as response:
        assert (response.status, response.content_type) == (200, "image/png")
        assert await response.read() == PICTURE
    for status in ("sent", "delivered", "queued"):
        assert await report(house, session, sent, status) == 204
    [found] = await deliveries(house)
    assert (found.state, found.provider_id) == (DeliveryState.DELIVERED, f"SM{1:032x}")


async def test_who_holds_the_conversation_hears_that_a_reply_did_not_arrive(
    house: House, session: aiohttp.ClientSession, take_seat: TakeSeat
) -> None:
    ann = await take_seat(house)
    offer = await hold(house, session, ann)
    await ann.about("reply", offer, text="It is on its way.")
    sent = await taken(house)
    assert await report(house, session, sent, "undelivered", ErrorCode="30003") == 204
    assert (await ann.wait("undelivered"))["reason"] == "twilio_30003"
    house.twilio.fail(TwilioFailure(status=400, code=21_610))
    await ann.about("reply", offer, text="Are you there?")
    assert (await ann.wait("undelivered"))["reason"] == "opted_out"
    found = {each.error: each for each in await deliveries(house)}
    assert found["twilio_30003"].segments == 1
    assert found["opted_out"].state is DeliveryState.FAILED


async def test_who_stops_in_whatsapp_is_written_to_again_once_he_says_start_there(
    house: House, session: aiohttp.ClientSession, take_seat: TakeSeat
) -> None:
    ann = await take_seat(house)
    offer = await hold(house, session, ann)
    whatsapp = {"From": "whatsapp:+15552000001", "To": f"whatsapp:{OUR_NUMBER}"}
    await write(house, session, 2, **whatsapp, Body="Stop")
    await deliveries(house)
    await ann.about("reply", offer, text="Shall we stop?")
    assert (await ann.wait("refused"))["reason"] == "opted_out"
    await write(house, session, 3, **whatsapp, Body="Start")
    await ann.wait("turn")
    await ann.about("reply", offer, text="Welcome back.")
    sent = await taken(house)
    assert (sent["To"], sent["Body"]) == (whatsapp["From"], "Welcome back.")
