"""A stop in good order: nothing new is taken, what is under way ends, the outcome is known."""

from __future__ import annotations

import asyncio

import aiohttp
import msgspec

from demo.house import House
from demo.writers import send_sms
from maitred.contracts.outbound import DeliveryDoc, DeliveryState
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.bus.reads import get_many
from tests.end_to_end.conftest import TakeSeat


async def test_a_reply_under_way_is_sent_before_the_gateway_ends(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession
) -> None:
    ann = await take_seat(house)
    await send_sms(house, session, number="+15552000001", text="Hi", sid="SM" + "5" * 32)
    offer = await ann.wait("offered")
    house.twilio.held = True
    await ann.about("accept", offer)
    await ann.about("reply", offer, text="Under way.")
    await house.twilio.wait_called(1)
    await ann.leave()
    stopping = asyncio.get_running_loop().create_task(house.stop())
    async with asyncio.timeout(10):
        while (await session.get(f"{house.admin}/readyz")).status != 503:  # noqa: ASYNC110  (as below)
            await asyncio.sleep(0.02)  # polling: the gateway is another process
    status = await send_sms(house, session, number="+15552000002", text="x", sid="SM" + "6" * 32)
    assert status == 503
    house.twilio.release()
    assert await stopping == 0
    assert [each["Body"] for each in house.twilio.sent] == ["Under way."]

    await house.up()
    connection = await Connection.connect(
        read_connection(house.store), name="test", on_closed=lambda _: None
    )
    found = await get_many(connection, JOURNAL, [house.subjects.any("delivery")])
    await connection.close()
    states = [msgspec.json.decode(each.data, type=DeliveryDoc).state for each in found.values()]
    assert states == [DeliveryState.SENT]
