"""The quarantine: whole, once, and the way back."""

from __future__ import annotations

import pytest

from maitred.contracts.errors import Permanent
from maitred.contracts.ids import IdentifierKey, Tenant
from maitred.contracts.limits import NATS_PAYLOAD_BYTES_MAX
from maitred.contracts.subjects import DEAD, INBOUND, JOURNAL, Subjects
from maitred.gateway.bus import reads, streams
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.dead import DeadLetter, DeadLetters
from maitred.gateway.bus.publisher import Publisher
from maitred.gateway.bus.pull import Pull, Received


@pytest.fixture
def letters(connection: Connection, publisher: Publisher, subjects: Subjects) -> DeadLetters:
    return DeadLetters(connection, publisher, subjects)


async def _received(
    connection: Connection, publisher: Publisher, subjects: Subjects, data: bytes
) -> Received:
    subject = subjects.inbound("email", IdentifierKey("key"))
    headers = {"traceparent": "00-aa-bb-01", "ce-id": "é"}
    await publisher.publish(subject, data, msg_id="provider-1", stream=INBOUND, headers=headers)
    pull = Pull(connection, INBOUND, [subjects.any("inbound")], after=0, name="intake")
    (message,) = await anext(pull.batches())
    await pull.close()
    return message


async def _bury(letters: DeadLetters, message: Received, reason: str = "cannot be read") -> None:
    await letters.bury(
        stage="intake",
        input_stream=INBOUND,
        input_seq=message.stream_seq,
        subject=message.subject,
        data=message.data,
        headers=message.headers,
        reason_code="bad_payload",
        reason=reason,
    )


async def _only(letters: DeadLetters) -> DeadLetter:
    (letter,) = await letters.list(10)
    return letter


async def test_a_message_goes_to_the_quarantine_and_back_unchanged(
    connection: Connection, publisher: Publisher, subjects: Subjects, letters: DeadLetters
) -> None:
    message = await _received(connection, publisher, subjects, b"\x00\xff raw")
    await _bury(letters, message)
    letter = await _only(letters)
    assert (letter.stage, letter.reason_code, letter.reason) == (
        "intake",
        "bad_payload",
        "cannot be read",
    )
    assert (letter.stream, letter.subject, letter.input_seq) == (INBOUND, message.subject, 1)
    assert (letter.data, letter.headers) == (message.data, message.headers)
    assert letter.whole
    assert await letters.show(letter.seq) == letter
    ack = await letters.replay(letter.seq)
    assert (ack.stream, ack.seq, ack.duplicate) == (INBOUND, 2, False)
    again = await reads.get_at(connection, INBOUND, ack.seq)
    assert again is not None
    assert (again.subject, again.data) == (message.subject, message.data)
    assert again.headers["traceparent"] == message.headers["traceparent"]
    assert again.headers["ce-id"] == "é"
    assert await letters.list(10) == []


async def test_a_letter_stands_under_whom_it_is_about(
    connection: Connection, publisher: Publisher, subjects: Subjects, letters: DeadLetters
) -> None:
    message = await _received(connection, publisher, subjects, b"raw")
    await _bury(letters, message)
    key = message.subject.rpartition(".")[2]
    found, _ = await reads.count(connection, DEAD, ">")
    assert found == {subjects.dead("intake", key): 1}


async def test_burying_twice_keeps_one(
    connection: Connection, publisher: Publisher, subjects: Subjects, letters: DeadLetters
) -> None:
    message = await _received(connection, publisher, subjects, b"raw")
    await _bury(letters, message)
    await _bury(letters, message)
    assert len(await letters.list(10)) == 1


