"""One change by whoever is no stage: whole or not at all, and computed again when it was late."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from maitred.contracts.documents import ClaimDoc
from maitred.contracts.errors import BadPayload, Permanent, StoreUnavailable
from maitred.contracts.ids import ConversationId, CustomerId, IdentifierKey
from maitred.contracts.limits import CLAIM_AGE_MS, LOG_AGE_MS
from maitred.contracts.subjects import JOURNAL
from maitred.contracts.view import NotRead, View
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import reads, streams
from maitred.gateway.bus.batch import AlreadyApplied, commit, document
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.journal import transaction
from maitred.gateway.journal.effects import Entry
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.transaction import Decision, transact
from tests.gateway.journal.toy import Count, Counted, counts, entries

AT = 1_800_000_000_000


class Steps:
    """Steps on counters, that tell what they saw; `between` happens after each was computed."""

    def __init__(self, backbone: Backbone) -> None:
        self.backbone = backbone
        self.subjects = backbone.subjects
        self.seen: list[int] = []

    def where(self, key: str) -> str:
        return self.subjects.customer(CustomerId(key))

    def add(self, key: str, *entry_ids: str) -> Callable[[View], Decision[int]]:
        def step(view: View) -> Decision[int]:
            before = view.read(self.where(key), Count)
            number = before.number + 1 if before else 1
            self.seen.append(number)
            return Decision(
                number, {self.where(key): Count(number=number)}, tuple(map(self.entry, entry_ids))
            )

        return step

    def entry(self, id_: str) -> Entry:
        subject = self.subjects.decision(ConversationId("cnv_1"))
        return Entry(subject, Counted(order=id_, number=0), f"toy:{id_}")

    async def run(self, step: Callable[[View], Decision[Any]]) -> Any:
        return await transact(self.backbone.connection, Keeping(), step, AT)

    async def write(self, key: str, number: int) -> None:
        """Let somebody else write."""
        stored = await reads.get_last(
            self.backbone.connection, JOURNAL, self.where(key), leader=True
        )
        data = msgspec.json.encode(Count(number=number))
        expected = stored.seq if stored else 0
        await commit(
            self.backbone.connection, JOURNAL, [document(self.where(key), data, expected=expected)]
        )

    async def last(self) -> int:
        return await streams.last_sequence(self.backbone.connection, JOURNAL)


@pytest.fixture
def steps(backbone: Backbone) -> Steps:
    return Steps(backbone)


@pytest.fixture
def rivals(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Who writes what right before each commit, one after the other."""
    todo: list[tuple[str, int]] = []
    real = transaction.batch.commit

    async def late(connection: Connection, stream: str, writes: Sequence[Any]) -> int:
        if todo:
            with monkeypatch.context() as patch:
                patch.setattr(transaction.batch, "commit", real)
                await steps.write(*todo.pop(0))
        return await real(connection, stream, writes)

    monkeypatch.setattr(transaction.batch, "commit", late)
    return todo


async def test_documents_and_entries_land_together_and_the_answer_comes_back(steps: Steps) -> None:
    assert await steps.run(steps.add("a", "e1", "e2")) == 1
    assert await steps.run(steps.add("a")) == 2
    assert await counts(steps.backbone) == {"a": 2}
    assert [each.order for each in await entries(steps.backbone)] == ["e1", "e2"]


async def test_a_step_that_changes_nothing_writes_nothing(steps: Steps) -> None:
    await steps.write("a", 7)
    before = await steps.last()

    def step(view: View) -> Decision[int]:
        found = view.read(steps.where("a"), Count)
        missing = view.read(steps.where("b"), Count)
        assert missing is None
        return Decision(found.number if found else 0)

    assert await steps.run(step) == 7
    assert await steps.last() == before


async def test_who_was_late_sees_what_the_other_wrote(
    steps: Steps, rivals: list[tuple[str, int]]
) -> None:
    await steps.write("a", 1)
    rivals += [("a", 10), ("a", 20), ("a", 30)]
    assert await steps.run(steps.add("a", "e1")) == 31
    assert steps.seen == [2, 11, 21, 31]
    assert await counts(steps.backbone) == {"a": 31}
    assert len(await entries(steps.backbone)) == 1


