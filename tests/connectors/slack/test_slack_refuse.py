"""What Slack did not sign, or did not send like this, is refused without details."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from demo.standins.slack_api import signed_slack_request
from maitred.contracts.limits import WEBHOOK_BYTES_MAX
from tests.connectors.slack.door import NOW_S, PATH, SECRET, Door, make_event


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": "é"},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "now"},
        {"X-Slack-Request-Timestamp": "9" * 5_000},
        {"X-Slack-Request-Timestamp": str(NOW_S + 1)},
    ],
)
async def test_a_missing_or_wrong_signature_is_unauthorised(
    door: Door, headers: dict[str, str]
) -> None:
    answer = await door.post(make_event(), headers=headers)
    assert answer.status == 401
    assert door.recorded.store.calls == 0
    assert door.recorded.refusals == [("main", "bad_signature")]


@pytest.mark.parametrize(("age_s", "status"), [(299, 200), (301, 401), (-299, 200), (-301, 401)])
async def test_a_signature_is_good_for_five_minutes(door: Door, age_s: int, status: int) -> None:
    assert (await door.post(make_event(), at_s=NOW_S - age_s)).status == status


async def test_bolts_own_headers_from_outside_do_not_skip_the_store(door: Door) -> None:
    headers = {"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Bolt-Lazy-Function-Name": "listen"}
    assert (await door.post(make_event(), headers=headers)).status == 200
    assert len(door.recorded.accepted) == 1


async def test_an_unsigned_ssl_check_is_not_acknowledged(door: Door) -> None:
    answer = await door.client.post(PATH, json={"type": "x", "ssl_check": "1"})
    assert answer.status == 401


async def test_a_signed_request_of_another_kind_is_not_found(door: Door) -> None:
    assert (await door.post({"type": "block_actions"})).status == 404
    assert door.recorded.refusals == [("main", "unknown_request")]


async def test_another_content_type_is_refused(door: Door) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await door.post(make_event(), headers=form)).status == 415


async def test_an_unknown_account_is_not_found(door: Door) -> None:
    assert (await door.post(make_event(), path="/v1/webhooks/slack/nobody")).status == 404
    assert door.recorded.refusals == [("unknown", "unknown_account")]


async def test_a_body_beyond_the_bound_is_too_large(door: Door) -> None:
    assert (await door.post(make_event(text="x" * WEBHOOK_BYTES_MAX))).status == 413
    assert door.recorded.refusals == [("main", "too_large")]


async def test_a_truncated_request_is_not_stored(door: Door) -> None:
    body = orjson.dumps(make_event())
    signed = signed_slack_request(SECRET, body, NOW_S)
    head = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    reader, writer = await asyncio.open_connection(door.client.host, door.client.port)
    writer.write(
        f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode()
        + body[:-1]
    )
    writer.write_eof()
    await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    assert door.recorded.store.calls == 0
