"""WhatsApp lets free text through for a day; then an approved template goes out in its place."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from msgspec.structs import replace

from demo.standins.twilio_api import TwilioFailure
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import text_identifier
from maitred.contracts.limits import DAY_MS
from maitred.contracts.outbound import Content, Outbound
from tests.connectors.sms.door import Door

CUSTOMER = text_identifier("+14158675309").identifier
OURS = "whatsapp:+18005551212"
SID = "HX" + "a" * 32


def reply(door: Door, *, closes_ms: int, ours: str = OURS) -> Outbound:
    """Return a reply with a template, whose window closes after so many milliseconds."""
    outbound = door.recorded.outbound(
        CUSTOMER, "3 more days.", channel="sms", account="main", extra={"from": ours}
    )
    closes = door.recorded.now + closes_ms
    return replace(outbound, content=Content(template=SID, variables={"1": "3"}, after=closes))


async def sent(door: Door, outbound: Outbound) -> dict[str, str]:
    await door.connector.send(outbound)
    [form] = await asyncio.wait_for(door.api.wait_sent(1), 5)
    return form


@pytest.mark.parametrize("ours", [OURS, "messenger:99"])
async def test_behind_the_window_the_template_goes_and_no_text(door: Door, ours: str) -> None:
    form = await sent(door, reply(door, closes_ms=0, ours=ours))
    assert form["ContentSid"] == SID
    assert orjson.loads(form["ContentVariables"]) == {"1": "3"}
    assert "Body" not in form
    assert form["From"] == ours


async def test_a_template_without_places_goes_without_variables(door: Door) -> None:
    outbound = reply(door, closes_ms=-DAY_MS)
    bare = replace(outbound, content=Content(template=SID, after=1))
    assert "ContentVariables" not in await sent(door, bare)


async def test_within_the_window_the_text_goes(door: Door) -> None:
    form = await sent(door, reply(door, closes_ms=1))
    assert form["Body"] == "3 more days."
    assert "ContentSid" not in form


async def test_a_text_message_has_no_window(door: Door) -> None:
    form = await sent(door, reply(door, closes_ms=0, ours="+18005551212"))
    assert form["Body"] == "3 more days."
    assert "ContentSid" not in form


@pytest.mark.parametrize(("number", "code"), [(63_016, "outside_window"), (21_656, "twilio_21656")])
async def test_what_twilio_says_of_a_template_is_the_reason(
    door: Door, number: int, code: str
) -> None:
    door.api.fail(TwilioFailure(status=400, code=number))
    with pytest.raises(Permanent) as refused:
        await door.connector.send(reply(door, closes_ms=0))
    assert refused.value.code == code