async def test_a_document_that_came_into_being_meanwhile_is_a_conflict_too(
    steps: Steps, rivals: list[tuple[str, int]]
) -> None:
    rivals += [("a", 5)]
    assert await steps.run(steps.add("a")) == 6


async def test_who_was_late_for_one_document_writes_none_of_the_others(
    steps: Steps, rivals: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "TRIES_MAX", 1)
    rivals += [("b", 5)]

    def step(view: View) -> Decision[None]:
        documents = {steps.where(key): Count(number=1) for key in "abc"}
        return Decision(None, documents, (steps.entry("e1"),))

    with pytest.raises(Permanent):
        await steps.run(step)
    assert await counts(steps.backbone) == {"b": 5}
    assert await entries(steps.backbone) == []


async def test_who_is_always_late_gives_up_and_says_so(
    steps: Steps, rivals: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "TRIES_MAX", 3)
    rivals += [("a", number) for number in (10, 20, 30, 40)]
    with pytest.raises(Permanent) as lost:
        await steps.run(steps.add("a"))
    assert lost.value.code == "busy"
    assert await counts(steps.backbone) == {"a": 30}
    assert steps.seen == [1, 11, 21]


async def test_twenty_at_once_count_to_twenty(steps: Steps) -> None:
    answers = await asyncio.gather(*(steps.run(steps.add("a")) for _ in range(20)))
    assert sorted(answers) == list(range(1, 21))
    assert await counts(steps.backbone) == {"a": 20}


async def test_what_stands_under_its_id_is_not_done_again(steps: Steps) -> None:
    await steps.run(steps.add("a", "e1"))
    before = await steps.last()
    with pytest.raises(AlreadyApplied):
        await steps.run(steps.add("a", "e1"))
    with pytest.raises(AlreadyApplied):
        await steps.run(steps.add("b", "e2", "e1"))
    assert await steps.last() == before
    assert await counts(steps.backbone) == {"a": 1}


async def test_a_chain_of_documents_is_read_as_far_as_it_goes(steps: Steps) -> None:
    for number, key in enumerate("abcde"):
        await steps.write(key, number)
    asked: list[tuple[str, ...]] = []

    def step(view: View) -> Decision[int]:
        total = 0
        for key in "abcde":
            missing = view.missing(steps.where(key), steps.where(key + "x"))
            if missing:
                asked.append(missing)
                raise NotRead(*missing)
            found = view.read(steps.where(key), Count)
            total += found.number if found else 0
        return Decision(total)

    assert await steps.run(step) == 10
    assert [len(each) for each in asked] == [2] * 5


async def test_a_document_that_was_never_read_is_written_over_no_other(
    steps: Steps, rivals: list[tuple[str, int]]
) -> None:
    """Its revision is looked up before it is written, so it is compared as well."""
    await steps.write("a", 3)
    rivals += [("a", 4)]
    tries = 0

    def blind(view: View) -> Decision[None]:
        nonlocal tries
        tries += 1
        return Decision(None, {steps.where("a"): Count(number=9)})

    await steps.run(blind)
    assert tries == 4, "twice, each time once more for the revision"
    assert await counts(steps.backbone) == {"a": 9}


async def test_a_step_that_asks_again_for_what_it_has_ends(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "TRIES_MAX", 2)
    monkeypatch.setattr(transaction, "_AGAIN_S", 0)
    tries = 0

    def stubborn(view: View) -> Decision[None]:
        nonlocal tries
        tries += 1
        raise NotRead(steps.where("a"))

    with pytest.raises(Permanent) as gave_up:
        await steps.run(stubborn)
    assert gave_up.value.code == "busy"
    assert tries == 4


