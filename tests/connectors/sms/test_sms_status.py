"""What Twilio says later of a reply is proven, on disk, and only then acknowledged."""

from __future__ import annotations

import pytest
from aiohttp import web
from yarl import URL

from demo.standins.twilio_api import signed_twilio_request
from maitred.contracts.errors import OutcomeUnknown
from maitred.contracts.identifiers import text_identifier
from maitred.contracts.outbound import DeliveryState, Outbound
from maitred.contracts.secret import Secret
from tests.connectors.sms.door import PATH, PUBLIC, Door, OpenDoor

CUSTOMER = text_identifier("+14158675309").identifier


def reply(door: Door, command: str = "1", *, sender: str = "+18005551212") -> Outbound:
    return door.recorded.outbound(
        CUSTOMER, "On its way.", channel="sms", account="main", command=command,
        extra={"from": sender},
    )  # fmt: skip


async def sent(door: Door, command: str = "1", *, sender: str = "+18005551212") -> dict[str, str]:
    """Send a reply and return the form that Twilio got."""
    await door.connector.send(reply(door, command, sender=sender))
    return door.api.sent[-1]


@pytest.mark.parametrize(
    ("status", "fields", "state", "error"),
    [
        ("sent", {}, DeliveryState.SENT, ""),
        ("delivered", {}, DeliveryState.DELIVERED, ""),
        ("delivered", {"ErrorCode": "0"}, DeliveryState.DELIVERED, ""),
        ("read", {"EventType": "READ"}, DeliveryState.READ, ""),
        ("undelivered", {"ErrorCode": "30003"}, DeliveryState.FAILED, "twilio_30003"),
        ("failed", {"ErrorCode": "30001"}, DeliveryState.FAILED, "twilio_30001"),
        ("failed", {"ErrorCode": "21610"}, DeliveryState.FAILED, "opted_out"),
        ("failed", {"ErrorCode": "63016"}, DeliveryState.FAILED, "outside_window"),
        ("failed", {}, DeliveryState.FAILED, "twilio_failed"),
        ("undelivered", {"ErrorCode": "9" * 4_000}, DeliveryState.FAILED, "twilio_undelivered"),
        ("failed", {"ErrorCode": "+14158675309"}, DeliveryState.FAILED, "twilio_failed"),
        ("canceled", {}, DeliveryState.FAILED, "twilio_canceled"),
        ("partially_delivered", {}, DeliveryState.FAILED, "twilio_partially_delivered"),
    ],
)
async def test_a_callback_is_reported_in_our_words(
    door: Door, status: str, fields: dict[str, str], state: DeliveryState, error: str
) -> None:
    assert (await door.report(await sent(door), status, **fields)).status == 204
    [report] = door.recorded.reports
    assert (report.outbound, report.channel, report.account) == ("out_1", "sms", "main")
    assert (report.state, report.error, report.at) == (state, error, door.recorded.now)
    assert door.recorded.store.calls == 0


@pytest.mark.parametrize("status", ["queued", "accepted", "sending", "scheduled", "teleported", ""])
async def test_what_is_no_news_is_acknowledged_and_left(door: Door, status: str) -> None:
    assert (await door.report(await sent(door), status)).status == 204
    assert door.recorded.reports == []


async def test_callbacks_that_come_again_and_in_another_order_are_each_about_their_reply(
    door: Door,
) -> None:
    first, second = await sent(door, "1"), await sent(door, "2")
    for form, status in ((second, "delivered"), (first, "delivered"), (first, "sent")):
        for _ in range(2):
            assert (await door.report(form, status)).status == 204
    assert [(each.outbound, each.state) for each in door.recorded.reports] == [
        ("out_2", DeliveryState.DELIVERED),
        ("out_1", DeliveryState.DELIVERED),
        ("out_1", DeliveryState.SENT),
    ]


