"""`maitred identity split` and `join`: what they ask for and what they print."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from maitred.contracts.ids import ConversationId, MessageId, OperationId, Tenant
from maitred.contracts.operations import OperationDoc, OperationKind
from maitred.gateway.cli import app
from maitred.identity.operators.orders import Order


class Desk:
    """Takes orders and gives receipts."""

    def __init__(self) -> None:
        self.orders: list[tuple[str, str, tuple[Any, ...]]] = []

    async def split(
        self, order: Order, conversation: ConversationId, messages: list[MessageId]
    ) -> OperationDoc:
        self.orders.append((order.by, order.why, (conversation, *messages)))
        return record(OperationKind.SPLIT, order, conversation, tuple(messages))

    async def join(
        self, order: Order, conversation: ConversationId, into: ConversationId
    ) -> OperationDoc:
        self.orders.append((order.by, order.why, (conversation, into)))
        return record(OperationKind.JOIN, order, conversation)


def record(
    kind: OperationKind,
    order: Order,
    conversation: ConversationId,
    moved: tuple[MessageId, ...] = (),
) -> OperationDoc:
    return OperationDoc(
        id=OperationId("op_1"),
        tenant=Tenant("t"),
        kind=kind,
        by=order.by,
        why=order.why,
        at=order.at,
        conversation=conversation,
        other=ConversationId("cnv_new"),
        moved=moved,
    )


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    found = Desk()

    def run(_config: object, work: Callable[[Any], Any]) -> object:
        # No session is opened: the desk needs none.
        coroutine = work(None)
        with pytest.raises(StopIteration) as done:
            coroutine.send(None)
        return done.value.value

    monkeypatch.setattr("maitred.gateway.cli.identity.conversing.run", run)
    monkeypatch.setattr("maitred.gateway.cli.identity.conversing.conversing_of", lambda _: found)
    return found


def said(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["identity", *arguments, "--why", "two matters"])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_split_tells_where_the_messages_stand_now_and_how_to_undo_it(desk: Desk) -> None:
    text = said("split", "cnv_a", "msg_1", "msg_2", "--by", "kim")
    assert text.splitlines() == [
        "2 messages of cnv_a now stand in cnv_new.",
        "undo: maitred identity undo op_1",
    ]
    assert desk.orders == [("kim", "two matters", ("cnv_a", "msg_1", "msg_2"))]
    assert said("split", "cnv_a", "msg_1").startswith("1 message of cnv_a now stands in ")


def test_a_join_tells_where_the_conversation_stands_now_and_how_to_undo_it(desk: Desk) -> None:
    text = said("join", "cnv_a", "cnv_b", "--by", "kim")
    assert text.splitlines() == [
        "cnv_a now stands in cnv_new.",
        "undo: maitred identity undo op_1",
    ]
    assert desk.orders == [("kim", "two matters", ("cnv_a", "cnv_b"))]


@pytest.mark.parametrize("act", [("split", "cnv_a", "msg_1"), ("join", "cnv_a", "cnv_b")])
def test_programs_get_the_record(desk: Desk, act: tuple[str, ...]) -> None:
    found = orjson.loads(said(*act, "--json"))
    assert (found["id"], found["kind"], found["other"]) == ("op_1", act[0], "cnv_new")
    assert found["by"], "who runs the command, where nobody else is named"
    assert len(desk.orders) == 1
