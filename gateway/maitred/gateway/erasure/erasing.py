"""Erasing: a running gateway carries out what `maitred identity erase` asked for.

Round by round: find what there is of the person, write down whom it is about, wait until the
stages have passed what is under way, have his conversations forgotten, take him out of what he
shares, purge. A round that finds nothing is the proof that nothing is left. Every step can be done
again, and each begins with what the record and the store say, so a crash between any two of them
only delays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Final

import msgspec
import structlog

from maitred.contracts.documents import PositionDoc
from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.events import headers
from maitred.contracts.ids import ConversationId, CustomerId
from maitred.contracts.limits import MINUTE_MS
from maitred.contracts.operations import (
    ChangeKind,
    ConversationChange,
    ErasureDoc,
    ErasureState,
    PendingPurge,
)
from maitred.contracts.routing import Decision, RoutingState
from maitred.contracts.subjects import COMMANDS, INBOUND, JOURNAL
from maitred.gateway import clock, intake
from maitred.gateway.admit import STAGE as ADMIT
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.batch import Conflict
from maitred.gateway.bus.lease import Lease
from maitred.gateway.bus.pull import Pull, Received
from maitred.gateway.bus.reads import count, get_last, get_many, get_next
from maitred.gateway.delivery.sending import stage_name
from maitred.gateway.dispatch import STAGE as DISPATCH
from maitred.gateway.erasure.belongings import Belongings, Finder
from maitred.gateway.erasure.disentangling import Disentangler
from maitred.gateway.erasure.purging import Marks, carry_out, marks, plan_of
from maitred.gateway.erasure.record import ErasureRecord
from maitred.gateway.erasure.seeding import seed_of
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.lookup import decoded
from maitred.gateway.journal.stage import Fenced
from maitred.gateway.journal.tenure import hold
from maitred.identity.customers.components import Tools
from maitred.identity.erasure.extent import Person
from maitred.identity.erasure.parting import Cause

log = structlog.get_logger(__name__)
STAGE: Final = "erasure"
READ_BY_DISPATCH: Final = ("message", "admitted", "due", "change")
ROUNDS_MAX: Final = 50
"""After so many rounds in a row others have their turn: somebody goes on writing."""
PURGES_AT_ONCE_MAX: Final = 500
REPLIES_WAIT_MS: Final = 2 * MINUTE_MS
"""For how long replies that are under way are waited for; providers are tried for less."""
_PAUSE_S: Final = 0.05
_PAUSE_S_MAX: Final = 5.0
_PARTITION: Final = 4
"""Which token of an INBOUND subject is the partition."""
_CHANNEL: Final = 4
"""Which token of a reply's subject is its channel."""


class Round(Enum):
    """What one round came to."""

    DONE = "done"
    AGAIN = "again"
    WAITING = "waiting"
    """A stage has not come as far yet."""


class _Routed(msgspec.Struct, frozen=True):
    conversation: ConversationId
    state: RoutingState