async def test_a_callback_may_come_before_the_answer_to_the_call(door: Door) -> None:
    async def early(form: dict[str, str]) -> None:
        assert (await door.report(form, "delivered")).status == 204
        assert (await door.report(form, "read")).status == 204

    door.api.taken = early
    assert (await door.connector.send(reply(door))).provider_id
    assert [each.state for each in door.recorded.reports] == [
        DeliveryState.DELIVERED,
        DeliveryState.READ,
    ]


async def test_a_callback_tells_of_a_reply_whose_call_was_never_answered(door: Door) -> None:
    async def report_and_break(form: dict[str, str]) -> None:
        assert (await door.report(form, "sent")).status == 204
        raise web.HTTPGatewayTimeout

    door.api.taken = report_and_break
    with pytest.raises(OutcomeUnknown):
        await door.connector.send(reply(door))
    assert [each.outbound for each in door.recorded.reports] == ["out_1"]


async def test_read_receipts_come_from_whatsapp(door: Door) -> None:
    form = await sent(door, sender="whatsapp:+18005551212")
    assert form["To"] == "whatsapp:+14158675309"
    await door.report(form, "read", ChannelPrefix="whatsapp", EventType="READ")
    assert [each.state for each in door.recorded.reports] == [DeliveryState.READ]


async def test_a_callback_is_signed_over_the_whole_address(door: Door) -> None:
    form = await sent(door)
    status = {"MessageStatus": "failed", "AccountSid": door.api.account_sid}
    other = f"{PUBLIC}{PATH}/status/out_2"
    assert (await door.post(status, path=f"{PATH}/status/out_1", url=other)).status == 403
    assert (await door.post(status, path=f"{PATH}/status/out_1", url=PUBLIC + PATH)).status == 403
    # What stands behind the number sign is for Twilio alone.
    signed = form["StatusCallback"].partition("#")[0]
    assert (await door.post(status, path=f"{PATH}/status/out_1", url=signed)).status == 204
    assert door.recorded.refusals == [("main", "bad_signature"), ("main", "bad_signature")]


@pytest.mark.parametrize("name", ["SM1", "out_", "out_" + "a" * 65, "out_a.b", "out_%3E", "out_a*"])
async def test_what_is_no_id_of_a_reply_is_not_found(door: Door, name: str) -> None:
    status = {"MessageStatus": "sent", "AccountSid": door.api.account_sid}
    signed = signed_twilio_request(door.token, f"{PUBLIC}{PATH}/status/{name}", status)
    path = URL(f"{PATH}/status/{name}", encoded=True)
    answer = await door.client.post(path, data=status, headers=signed)
    assert answer.status == 404
    assert door.recorded.reports == []


async def test_another_accounts_callback_is_forbidden(door: Door) -> None:
    form = await sent(door)
    assert (await door.report(form, "failed", AccountSid="AC9")).status == 403
    assert door.recorded.reports == []


async def test_while_the_store_is_down_twilio_is_told_to_come_back(door: Door) -> None:
    form = await sent(door)
    door.recorded.store.fail()
    answer = await door.report(form, "delivered")
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert door.recorded.refusals == [("main", "store_unavailable")]
    door.recorded.store.recover()
    assert (await door.report(form, "delivered")).status == 204
    assert len(door.recorded.reports) == 1


async def test_a_callback_of_any_length_is_bounded(door: Door) -> None:
    answer = await door.report(await sent(door), "sent", More="x" * (1 << 20))
    assert answer.status == 413


async def test_an_accounts_own_public_address_is_where_twilio_reports(open_door: OpenDoor) -> None:
    door = await open_door(own_url="https://sms.example.net/")
    form = await sent(door)
    assert form["StatusCallback"].startswith(f"https://sms.example.net{PATH}/status/out_1")


async def test_while_tokens_change_either_signs_a_callback(open_door: OpenDoor) -> None:
    door = await open_door(auth_tokens=(Secret("old"),))
    form = await sent(door)
    door.token = "old"
    assert (await door.report(form, "sent")).status == 204
    door.token = "older"
    assert (await door.report(form, "sent")).status == 403
