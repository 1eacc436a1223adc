"""Door and decoder agree: what the door stores is read, what it drops is no message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from maitred.connectors.slack.event import SlackEvent, read_envelope, read_event
from maitred.contracts.errors import BadPayload
from maitred.contracts.ids import message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Message, MessageKind
from maitred.normalizer.port import DecodeContext
from maitred.normalizer.slack.decoder import decode
from tests.normalizer.slack.callbacks import TS, Json, said

EVENTS = Path(__file__).parents[4] / "shared" / "data" / "webhooks" / "slack_events"
NO_MESSAGE = {
    *("FileShared", "LinkShared", "MemberJoinedChannel", "TeamJoin", "UserChange"),
    *("MessageChannelArchive", "MessageChannelJoin", "MessageChannelLeave", "MessageChannelName"),
    *("MessageChannelPostingPermissions", "MessageChannelPurpose", "MessageChannelTopic"),
    *("MessageChannelUnarchive", "MessageGroupTopic", "MessageEkmAccessDenied", "MessageReplied"),
}
KINDS = {
    "MessageBot": MessageKind.AUTO_REPLY,
    "MessageChanged": MessageKind.EDIT,
    "MessageDeleted": MessageKind.DELETE,
    "ReactionAdded": MessageKind.REACTION,
    "ReactionRemoved": MessageKind.REACTION,
}

Outcome = tuple[SlackEvent | str | None, Message | str]
Take = Callable[[Json], Outcome]


@pytest.fixture
def take(received: Callable[..., Inbound], context: DecodeContext) -> Take:
    """Return what door and decoder make of a callback; a text is the code of a refusal."""

    def both(callback: Json) -> Outcome:
        raw = orjson.dumps(callback)
        seen: SlackEvent | str | None
        try:
            seen = read_event(read_envelope(raw), own_team="T1", bot_user_id="UBOT")
        except BadPayload as refused:
            seen = str(refused.code)
        facts = {"team": seen.home} if isinstance(seen, SlackEvent) else {}
        try:
            return seen, decode(received("slack", facts=facts), raw, 1, context).message
        except BadPayload as refused:
            return seen, str(refused.code)

    return both


def shapes() -> list[Any]:
    files = sorted(EVENTS.glob("*Payload.json"))
    if not files:
        absent = pytest.mark.skip(reason="the shapes of Slack's events are not beside the project")
        return [pytest.param(Path("absent"), marks=absent)]
    return [pytest.param(path, id=path.stem.removesuffix("Payload")) for path in files]


def filled(value: Any, name: str = "", parent: str = "") -> Any:
    """Return a shape with values where it has blanks."""
    if isinstance(value, dict):
        return {key: filled(each, key, name) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, name, parent) for each in value]
    if value not in {"", "0000000000.000000"}:
        return value
    if name.endswith("ts") or name == "latest_reply":
        return TS
    blank = {"bot_id", "subtype", "user_team", "app_id", "username", "unicode", "style"}
    known = {
        "type": "" if parent else "event_callback",
        "channel": "C1",
        "user": "U1",
        "event_id": "Ev1",
        "reaction": "tada",
        "api_app_id": "A9",
    }
    if name in blank:
        return ""
    return "T1" if "team" in name else known.get(name, f"some {name}")


@pytest.mark.parametrize("path", shapes())
def test_each_shape_of_slack_ends_as_it_should(take: Take, path: Path) -> None:
    name = path.stem.removesuffix("Payload")
    callback = filled(orjson.loads(path.read_bytes()))
    if name == "MessageBot":
        callback["event"]["bot_id"] = "B1"
    if name == "MessageChanged":
        assert take(callback) == (None, "unsupported_event")
        callback["event"]["message"]["text"] = "corrected " * 100
    door, message = take(callback)
    if name in NO_MESSAGE:
        assert (door, message) == (None, "unsupported_event")
        return
    assert isinstance(door, SlackEvent)
    assert isinstance(message, Message)
    assert message.kind is KINDS.get(name, MessageKind.MESSAGE)


@pytest.mark.parametrize("path", shapes())
def test_each_blank_shape_is_ignored_or_refused_by_both(take: Take, path: Path) -> None:
    blank = orjson.loads(path.read_bytes())
    for callback in (blank, {**blank, "type": "event_callback"}):
        door, message = take(callback)
        assert door in {None, "malformed_event"}
        assert message in {"bad_field", "unsupported_event"}


@pytest.mark.parametrize(
    ("event", "envelope"),
    [
        (said(), {}),
        (said(), {"team_id": "T2", "context_team_id": "T1"}),
        (said(), {"team_id": None}),
        (said(type="app_mention"), {"team_id": None}),
        (said(subtype="thread_broadcast", thread_ts="1699999999.000001"), {}),
    ],
)
def test_both_give_a_message_the_same_name(
    take: Take, context: DecodeContext, event: Json, envelope: Json
) -> None:
    door, message = take({"type": "event_callback", "team_id": "T1", "event": event, **envelope})
    assert isinstance(door, SlackEvent)
    assert isinstance(message, Message)
    assert message.thread.own == (door.provider_id,)
    edit = {"type": "message", "subtype": "message_changed", "channel": "C1", "ts": TS}
    changed = {**edit, "message": {**event, "text": "new"}, "previous_message": event}
    whole = {"type": "event_callback", "team_id": "T1", "event_id": "Ev2", **envelope}
    _, correction = take({**whole, "event": changed})
    assert isinstance(correction, Message)
    name = message_id(context.keys.tenant, "slack", "main", door.provider_id)
    assert correction.target == name
