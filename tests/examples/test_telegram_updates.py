"""What the example reads in Telegram's updates, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from examples.telegram.maitred_telegram.connector import (
    TelegramAccount,
    TelegramConnector,
    TelegramSettings,
)
from examples.telegram.maitred_telegram.decoder import decode
from examples.telegram.maitred_telegram.update import read
from maitred.connectors.testing import RecordingContext
from maitred.connectors.testing.recording import TENANT
from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level, Observed
from maitred.contracts.ids import message_id
from maitred.contracts.inbound import Evidence, Inbound
from maitred.contracts.message import MessageKind
from maitred.contracts.secret import Secret
from maitred.normalizer.port import DecodeContext

WRITTEN: dict[str, Any] = {
    "message_id": 7,
    "date": 1_700_000_000,
    "from": {"id": 42, "first_name": "Kim"},
    "chat": {"id": 42, "type": "private"},
    "text": "Where is it?",
}


def update(kind: str = "message", **changes: Any) -> bytes:
    return msgspec.json.encode({"update_id": 1, kind: {**WRITTEN, **changes}})


@pytest.fixture
def house() -> RecordingContext:
    return RecordingContext()


@pytest.fixture
def inbound(house: RecordingContext) -> Callable[[bytes], Inbound]:
    def received(raw: bytes) -> Inbound:
        who = Identifier(kind=IdentifierKind.CRM, value="telegram:42")
        return house.context.inbound(
            channel="telegram",
            account="main",
            provider_id=read(raw).provider_id,
            sender=Observed(identifier=who, level=Level.AUTHENTICATED),
            content_type="application/json",
            evidence=Evidence(),
        )

    return received


def test_an_edit_names_the_message_that_it_changes(
    house: RecordingContext, inbound: Callable[[bytes], Inbound]
) -> None:
    context = DecodeContext(keys=house.keys)
    said, changed = update(), update("edited_message", text="Where are they?")
    first = decode(inbound(said), said, 1, context).message
    second = decode(inbound(changed), changed, 2, context).message
    assert first.id == message_id(TENANT, "telegram", "main", "42:7")
    assert (second.kind, second.target) == (MessageKind.EDIT, first.id)
    assert second.text == "Where are they?"
    assert first.reply_to.extra == {"chat": "42"}


def test_the_words_below_a_picture_are_words(
    house: RecordingContext, inbound: Callable[[bytes], Inbound]
) -> None:
    raw = update(text="", caption="This one")
    assert decode(inbound(raw), raw, 1, DecodeContext(keys=house.keys)).message.text == "This one"


@pytest.mark.parametrize(
    "changes",
    [
        {"chat": {"id": -5, "type": "group"}},
        {"from": {"id": 9, "is_bot": True}},
        {"text": "  "},
    ],
)
def test_what_nobody_says_in_private_is_no_message(
    house: RecordingContext, inbound: Callable[[bytes], Inbound], changes: dict[str, Any]
) -> None:
    raw = update(**changes)
    assert read(raw).said is None
    with pytest.raises(BadPayload):
        decode(inbound(raw), raw, 1, DecodeContext(keys=house.keys))


def test_a_token_is_never_shown(house: RecordingContext) -> None:
    account = TelegramAccount(bot_token=Secret("1:abc"), secret_tokens=(Secret("xyz"),))
    made = TelegramConnector(TelegramSettings(accounts={"main": account}), house.context)
    assert "1:abc" not in repr(account) + repr(made)