async def test_a_step_that_asks_again_sees_what_was_written_meanwhile(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    await steps.write("a", 1)
    seen: list[int] = []

    def step(view: View) -> Decision[None]:
        found = view.read(steps.where("a"), Count)
        seen.append(found.number if found else 0)
        if seen[-1] < 2:
            raise NotRead(steps.where("a"))
        return Decision(None)

    real = transaction.get_many

    async def later(*arguments: Any, **more: Any) -> Any:
        """Let somebody write before the document is asked for again."""
        if seen:
            await steps.write("a", 2)
        return await real(*arguments, **more)

    monkeypatch.setattr(transaction, "get_many", later)
    await steps.run(step)
    assert seen == [1, 2]


@pytest.mark.parametrize("error", [BadPayload("no", code="no"), ValueError("a fault")])
async def test_what_a_step_raises_comes_out_and_nothing_is_written(
    steps: Steps, error: Exception
) -> None:
    def step(view: View) -> Decision[None]:
        view.read(steps.where("a"), Count)
        raise error

    with pytest.raises(type(error)):
        await steps.run(step)
    assert await steps.last() == 0


async def test_a_document_of_another_shape_is_refused(steps: Steps) -> None:
    await steps.write("a", 1)

    def step(view: View) -> Decision[None]:
        view.read(steps.where("a"), ClaimDoc)
        return Decision(None)

    with pytest.raises(msgspec.ValidationError):
        await steps.run(step)


async def test_what_is_too_large_is_refused_and_nothing_is_written(steps: Steps) -> None:
    def step(view: View) -> Decision[None]:
        huge = Count(number=1, then="x" * 2_000_000)
        return Decision(None, {steps.where("a"): Count(number=1), steps.where("b"): huge})

    with pytest.raises(Permanent) as refused:
        await steps.run(step)
    assert refused.value.code == "too_large"
    assert await steps.last() == 0


async def test_what_is_written_lives_as_long_as_its_kind(steps: Steps) -> None:
    claim = steps.subjects.claim(IdentifierKey("k"))

    def step(view: View) -> Decision[None]:
        documents = {claim: ClaimDoc(), steps.where("a"): Count(number=1)}
        return Decision(None, documents, (steps.entry("e1"),))

    await steps.run(step)
    found = await reads.get_many(
        steps.backbone.connection,
        JOURNAL,
        [claim, steps.where("a"), steps.subjects.any("decision")],
    )
    lives = {
        subject.split(".")[3]: stored.headers.get("Nats-TTL") for subject, stored in found.items()
    }
    assert lives == {
        "claim": f"{CLAIM_AGE_MS // 1000}s",
        "customer": None,
        "decision": f"{LOG_AGE_MS // 1000}s",
    }


@pytest.mark.parametrize("heard", ["nothing", "all but the answer"])
async def test_a_store_that_goes_away_is_told_and_what_came_through_is_known(
    nats: EmbeddedServer, steps: Steps, monkeypatch: pytest.MonkeyPatch, heard: str
) -> None:
    await steps.run(steps.add("a", "e0"))
    real = transaction.batch.commit

    async def dying(connection: Connection, stream: str, writes: Sequence[Any]) -> int:
        if heard == "nothing":
            os.kill(nats.pid, signal.SIGKILL)
            return await real(connection, stream, writes)
        await real(connection, stream, writes)
        os.kill(nats.pid, signal.SIGKILL)
        raise StoreUnavailable("the answer was lost")

    with monkeypatch.context() as patch:
        patch.setattr(transaction.batch, "commit", dying)
        with pytest.raises(StoreUnavailable):
            await steps.run(steps.add("a", "e1"))
    done = False
    while not done:
        async with asyncio.timeout(10):
            await steps.backbone.connection.wait_connected()
        try:
            await steps.run(steps.add("a", "e1"))
        except StoreUnavailable:
            await asyncio.sleep(0.01)  # polling: the server is another process
        except AlreadyApplied:
            assert heard != "nothing"
            done = True
        else:
            assert heard == "nothing"
            done = True
    assert await counts(steps.backbone) == {"a": 2}
    assert len(await entries(steps.backbone)) == 2