async def test_a_replay_that_was_interrupted_and_done_again_is_stored_once(
    connection: Connection,
    publisher: Publisher,
    subjects: Subjects,
    letters: DeadLetters,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await _bury(letters, await _received(connection, publisher, subjects, b"raw"))
    letter = await _only(letters)

    async def crash(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reads, "delete_at", crash)
        with pytest.raises(KeyboardInterrupt):
            await letters.replay(letter.seq)
    assert (await letters.replay(letter.seq)).duplicate
    assert (await streams.info(connection, INBOUND)).messages == 2


async def test_a_log_entry_that_is_replayed_still_expires(
    connection: Connection, subjects: Subjects, letters: DeadLetters
) -> None:
    await letters.bury(
        stage="dispatch",
        input_stream=JOURNAL,
        input_seq=7,
        subject=subjects.root + ".message.a",
        data=b"{}",
        headers={"Nats-TTL": "60s", "Nats-Msg-Id": "m", "Nats-Batch-Id": "b", "x": "y"},
        reason_code="bug",
        reason="",
    )
    ack = await letters.replay((await _only(letters)).seq)
    stored = await reads.get_at(connection, JOURNAL, ack.seq)
    assert stored is not None
    assert stored.headers["Nats-TTL"] == "60s"
    assert stored.headers["Nats-Msg-Id"] != "m"
    assert "Nats-Batch-Id" not in stored.headers


async def test_a_letter_is_dropped_once(
    connection: Connection, publisher: Publisher, subjects: Subjects, letters: DeadLetters
) -> None:
    await _bury(letters, await _received(connection, publisher, subjects, b"raw"))
    letter = await _only(letters)
    assert await letters.drop(letter.seq)
    assert not await letters.drop(letter.seq)
    assert await letters.show(letter.seq) is None
    with pytest.raises(Permanent):
        await letters.replay(letter.seq)


async def test_another_tenant_sees_nothing_of_it(
    connection: Connection, publisher: Publisher, subjects: Subjects, letters: DeadLetters
) -> None:
    await _bury(letters, await _received(connection, publisher, subjects, b"raw"))
    letter = await _only(letters)
    other = DeadLetters(connection, publisher, Subjects(Tenant("other")))
    assert await other.list(10) == []
    assert await other.show(letter.seq) is None
    assert not await other.drop(letter.seq)


async def test_a_reason_of_any_shape_and_headers_of_any_size_are_taken(
    connection: Connection, publisher: Publisher, subjects: Subjects, letters: DeadLetters
) -> None:
    message = await _received(connection, publisher, subjects, b"raw")
    await _bury(letters, message, "line one\r\nNats-Rollup: all\n" + "é" * 5_000)
    letter = await _only(letters)
    assert letter.reason.startswith("line one Nats-Rollup: all é")
    assert len(letter.reason) == 500
    await letters.bury(
        stage="intake",
        input_stream=INBOUND,
        input_seq=99,
        subject=message.subject,
        data=b"raw",
        headers={"x": "y" * 50_000},
        reason_code="huge",
        reason="huge",
    )
    assert (await letters.list(10))[1].headers == {}


async def test_what_is_too_large_for_the_quarantine_does_not_block_it(
    letters: DeadLetters, subjects: Subjects
) -> None:
    await letters.bury(
        stage="intake",
        input_stream=INBOUND,
        input_seq=1,
        subject=subjects.root + ".inbound.0.email.key",
        data=bytes(NATS_PAYLOAD_BYTES_MAX - 100),
        headers={},
        reason_code="huge",
        reason="huge",
    )
    letter = await _only(letters)
    assert not letter.whole
    with pytest.raises(Permanent) as refused:
        await letters.replay(letter.seq)
    assert refused.value.code == "not_whole"


async def test_what_is_not_a_letter_does_not_hide_the_letters(
    connection: Connection, publisher: Publisher, subjects: Subjects, letters: DeadLetters
) -> None:
    await publisher.publish(subjects.dead("intake", "k1"), b"?", msg_id="x", stream=DEAD)
    await _bury(letters, await _received(connection, publisher, subjects, b"raw"))
    assert len(await letters.list(10)) == 1
