"""Whatever shape a signed event has, it is stored or refused, and never a fault of ours."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maitred.connectors.slack.profile import SlackProfiles
from tests.connectors.slack.door import Door, make_event


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"type": "event_callback", "event": ',
        b'{"type": "event_callback"}',
        b'{"type": "event_callback", "event": []}',
        b'{"type": "event_callback", "event": "message"}',
        b'{"type": "event_callback", "event": {"type": 5}}',
        b'{"type": 5}',
        b'{"type": "event_callback", "event": {"type": "message"}}',
        b'{"type": "event_callback", "event_id": 7, "event": {"type": "message"}}',
        b'{"type": "event_callback", "authorizations": [1], "event": {"type": "x"}}',
        b'{"type": "event_callback", "team": 5, "event": {"type": "message"}}',
        b'{"type": "x", "event": ' + b'{"event": ' * 5_000 + b"1" + b"}" * 5_001,
    ],
)
async def test_what_is_no_event_is_a_bad_request_without_details(door: Door, body: bytes) -> None:
    answer = await door.post(body)
    assert answer.status == 400
    assert answer.headers["X-Slack-No-Retry"] == "1"
    assert await answer.read() == b""
    assert door.recorded.refusals == [("main", "malformed_event")]
    assert door.recorded.store.calls == 0


@pytest.mark.parametrize("depth", range(200, 1_200, 100))
async def test_a_nesting_near_what_pythons_stack_takes_is_no_fault_of_ours(
    door: Door, depth: int
) -> None:
    body = b'{"type": "event_callback", "event": {"type": "message", "event": %b{}%b}}' % (
        b'{"event": ' * depth,
        b"}" * depth,
    )
    assert (await door.post(body)).status in {200, 400}
    assert door.recorded.store.calls == 0


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"text": 5}, 200),
        ({"text": None, "blocks": {"not": "a list"}}, 200),
        ({"user": 5}, 400),
        ({"user": ["U1"]}, 400),
        ({"channel": {"id": "C1"}}, 400),
        ({"ts": 1699999990.0002}, 400),
        ({"ts": "../../etc"}, 400),
        ({"user": "U" * 200}, 400),
        ({"user": None}, 400),
        ({"bot_profile": "x"}, 400),
        ({"message": "x"}, 400),
    ],
)
async def test_a_message_of_another_shape_is_stored_or_refused(
    door: Door, change: dict[str, Any], status: int
) -> None:
    assert (await door.post(make_event(**change))).status == status
    assert len(door.recorded.accepted) == (status == 200)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "user", "team", "event", "type", "channel", "message", "item"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
fields = st.dictionaries(
    st.sampled_from(
        [
            "type",
            "subtype",
            "user",
            "team",
            "user_team",
            "channel",
            "ts",
            "thread_ts",
            "bot_id",
            "message",
            "previous_message",
            "item",
            "bot_profile",
            "app_id",
            "event_ts",
            "inputs",
        ]
    ),
    json_values,
    max_size=5,
)
envelopes = st.dictionaries(
    st.sampled_from(
        [
            "type",
            "event_id",
            "team_id",
            "team",
            "event",
            "authorizations",
            "enterprise",
            "user",
            "view",
            "is_ext_shared_channel",
            "api_app_id",
            "response_url",
            "response_urls",
            "channel",
            "message",
            "enterprise_id",
            "function_data",
            "assistant_thread",
        ]
    ),
    json_values,
    max_size=5,
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(outer=envelopes, inner=fields, body=st.binary(max_size=40))
async def test_nothing_that_is_signed_is_our_fault(
    door: Door,
    outer: dict[str, Any],
    inner: dict[str, Any],
    body: bytes,
) -> None:
    whole = make_event()
    whole["event"] |= inner
    for posted in (whole, {**whole, **outer}, orjson.dumps(whole).replace(b"U0ANA", body)):
        assert (await door.post(posted)).status < 500


async def test_a_request_that_nobody_knows_is_not_found(door: Door) -> None:
    answer = await door.post(orjson.dumps({"type": "", "view": [0]}))
    assert answer.status == 404
    assert door.recorded.accepted == []


async def test_a_challenge_without_one_is_a_bad_request(door: Door) -> None:
    answer = await door.post(orjson.dumps({"type": "url_verification"}))
    assert answer.status == 400


async def test_a_fault_of_our_own_is_no_refusal_of_the_message(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise AttributeError("ours")

    monkeypatch.setattr(SlackProfiles, "find", fail)
    assert (await door.post(make_event())).status == 500
