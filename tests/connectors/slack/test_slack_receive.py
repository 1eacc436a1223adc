"""What Slack posts is proven, stored whole within three seconds, and only then acknowledged."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demo.standins.slack_api import signed_slack_request
from maitred.connectors import slack
from maitred.connectors.slack import SlackAccount, SlackConnector, SlackSettings
from maitred.contracts.errors import ConfigurationError, Permanent
from maitred.contracts.identifiers import Level, slack_identifier
from maitred.contracts.inbound import Verification
from maitred.contracts.limits import WEBHOOK_BYTES_MAX
from maitred.contracts.secret import Secret
from tests.connectors.slack.door import NOW_S, PATH, SECRET, Door, make_event

if TYPE_CHECKING:
    from tests.connectors.conftest import RecordingContext

PUBLISHED = sorted(
    Path(__file__).parents[4].joinpath("shared/data/webhooks/slack_events").glob("*.json")
)


async def test_a_signed_message_is_stored_as_received(door: Door) -> None:
    raw = orjson.dumps(make_event(), option=orjson.OPT_INDENT_2)
    answer = await door.post(raw)
    assert answer.status == 200
    assert await answer.read() == b""
    [(inbound, body)] = door.recorded.accepted
    assert body == raw
    assert inbound.channel == "slack"
    assert inbound.account == "main"
    assert inbound.provider_id == "T0OWN:C0HELP:1699999990.000200"
    assert inbound.sender.identifier == slack_identifier("T0OWN", "U0ANA")
    assert inbound.sender.level == Level.AUTHENTICATED
    assert inbound.recipients == ("C0HELP",)
    assert inbound.content_type == "application/json"
    assert inbound.evidence.verification == Verification.SIGNATURE
    assert inbound.evidence.name == "Ana"
    assert inbound.evidence.facts == {"event": "message", "event_id": "Ev01"}
    assert door.recorded.refusals == []


def test_the_signature_published_with_slacks_own_library_is_made() -> None:
    # From python-slack-sdk's tests (MIT): tests/signature/test_signature_verifier.py.
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&"
        "channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&"
        "command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        "%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
        "trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    made = signed_slack_request("8f742231b10e8888abcd99yyyzzz85a5", body, 1_531_420_618)
    assert made["X-Slack-Signature"] == (
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    )


async def test_the_challenge_of_a_new_address_is_answered(door: Door) -> None:
    answer = await door.post({"type": "url_verification", "token": "t", "challenge": "3eZbrw1a"})
    assert answer.status == 200
    assert (await answer.json())["challenge"] == "3eZbrw1a"
    assert door.recorded.store.calls == 0


async def test_an_unsigned_challenge_is_not_answered(door: Door) -> None:
    answer = await door.post(
        {"type": "url_verification", "challenge": "x"},
        headers={"X-Slack-Signature": "v0=" + "0" * 64},
    )
    assert answer.status == 401


async def test_a_retry_is_the_same_message_and_says_so(door: Door) -> None:
    retried = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
    door.recorded.store.fail()
    assert (await door.post(make_event())).status == 503
    door.recorded.store.recover()
    assert (await door.post(make_event(), headers=retried)).status == 200
    assert (
        await door.post(make_event(), headers=retried | {"X-Slack-Retry-Num": "2"})
    ).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.evidence.facts["retry"] == "1"
    assert inbound.evidence.facts["retry_reason"] == "http_timeout"


async def test_a_message_that_mentions_the_app_is_one_message(door: Door) -> None:
    assert (await door.post(make_event("Ev01"))).status == 200
    assert (await door.post(make_event("Ev02", type="app_mention"))).status == 200
    assert door.recorded.store.calls == 2
    assert len(door.recorded.accepted) == 1


async def test_the_same_moment_in_two_channels_is_two_messages(door: Door) -> None:
    await door.post(make_event("Ev01"))
    await door.post(make_event("Ev02", channel="C0OTHER"))
    assert len(door.recorded.accepted) == 2


@pytest.mark.parametrize("inner", ["message", "previous_message"])
async def test_an_edit_and_a_delete_are_messages_of_the_author_by_event_id(
    door: Door, inner: str
) -> None:
    subtype = "message_changed" if inner == "message" else "message_deleted"
    written = {"type": "message", "user": "U0ANA", "team": "T0OWN", "ts": "1699999990.000200"}
    posted = make_event("Ev09", subtype=subtype, user=None, team=None, **{inner: written})
    assert (await door.post(posted)).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.provider_id == "Ev09"
    assert inbound.sender.identifier == slack_identifier("T0OWN", "U0ANA")
    assert inbound.evidence.facts["event"] == f"message.{subtype}"


async def test_a_reaction_is_stored_by_event_id(door: Door) -> None:
    item = {"type": "message", "channel": "C0HELP", "ts": "1699999990.000200"}
    posted = make_event("Ev10", type="reaction_added", channel=None, ts=None, item=item)
    assert (await door.post(posted)).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.provider_id == "Ev10"
    assert inbound.recipients == ("C0HELP",)


@pytest.mark.parametrize(
    "change",
    [
        {"user": "U0BOT"},
        {"user": "U0OTHER", "app_id": "A0APP"},
        {"user": None, "bot_id": "B0OWN", "subtype": "bot_message", "app_id": "A0APP"},
        {"user": "U0X", "bot_id": "B0OWN", "bot_profile": {"app_id": "A0APP"}},
        {"subtype": "message_changed", "user": None, "message": {"user": "U0BOT"}},
        {"type": "reaction_added", "user": "U0BOT", "item": {"type": "message", "channel": "C1"}},
    ],
)
async def test_our_own_messages_are_acknowledged_and_dropped(
    door: Door, change: dict[str, Any]
) -> None:
    assert (await door.post(make_event(**change))).status == 200
    assert door.recorded.store.calls == 0
    assert door.recorded.refusals == []


async def test_another_bots_message_is_stored_and_marked(door: Door) -> None:
    posted = make_event(user=None, bot_id="B0FORMS", subtype="bot_message", app_id="A0FORMS")
    assert (await door.post(posted)).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.sender.identifier == slack_identifier("T0OWN", "B0FORMS")
    assert inbound.evidence.facts["bot"] == "1"
    assert door.api.calls == []


@pytest.mark.parametrize(
    "change",
    [
        {"type": "channel_rename", "channel": {"id": "C1"}},
        {"type": "user_change", "user": {"id": "U1", "team_id": "T0OWN"}},
        {"type": "app_uninstalled"},
        {"type": "reaction_added", "item": {"type": "file", "file": "F1"}},
        {"subtype": "channel_join"},
        {"subtype": "message_replied"},
        {"type": "a_type_of_next_year", "user": ["U1"], "item": 5},
    ],
)
async def test_events_that_are_nobodys_message_are_acknowledged_and_dropped(
    door: Door, change: dict[str, Any]
) -> None:
    assert (await door.post(make_event(**change))).status == 200
    assert door.recorded.store.calls == 0
    assert door.recorded.refusals == []


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


def published(path: Path) -> dict[str, Any]:
    shape: dict[str, Any] = orjson.loads(path.read_bytes())
    return shape


@pytest.mark.parametrize("path", PUBLISHED or [None])
async def test_every_published_shape_of_an_event_is_understood(
    door: Door, path: Path | None
) -> None:
    if path is None:
        pytest.skip("the published shapes are not beside the project")
    posted = published(path)
    # The values are blank there: only the ids that every such event has are filled in.
    for author in (posted["event"], *map(posted["event"].get, ("message", "previous_message"))):
        if isinstance(author, dict):
            author |= {"user": "U0ANA", "team": "T0OWN", "bot_id": "", "app_id": ""}
    posted["event"] |= {"ts": "1699999990.000200"}
    if not isinstance(posted["event"].get("channel"), dict):
        posted["event"]["channel"] = "C0HELP"
    posted |= {"type": "event_callback", "event_id": "Ev01"}
    assert (await door.post(posted)).status == 200


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


async def test_a_store_that_is_down_is_told_to_slack(door: Door) -> None:
    door.recorded.store.fail()
    answer = await door.post(make_event())
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "X-Slack-No-Retry" not in answer.headers
    assert door.recorded.refusals == [("main", "store_unavailable")]


async def test_a_store_that_is_slow_is_not_waited_for_beyond_slacks_patience(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert slack.ANSWER_TIMEOUT_MS < 3_000
    monkeypatch.setattr(slack, "ANSWER_TIMEOUT_MS", 50)
    door.recorded.store.gate = asyncio.Event()
    assert (await door.post(make_event())).status == 503


async def test_what_can_never_be_stored_is_refused_for_good(door: Door) -> None:
    door.recorded.store.error = Permanent("too large", code="too_large")
    answer = await door.post(make_event())
    assert answer.status == 400
    assert answer.headers["X-Slack-No-Retry"] == "1"


async def test_a_fault_of_our_own_is_not_acknowledged(door: Door) -> None:
    door.recorded.store.error = RuntimeError("a bug")
    assert (await door.post(make_event())).status == 500


async def test_no_log_line_tells_what_was_written(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await door.post(make_event(text="my secret text"))
    await door.post(make_event(text="my secret text"), at_s=0)
    await door.post(make_event(type="other", text="my secret text"))
    await door.post({"type": "block_actions", "text": "my secret text"})
    assert "my secret text" not in caplog.text
    assert "ana@example.com" not in caplog.text.lower()


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


def test_wrong_settings_are_named_by_their_path(recording: Callable[..., RecordingContext]) -> None:
    account = SlackAccount(
        signing_secret=Secret(" "), bot_token=Secret(""), team_id="", api_url="slack"
    )
    with pytest.raises(ConfigurationError) as raised:
        SlackConnector(SlackSettings(accounts={"main": account}), recording().context)
    assert [re.split(":", fault)[0] for fault in raised.value.faults] == [
        f"channels.slack.accounts.main.{field}"
        for field in ("signing_secret", "bot_token", "team_id", "api_url")
    ]
