"""The runner: pull inputs in order, compute purely, commit effects and position in one batch.

What a stage computes is a plain function of the input and the documents it reads; this shell
carries it through crashes, lost races and a store that goes away. The position stands in the same
batch as the effects, so an input has all of its effects or none, whoever is killed when.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeVar

import msgspec
import structlog

from maitred.contracts import limits
from maitred.contracts.documents import PositionDoc
from maitred.contracts.errors import BadPayload, Permanent
from maitred.contracts.events import TRACEPARENT, trace_id
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.batch import AlreadyApplied, Conflict, Write, document
from maitred.gateway.bus.lease import Lease
from maitred.gateway.bus.pull import Pull, Received
from maitred.gateway.bus.reads import get_last, get_many
from maitred.gateway.journal.documents import DocumentCache, Drafts, Known
from maitred.gateway.journal.effects import Effects, Outcome
from maitred.gateway.journal.folding import fold
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.stage import Buried, Fenced, Stage
from maitred.gateway.journal.tenure import hold
from maitred.gateway.journal.writes import entries, fits
from maitred.gateway.metrics import Metrics

log = structlog.get_logger(__name__)
P = TypeVar("P")
GROUP_TRIES_MAX: Final = 3
"""After so many lost races a group is committed one input at a time."""
IDLE_ROUNDS_MAX: Final = 250
_IDLE_S: Final = 0.02
"""A replica has five seconds, as long as for any read, to come to what another has shown."""
_TORN: Final = Buried("torn", "the documents that it needs do not fit together")


class _Failing(Exception):
    """Some inputs could not be applied; what the stage holds in memory counts them in."""


@dataclass(slots=True)
class _Group(Generic[P]):
    received: Sequence[Received]
    prepared: list[P | Buried]

    def half(self) -> tuple[_Group[P], _Group[P]]:
        middle = len(self.received) // 2
        return (
            _Group(self.received[:middle], self.prepared[:middle]),
            _Group(self.received[middle:], self.prepared[middle:]),
        )


class Runner(Generic[P]):
    """Runs one partition of a stage, for as long as the lease on it is ours."""

    def __init__(
        self,
        stage: Stage[P],
        partition: int,
        *,
        backbone: Backbone,
        keeping: Keeping,
        metrics: Metrics,
        lease: Lease,
    ) -> None:
        self._stage = stage
        self._partition = partition
        self._backbone = backbone
        self._keeping = keeping
        self._metrics = metrics
        self._lease = lease
        self._cache = DocumentCache()
        self._loaded: set[str] = set()
        self._loaded_ahead: set[str] = set()
        self._pull: Pull | None = None
        self._ahead: _Group[P] | None = None
        self._suspects: set[int] = set()
        self._faulty: dict[int, Buried] = {}
        self._subject = backbone.subjects.position(stage.name, partition)
        self._position = PositionDoc(stage=stage.name, partition=partition, sequence=0)
        self._revision = 0
        self._log = log.bind(stage=stage.name, partition=partition)

    async def run(self) -> None:
        """Work until cancelled; a store that does not answer only delays."""
        await hold(self._lease, self._backbone.connection, self._work, self._log)

    async def _work(self) -> None:
        await self._recover()
        await self._stage.rebuild()
        self._log.info("started", position=self._position.sequence)
        pull = Pull(
            self._backbone.connection,
            self._stage.stream,
            self._stage.subjects(self._partition),
            after=self._position.sequence,
            name=f"{self._stage.name}-{self._partition}",
        )
        self._lease.when_lost = pull.end
        try:
            async for received in pull.batches():
                for start in range(0, len(received), limits.GROUP_INPUTS_MAX):
                    chunk = received[start : start + limits.GROUP_INPUTS_MAX]
                    # Only behind the last chunk is what comes next in order.
                    self._pull = pull if chunk[-1] is received[-1] else None
                    await self._handle(chunk)
                while (ahead := self._ahead) is not None:
                    self._ahead = None
                    await self._handle(ahead.received, ahead)
        finally:
            self._lease.when_lost = self._pull = self._ahead = None
            await pull.close()

    async def _recover(self) -> None:
        """Read the position again; whatever else was read may be stale."""
        self._cache.clear()
        self._loaded.clear()
        self._loaded_ahead.clear()
        stored = await get_last(self._backbone.connection, JOURNAL, self._subject, leader=True)
        self._revision = stored.seq if stored else 0
        self._position = (
            msgspec.json.decode(stored.data, type=PositionDoc)
            if stored
            else PositionDoc(stage=self._stage.name, partition=self._partition, sequence=0)
        )

    async def _handle(self, received: Sequence[Received], ahead: _Group[P] | None = None) -> None:
        if not self._lease.held:
            raise Fenced("the lease was lost")
        tries = 0
        self._suspects.clear()
        self._faulty.clear()
        while tries < GROUP_TRIES_MAX and (fresh := self._fresh(received)):
            group, ahead = ahead or await self._prepare(fresh), None
            try:
                await self._commit(group)
            except _Failing:
                await self._after_lost_race()
            except (AlreadyApplied, Permanent):
                break
            except Conflict:
                tries += 1
                await self._after_lost_race()
        remaining = self._fresh(received)
        if remaining:
            await self._after_lost_race()
        for item in remaining:
            await self._handle_alone(item)

    def _fresh(self, received: Sequence[Received]) -> Sequence[Received]:
        """Return what the position has not passed: a group may have been committed in parts."""
        return [item for item in received if item.stream_seq > self._position.sequence]

    async def _prepare(self, received: Sequence[Received]) -> _Group[P]:
        """Prepare all but those that have proved faulty."""
        sound = [item for item in received if item.stream_seq not in self._faulty]
        prepared = iter(await self._stage.prepare(sound) if sound else ())
        return _Group(
            received,
            [self._faulty.get(item.stream_seq) or next(prepared) for item in received],
        )

    async def _handle_alone(self, item: Received) -> None:
        duplicate = False
        while True:
            group = await self._prepare([item])
            try:
                await self._commit(group, duplicate=duplicate)
                return
            except AlreadyApplied:
                if duplicate:
                    raise Fenced("an entry that was dropped is still refused") from None
                duplicate = True
                await self._after_lost_race()
            except Permanent as error:
                if item.stream_seq in self._faulty:
                    raise
                self._faulty[item.stream_seq] = Buried(error.code, "the store refuses its effects")
                await self._after_lost_race()
            except (Conflict, _Failing):
                await self._after_lost_race()

    async def _after_lost_race(self) -> None:
        before = self._revision
        await self._recover()
        if self._revision != before:
            raise Fenced("the position moved")
        await self._stage.rebuild()

    async def _commit(self, group: _Group[P], *, duplicate: bool = False) -> None:
        drafts, effects = await self._fold(group, duplicate=duplicate)
        changes = drafts.changes()
        writes = [
            document(
                subject,
                msgspec.json.encode(body),
                expected=revision,
                ttl_ms=self._keeping.document_ttl_ms(body),
            )
            for subject, (body, revision) in changes.items()
        ]
        for item, each in zip(group.received, effects, strict=True):
            writes += entries(item, each, self._keeping)
        position = self._advanced(group, effects)
        writes.append(
            document(self._subject, msgspec.json.encode(position), expected=self._revision)
        )
        if not fits(writes):
            if len(group.received) == 1:
                (item,) = group.received
                too_large = Buried("too_large", "its effects do not fit into one batch")
                self._faulty[item.stream_seq] = too_large
                raise _Failing
            for half in group.half():
                await self._commit(half)
            return
        await self._bury(group)
        sequences = await self._write(writes)
        self._position, self._revision = position, sequences[self._subject]
        # The first writes are the changed documents, in their order.
        for (subject, (body, _)), write in zip(changes.items(), writes, strict=False):
            known = Known(sequences[subject], b"", body, len(write.data))
            self._cache.put(subject, known)
        # What another stage writes may have changed by the time of the next group, and where
        # nothing is written no comparison would tell.
        self._cache.forget(self._loaded.difference(changes))
        self._loaded, self._loaded_ahead = self._loaded_ahead, set()
        self._tell(group, effects)

    async def _write(self, writes: Sequence[Write]) -> dict[str, int]:
        """Commit; what comes meanwhile is prepared while the store is busy."""
        pull = self._pull
        if pull is None or self._ahead is not None or not self._stage.prepares_ahead:
            return await self._backbone.committer.commit(writes)
        done = asyncio.Event()

        async def commit() -> dict[str, int]:
            try:
                return await self._backbone.committer.commit(writes)
            finally:
                done.set()
                pull.poke()

        written, ahead = await asyncio.gather(
            commit(), self._look_ahead(pull, done), return_exceptions=True
        )
        if isinstance(ahead, BaseException):
            raise ahead
        self._ahead = ahead
        if isinstance(written, BaseException):
            raise written
        return written

    async def _look_ahead(self, pull: Pull, done: asyncio.Event) -> _Group[P] | None:
        """Prepare what comes until the commit is done, then load what it will surely read."""
        group: _Group[P] = _Group([], [])
        while not done.is_set() and len(group.received) < limits.GROUP_INPUTS_MAX:
            coming = pull.take(limits.GROUP_INPUTS_MAX - len(group.received))
            if not coming:
                await pull.more()
                continue
            group.prepared += await self._stage.prepare(coming)
            group.received = [*group.received, *coming]
        await done.wait()
        if not group.received:
            return None
        loaded, self._loaded = self._loaded, set()
        await self._load_wanted(group)
        self._loaded, self._loaded_ahead = loaded, self._loaded
        return group

    async def _fold(self, group: _Group[P], *, duplicate: bool) -> tuple[Drafts, list[Effects]]:
        """Apply the inputs one after the other, loading what they ask for, until none asks."""
        await self._load_wanted(group)
        inputs = [
            (item.stream_seq, prepared)
            for item, prepared in zip(group.received, group.prepared, strict=True)
        ]
        apply = partial(self._effects, duplicate=duplicate)
        idle = 0
        while True:
            folded = fold(inputs, apply, self._buried, self._cache)
            if not folded.unread:
                if folded.failed:
                    self._accuse(folded.failed)
                    raise _Failing
                return folded.drafts, folded.effects
            if await self._load(folded.unread, group):
                continue
            # What was read does not fit together: a replica is behind, or the store is at fault.
            idle += 1
            if idle > IDLE_ROUNDS_MAX:
                self._accuse(dict.fromkeys(folded.asking, _TORN))
                raise _Failing
            await asyncio.sleep(_IDLE_S)

    async def _load_wanted(self, group: _Group[P]) -> None:
        wanted = {
            subject
            for prepared in group.prepared
            if not isinstance(prepared, Buried)
            for subject in self._stage.wanted(prepared)
        }
        if missing := Drafts(self._cache).missing(*wanted):
            await self._load(set(missing), group)

    def _effects(self, prepared: P | Buried, drafts: Drafts, *, duplicate: bool) -> Effects:
        if isinstance(prepared, Buried):
            return Effects(outcome=Outcome.DEAD)
        if duplicate:
            return self._stage.duplicate(prepared)
        return self._stage.apply(prepared, drafts)

    def _accuse(self, failed: Mapping[int, Buried]) -> None:
        """Note which inputs failed; one that fails again, on what was read anew, is faulty."""
        for sequence, buried in failed.items():
            if sequence in self._suspects:
                self._faulty[sequence] = buried
            self._suspects.add(sequence)

    def _buried(self, error: Exception) -> Buried:
        if isinstance(error, BadPayload):
            return Buried(error.code, str(error))
        self._log.exception("input_failed", kind=type(error).__name__)
        return Buried("internal", f"{type(error).__name__} while handling it")

    async def _load(self, subjects: set[str], group: _Group[P]) -> bool:
        """Read documents, and return whether there was anything new among them."""
        # An entry's documents were committed with it: a replica without them is behind.
        seen = group.received[-1].stream_seq if self._stage.stream == JOURNAL else 0
        found = await get_many(self._backbone.connection, JOURNAL, sorted(subjects), at_least=seen)
        is_new = False
        for subject in subjects:
            stored = found.get(subject)
            known = Known(0, None)
            if stored:
                known = Known(stored.seq, stored.data, size=len(stored.data))
            before = self._cache.get(subject)
            is_new = is_new or before is None or before.revision != known.revision
            self._cache.put(subject, known)
        self._loaded |= subjects
        return is_new

    async def _bury(self, group: _Group[P]) -> None:
        for item, prepared in zip(group.received, group.prepared, strict=True):
            if isinstance(prepared, Buried):
                await self._backbone.dead.bury(
                    stage=self._stage.name,
                    input_stream=self._stage.stream,
                    input_seq=item.stream_seq,
                    subject=item.subject,
                    data=item.data,
                    headers=item.headers,
                    reason_code=prepared.code,
                    reason=prepared.reason,
                )

    def _advanced(self, group: _Group[P], effects: Sequence[Effects]) -> PositionDoc:
        counts = dict.fromkeys(Outcome, 0)
        for each in effects:
            counts[each.outcome] += 1
        return msgspec.structs.replace(
            self._position,
            sequence=group.received[-1].stream_seq,
            applied=self._position.applied + counts[Outcome.APPLIED],
            suppressed=self._position.suppressed + counts[Outcome.SUPPRESSED],
            dead=self._position.dead + counts[Outcome.DEAD],
        )

    def _tell(self, group: _Group[P], effects: Sequence[Effects]) -> None:
        now = clock.now_ms()
        for item, prepared, each in zip(group.received, group.prepared, effects, strict=True):
            self._metrics.stage(self._stage.name, now - item.time_ms)
            if not isinstance(prepared, Buried):
                self._stage.committed(prepared, each)
                continue
            self._metrics.dead(self._stage.name, prepared.code)
            self._log.warning(
                "quarantined",
                input=item.stream_seq,
                code=prepared.code,
                trace=trace_id(item.headers.get(TRACEPARENT, "")),
            )