class Eraser:
    """Carries out erasures, one after the other, for as long as the lease is ours."""

    def __init__(self, backbone: Backbone, *, tools: Tools, keeping: Keeping, lease: Lease) -> None:
        self._backbone = backbone
        self._connection = backbone.connection
        self._subjects = backbone.subjects
        self._tools = tools
        self._keeping = keeping
        self._lease = lease
        self._open: dict[CustomerId, None] = {}
        self._log = log.bind(stage=STAGE)

    async def run(self) -> None:
        """Work until cancelled; a store that does not answer only delays."""
        await hold(self._lease, self._connection, self._work, self._log)

    async def _work(self) -> None:
        self._open.clear()
        pull = Pull(self._connection, JOURNAL, [self._subjects.any("erasure")], after=0, name=STAGE)
        self._lease.when_lost = pull.end
        try:
            async for received in pull.batches():
                self._take(received)
                pause_s = _PAUSE_S
                while self._open:
                    moved = await self._each_in_turn()
                    pause_s = _PAUSE_S if moved else min(2 * pause_s, _PAUSE_S_MAX)
                    if self._open:
                        await asyncio.sleep(pause_s)
                    self._take(pull.take(PURGES_AT_ONCE_MAX))
        finally:
            self._lease.when_lost = None
            await pull.close()

    def _take(self, received: Iterable[Received]) -> None:
        for item in received:
            doc = decoded(item.data, ErasureDoc)
            if doc is not None and doc.state is not ErasureState.DONE:
                self._open[doc.customer] = None

    async def _each_in_turn(self) -> bool:
        """Go on with each; return whether one of them is over with."""
        waiting = len(self._open)
        for customer in list(self._open):
            if not self._lease.held:
                raise Fenced("the lease was lost")
            try:
                done = await self.erase(customer)
            except (StoreUnavailable, Conflict, Fenced):
                raise
            except Permanent as error:
                self._log.warning("erasure_delayed", customer=customer, code=error.code)
                done = False
            except Exception as error:  # noqa: BLE001  (told, and tried at the next start)
                # One that cannot be carried out must not end the gateway, nor hold up the others;
                # it is tried again at the next start.
                self._log.exception("erasure_failed", customer=customer, kind=type(error).__name__)
                done = True
            if done:
                del self._open[customer]
        return len(self._open) < waiting

    async def erase(self, customer: CustomerId) -> bool:
        """Go on with an erasure as far as it goes now; return whether it is done.

        Raises:
            Permanent: others wrote at every try.
            StoreUnavailable: the store does not answer.
        """
        for _ in range(ROUNDS_MAX):
            match await self._round(customer):
                case Round.DONE:
                    return True
                case Round.WAITING:
                    return False
        return False

    async def _round(self, customer: CustomerId) -> Round:
        record = ErasureRecord(self._connection, self._subjects, self._keeping, customer)
        doc = await record.read()
        if doc is None or doc.state is ErasureState.DONE:
            return Round.DONE
        if doc.pending:
            await self._carry_out(record, doc.pending)
        upto = await marks(self._connection)
        found = await Finder(self._connection, self._tools).find(seed_of(doc))
        await record.begin(found.person, frozenset(), clock.now_ms())
        if not (
            await self._passed(found.person, upto)
            and await self._replies_are_out(doc, found.person, upto)
        ):
            return Round.WAITING
        if await self._have_forgotten(found.person):
            return Round.AGAIN
        cause = Cause(by=doc.by, why=doc.why, at=doc.asked_at)
        left = await Disentangler(
            self._connection, self._tools, self._keeping, cause, record.subject
        ).disentangle(found, clock.now_ms())
        if left.nobodys:
            await record.begin(found.person, left.nobodys, clock.now_ms())
            return Round.AGAIN
        return await self._purge(record, found, upto, rewritten=left.rewritten)

    # -- what is under way
    async def _passed(self, person: Person, upto: Marks) -> bool:
        """Whether the stages have handled what stood there of him, and all that came of it."""
        for key in sorted(person.keys | person.holding.shared.keys()):
            pattern = f"{self._subjects.root}.inbound.*.*.{key}"
            standing, _ = await count(self._connection, INBOUND, pattern)
            for subject in standing:
                partition = int(subject.split(".")[_PARTITION])
                position = await self._position(intake.STAGE, partition)
                ahead = await get_next(self._connection, INBOUND, subject, after=position)
                if ahead is not None and ahead.seq <= upto[INBOUND]:
                    return False
        by_dispatch = map(self._subjects.any, READ_BY_DISPATCH)
        return not (
            await self._ahead(ADMIT, COMMANDS, [self._subjects.any("command")], upto)
            or await self._ahead(DISPATCH, JOURNAL, by_dispatch, upto)
        )

    async def _ahead(self, stage: str, stream: str, subjects: Iterable[str], upto: Marks) -> bool:
        """Whether a stage has still to read something that stood there."""
        position = await self._position(stage, 0)
        for subject in subjects:
            found = await get_next(self._connection, stream, subject, after=position)
            if found is not None and found.seq <= upto[stream]:
                return True
        return False

    async def _replies_are_out(self, doc: ErasureDoc, person: Person, upto: Marks) -> bool:
        """Whether the replies to him have left, or nobody waits for them any longer.

        Delivery notes what became of each of them, which would come after him.
        """
        if clock.now_ms() - doc.asked_at > REPLIES_WAIT_MS:
            return True
        root = f"{self._subjects.root}.outbound"
        patterns = [f"{root}.*.*.{key}" for key in sorted(person.keys)]
        patterns += [f"{root}.*.{each}.*" for each in sorted(person.conversations)]
        for pattern in patterns:
            standing, _ = await count(self._connection, JOURNAL, pattern)
            for subject in standing:
                stage = stage_name(subject.split(".")[_CHANNEL])
                if await self._ahead(stage, JOURNAL, [subject], upto):
                    return False
        return True

    async def _position(self, stage: str, partition: int) -> int:
        subject = self._subjects.position(stage, partition)
        stored = await get_last(self._connection, JOURNAL, subject, leader=True)
        if stored is None:
            return 0
        return msgspec.json.decode(stored.data, type=PositionDoc).sequence

    async def _have_forgotten(self, person: Person) -> bool:
        """Have dispatch forget his conversations; return whether it has yet to hear of any.

        Whoever holds one is told that it is gone. Said again of one that has not moved since, it
        is not stored twice.
        """
        subjects = [self._subjects.routing(each) for each in sorted(person.conversations)]
        news = False
        for stored in (await get_many(self._connection, JOURNAL, subjects)).values():
            routed = msgspec.json.decode(stored.data, type=_Routed)
            if routed.state is RoutingState.CLOSED:
                continue
            at = clock.now_ms()
            subject = self._subjects.change(routed.conversation)
            change = ConversationChange(
                conversation=routed.conversation, kind=ChangeKind.ERASED, at=at
            )
            name = f"erased:{routed.conversation}:{stored.seq}"
            ack = await self._backbone.publisher.publish(
                subject,
                msgspec.json.encode(change),
                msg_id=name,
                stream=JOURNAL,
                ttl_ms=self._keeping.entry_ttl_ms(subject),
                headers=headers(event_id=name, kind="change/1", at=at),
            )
            news |= not ack.duplicate
        return news

    # -- what is purged
    async def _purge(
        self, record: ErasureRecord, found: Belongings, upto: Marks, *, rewritten: int
    ) -> Round:
        seen = await record.read()
        plan = await plan_of(self._connection, self._tools, found, upto)
        if not plan.purges:
            if rewritten or plan.later:
                return Round.AGAIN
            done = await record.finish(clock.now_ms())
            if done is None or done.state is not ErasureState.DONE:
                return Round.AGAIN
            purged = sum(each.count for each in done.subjects)
            self._log.info("erased", customer=done.customer, purged=purged)
            return Round.DONE
        for sequence, decision in plan.decisions:
            await self._keep(sequence, decision)
        for some in _chunks(plan.purges):
            if seen is None or await record.plan(some, seen, clock.now_ms()) is None:
                break
            seen = await self._carry_out(record, some)
        return Round.AGAIN

    async def _keep(self, sequence: int, decision: Decision) -> None:
        """Write a decision down that stood in what an agent was told; it holds ids only."""
        subject = self._subjects.decision(decision.conversation)
        name = f"decision:{sequence}"
        await self._backbone.publisher.publish(
            subject,
            msgspec.json.encode(decision),
            msg_id=name,
            stream=JOURNAL,
            ttl_ms=self._keeping.entry_ttl_ms(subject),
            headers=headers(event_id=name, kind="decision/1", at=decision.at),
        )

    async def _carry_out(
        self, record: ErasureRecord, pending: Sequence[PendingPurge]
    ) -> ErasureDoc | None:
        """Purge what was planned and count it; after a crash, what was planned is what is gone."""
        await carry_out(self._connection, pending)
        return await record.settle(pending, clock.now_ms())


def _chunks(purges: Sequence[PendingPurge]) -> Iterator[Sequence[PendingPurge]]:
    for start in range(0, len(purges), PURGES_AT_ONCE_MAX):
        yield purges[start : start + PURGES_AT_ONCE_MAX]
