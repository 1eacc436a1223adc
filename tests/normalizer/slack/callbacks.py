"""Slack's callbacks as tests need them: small, and of people who are made up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from maitred.contracts.ids import Tenant, message_id
from maitred.contracts.message import Message

TS = "1700000000.123456"
ORIGINAL = message_id(Tenant("acme"), "slack", "main", f"T1:C1:{TS}")

Read = Callable[[bytes], Message]
Json = dict[str, Any]


def callback(event: Json, **envelope: object) -> bytes:
    """Return an event in its envelope."""
    return orjson.dumps({"type": "event_callback", "team_id": "T1", "event": event, **envelope})


def said(**fields: object) -> Json:
    """Return a message; `fields` change it."""
    return {"type": "message", "user": "U1", "channel": "C1", "ts": TS, "text": "hi", **fields}


def event(**fields: object) -> bytes:
    """Return a message's callback; `fields` change the message."""
    return callback(said(**fields))


def change(now: Json, before: Json | None = None, **fields: object) -> bytes:
    """Return the callback that tells how a message was changed."""
    changed = {
        "type": "message",
        "subtype": "message_changed",
        "channel": "C1",
        "hidden": True,
        "ts": "1700000100.000200",
        "message": now,
        **({} if before is None else {"previous_message": before}),
        **fields,
    }
    return callback(changed)


def rich(*parts: Json) -> list[Json]:
    """Return the blocks of a message that somebody typed in Slack."""
    return [{"type": "rich_text", "block_id": "b1", "elements": list(parts)}]


def section(*elements: Json | str) -> Json:
    """Return a `rich_text_section`; a string stands for a text element."""
    return {"type": "rich_text_section", "elements": [element(each) for each in elements]}


def quote(*elements: Json | str) -> Json:
    """Return a `rich_text_quote`."""
    return {"type": "rich_text_quote", "elements": [element(each) for each in elements]}


def points(style: str, *texts: str, **fields: object) -> Json:
    """Return a `rich_text_list` of texts."""
    elements = [section(text) for text in texts]
    return {"type": "rich_text_list", "style": style, "elements": elements, **fields}


def element(given: Json | str) -> Json:
    """Return an inline element; a string stands for a text."""
    return {"type": "text", "text": given} if isinstance(given, str) else given
