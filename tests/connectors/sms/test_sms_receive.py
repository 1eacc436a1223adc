"""What Twilio posts is proven, stored whole, and only then acknowledged."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from multidict import MultiDict

from demo.standins.twilio_api import signed_twilio_request
from maitred.connectors.sms import door as sms
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Level, text_identifier
from maitred.contracts.inbound import Verification
from maitred.contracts.limits import WEBHOOK_BYTES_MAX
from maitred.contracts.secret import Secret
from tests.connectors.sms.door import PATH, Door, OpenDoor


async def test_a_signed_message_is_stored_as_received_and_answered_with_empty_twiml(
    door: Door, message: dict[str, str]
) -> None:
    answer = await door.post(message, headers={"I-Twilio-Idempotency-Token": "tok-1"})
    assert answer.status == 200
    assert answer.content_type == "text/xml"
    assert "<Response/>" in await answer.text()
    [(inbound, body)] = door.recorded.accepted
    assert body == urlencode(message).encode()
    assert inbound.channel == "sms"
    assert inbound.account == "main"
    assert inbound.provider_id == "SM2a1b"
    assert inbound.sender == text_identifier("+14158675309")
    assert inbound.sender.level == Level.ASSERTED
    assert inbound.sender_key == door.recorded.keys.identifier(inbound.sender.identifier)
    assert inbound.recipients == ("+18005551212",)
    assert inbound.content_type == "application/x-www-form-urlencoded; charset=UTF-8"
    assert inbound.evidence.verification == Verification.SIGNATURE
    assert inbound.evidence.facts == {"idempotency_token": "tok-1"}
    assert door.recorded.refusals == []


async def test_a_whatsapp_message_comes_from_the_same_phone_and_says_its_channel(
    door: Door, message: dict[str, str]
) -> None:
    message |= {"From": "whatsapp:+14158675309", "ProfileName": "Ana"}
    assert (await door.post(message)).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.sender == text_identifier("+14158675309")
    assert inbound.evidence.facts == {"provider_channel": "whatsapp"}
    assert inbound.evidence.name == "Ana"


@pytest.mark.parametrize(
    ("fields", "value", "level", "channel"),
    [
        ({"From": "(415) 867-5309", "FromCountry": "US"}, "+14158675309", Level.ASSERTED, ""),
        ({"From": "(415) 867-5309", "FromCountry": "us"}, "(415) 867-5309", Level.ASSERTED, ""),
        ({"From": "72975", "FromCountry": "US"}, "72975", Level.ASSERTED, ""),
        ({"From": "AMAZON24", "FromCountry": "DE"}, "amazon24", Level.ASSERTED, ""),
        ({"From": "messenger:4158675309"}, "messenger:4158675309", Level.ASSERTED, "messenger"),
        ({"From": "rcs:+14158675309"}, "+14158675309", Level.ASSERTED, "rcs"),
        ({"From": "+266696687"}, "anonymous:SM2a1b", Level.CLAIMED, ""),
        ({"From": "anonymous"}, "anonymous:SM2a1b", Level.CLAIMED, ""),
    ],
)
async def test_a_sender_is_known_by_his_normal_form(
    door: Door,
    message: dict[str, str],
    fields: dict[str, str],
    value: str,
    level: Level,
    channel: str,
) -> None:
    assert (await door.post({**message, **fields})).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.sender.identifier.value == value
    assert inbound.sender.level is level
    assert inbound.evidence.facts.get("provider_channel", "") == channel


async def test_a_retry_is_the_same_message(door: Door, message: dict[str, str]) -> None:
    for token in ("tok-1", "tok-1"):
        answer = await door.post(message, headers={"I-Twilio-Idempotency-Token": token})
        assert answer.status == 200
    assert door.recorded.store.calls == 2
    assert len(door.recorded.accepted) == 1


async def test_a_message_that_comes_by_the_fallback_address_as_well_is_the_same(
    door: Door, message: dict[str, str]
) -> None:
    failed = {"ErrorCode": "11200", "ErrorUrl": f"https://desk.example.com{PATH}"}
    headers = {"I-Twilio-Idempotency-Token": "tok-2"}
    assert (await door.post(message)).status == 200
    assert (await door.post({**message, **failed}, headers=headers)).status == 200
    assert len(door.recorded.accepted) == 1


async def test_what_a_messaging_service_brings_is_stored_as_what_a_number_brings(
    door: Door, message: dict[str, str]
) -> None:
    for number, (service, to) in enumerate([("MG1", "+18005551212"), ("MG2", "+18005559999")]):
        more = {"MessagingServiceSid": service, "To": to, "MessageSid": f"SM{number}"}
        assert (await door.post({**message, **more})).status == 200
    assert [each.recipients for each, _ in door.recorded.accepted] == [
        ("+18005551212",),
        ("+18005559999",),
    ]


async def test_the_older_name_of_the_message_id_will_do(
    door: Door, message: dict[str, str]
) -> None:
    del message["MessageSid"]
    assert (await door.post(message)).status == 200
    assert door.recorded.accepted[0][0].provider_id == "SM2a1b"


async def test_all_values_of_a_repeated_name_are_signed(
    door: Door, message: dict[str, str]
) -> None:
    form = MultiDict([*message.items(), ("Digits", "5678"), ("Digits", "1234")])
    assert (await door.post(form)).status == 200


async def test_the_signature_published_with_twilios_own_library_is_taken(
    open_door: OpenDoor,
) -> None:
    # From twilio-python's tests (MIT): tests/unit/test_request_validator.py.
    door = await open_door(auth_token=Secret("12345"), public_url="https://mycompany.com")
    url, params = (
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        {
            "CallSid": "CA1234567890ABCDE",
            "Digits": "1234",
            "From": "+14158675309",
            "To": "+18005551212",
            "Caller": "+14158675309",
        },
    )
    assert (
        signed_twilio_request("12345", url, params)["X-Twilio-Signature"]
        == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    )
    form = MultiDict(params)
    assert door.connector._door._is_signed("main", url, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not door.connector._door._is_signed("main", url, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8")


@pytest.mark.parametrize(
    ("public", "signed"),
    [
        ("https://desk.example.com", "https://desk.example.com:443"),
        ("https://desk.example.com:443", "https://desk.example.com"),
        ("http://desk.example.com", "http://desk.example.com:80"),
        ("http://desk.example.com:1234", "http://desk.example.com:1234"),
        ("http://desk.example.com:1234", "http://desk.example.com"),
    ],
)
async def test_a_signature_holds_with_the_port_and_without_as_in_twilios_library(
    open_door: OpenDoor, message: dict[str, str], public: str, signed: str
) -> None:
    door = await open_door(public_url=public)
    assert (await door.post(message, url=signed + PATH)).status == 200


async def test_while_tokens_change_either_signs_a_message(
    open_door: OpenDoor, message: dict[str, str]
) -> None:
    door = await open_door(auth_token=None, auth_tokens=(Secret("new"), Secret("old")))
    statuses = []
    for door.token in ("new", "old", "standin", ""):
        statuses.append((await door.post(message)).status)
    assert statuses == [200, 200, 403, 403]
    assert len(door.recorded.accepted) == 1


@pytest.mark.parametrize("signature", [None, "", "AAAA", "ü", "RSOYDt4T1cUTdK1PDd93/VVr8B8="])
async def test_a_missing_or_wrong_signature_is_forbidden_without_a_word(
    door: Door, message: dict[str, str], signature: str | None
) -> None:
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    answer = await door.client.post(PATH, data=message, headers=headers)
    assert answer.status == 403
    assert await answer.read() == b""
    assert door.recorded.store.calls == 0
    assert door.recorded.refusals == [("main", "bad_signature")]


async def test_a_changed_body_breaks_the_signature(door: Door, message: dict[str, str]) -> None:
    changed = urlencode({**message, "Body": "pay me"}).encode()
    assert (await door.post(message, body=changed)).status == 403


async def test_another_accounts_sid_is_forbidden_though_signed(
    door: Door, message: dict[str, str]
) -> None:
    assert (await door.post({**message, "AccountSid": "AC9"})).status == 403
    assert door.recorded.refusals == [("main", "other_account_sid")]


async def test_the_query_is_part_of_what_is_signed(door: Door, message: dict[str, str]) -> None:
    assert (await door.post(message, path=f"{PATH}?a=%20b&c")).status == 200
    assert (
        await door.post(message, path=f"{PATH}?a=1", url=f"https://desk.example.com{PATH}?a=2")
    ).status == 403


async def test_an_accounts_own_public_address_goes_before_the_gateways(
    open_door: OpenDoor, message: dict[str, str]
) -> None:
    door = await open_door(own_url="https://sms.example.net/")
    assert (await door.post(message)).status == 403
    assert (await door.post(message, url=f"https://sms.example.net{PATH}")).status == 200


async def test_without_a_public_address_the_requests_own_is_used(
    open_door: OpenDoor, message: dict[str, str]
) -> None:
    door = await open_door(public_url="")
    assert (await door.post(message, url=str(door.client.make_url(PATH)))).status == 200


async def test_a_host_that_is_no_host_is_a_bad_signature(
    open_door: OpenDoor, message: dict[str, str]
) -> None:
    door = await open_door(public_url="")
    answer = await door.post(message, url=f"http://a{PATH}", headers={"Host": "a:99999999"})
    assert answer.status in {400, 403}
    assert door.recorded.store.calls == 0


async def test_an_unknown_account_is_not_found(door: Door, message: dict[str, str]) -> None:
    assert (await door.post(message, path="/v1/webhooks/twilio/nobody")).status == 404
    assert door.recorded.refusals == [("unknown", "unknown_account")]


async def test_another_content_type_is_refused(door: Door, message: dict[str, str]) -> None:
    answer = await door.post(message, headers={"Content-Type": "application/json"})
    assert answer.status == 415


@pytest.mark.parametrize(
    "body", [b"\xff\xfe=1", b"From=%ff", b"From", b"&&", b"a=1&" * 201 + b"a=1"]
)
async def test_a_malformed_form_is_a_bad_request(
    door: Door, message: dict[str, str], body: bytes
) -> None:
    assert (await door.post(message, body=body)).status == 400
    assert door.recorded.refusals == [("main", "malformed_form")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"MessageSid": "", "SmsSid": ""}, "no_message_id"),
        ({"MessageSid": "S" * 300}, "no_message_id"),
        ({"From": ""}, "no_sender"),
        ({"From": "1" * 400}, "no_sender"),
        ({"From": "a\nb"}, "no_sender"),
    ],
)
async def test_a_message_without_an_id_or_a_sender_is_a_bad_request(
    door: Door, message: dict[str, str], change: dict[str, str], reason: str
) -> None:
    assert (await door.post({**message, **change})).status == 400
    assert door.recorded.refusals == [("main", reason)]
    assert door.recorded.store.calls == 0


async def test_a_body_beyond_the_bound_is_too_large(door: Door, message: dict[str, str]) -> None:
    answer = await door.post({**message, "Body": "x" * WEBHOOK_BYTES_MAX})
    assert answer.status == 413
    assert door.recorded.refusals == [("main", "too_large")]


async def test_a_body_larger_than_the_applications_default_but_within_bounds_is_stored(
    door: Door, message: dict[str, str]
) -> None:
    assert (await door.post({**message, "Body": "x" * (WEBHOOK_BYTES_MAX - 2_000)})).status == 200


async def test_a_truncated_request_is_not_stored(door: Door) -> None:
    reader, writer = await asyncio.open_connection(door.client.host, door.client.port)
    writer.write(
        f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\nFrom=%2B1".encode()
    )
    writer.write_eof()
    await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    assert door.recorded.store.calls == 0


async def test_a_body_that_does_not_come_is_given_up(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms, "BODY_TIMEOUT_S", 0.05)
    reader, writer = await asyncio.open_connection(door.client.host, door.client.port)
    writer.write(
        f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\nFrom=%2B1".encode()
    )
    status = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await writer.wait_closed()
    assert b" 408 " in status


async def test_a_store_that_is_down_is_told_to_come_back(
    door: Door, message: dict[str, str]
) -> None:
    door.recorded.store.fail()
    answer = await door.post(message)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    door.recorded.store.recover()
    assert (await door.post(message)).status == 200


async def test_what_can_never_be_stored_is_refused_for_good(
    door: Door, message: dict[str, str]
) -> None:
    door.recorded.store.error = Permanent("too large", code="too_large")
    assert (await door.post(message)).status == 400
    assert door.recorded.refusals == [("main", "too_large")]


async def test_a_delivery_report_is_acknowledged_and_is_no_message(
    door: Door, message: dict[str, str]
) -> None:
    report = {**message, "MessageStatus": "delivered", "SmsStatus": "delivered"}
    del report["Body"]
    assert (await door.post(report)).status == 204
    assert door.recorded.store.calls == 0
    assert door.recorded.refusals == []


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.binary(max_size=300), fields=st.dictionaries(st.text(max_size=8), st.text()))
async def test_nothing_that_is_posted_is_our_fault(
    door: Door, body: bytes, fields: dict[str, str]
) -> None:
    assert (await door.post({}, body=body)).status < 500
    form = {"AccountSid": door.api.account_sid, "MessageSid": "SM1", **fields}
    assert (await door.post(form)).status < 500
