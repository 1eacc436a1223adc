"""The record of an erasure: its order, how far it is, and in the end the certificate.

It is one document, written compared-and-set by whoever carries the erasure out. What is about to be
purged is written down before and counted after, so that a crash in between loses and doubles
nothing of the count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from maitred.contracts.ids import ConversationId, CustomerId, IdentifierKey, Tenant
from maitred.contracts.operations import (
    ErasureDoc,
    ErasureRequest,
    ErasureState,
    PendingPurge,
    PurgedSubject,
)
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.contracts.view import View
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.reads import get_last, get_many
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.transaction import Decision, transact
from maitred.identity.erasure.extent import Person

SUBJECTS_MAX: Final = 3_000
"""So many subjects a certificate names one by one; beyond, those of a kind are counted together."""
EARLIER_MAX: Final = 32
_KIND: Final = 3


@dataclass(frozen=True, slots=True)
class ErasureRecord:
    """The record of one customer's erasure."""

    connection: Connection
    subjects: Subjects
    keeping: Keeping
    customer: CustomerId

    @property
    def subject(self) -> str:
        """Return where it stands."""
        return self.subjects.erasure(self.customer)

    async def read(self) -> ErasureDoc | None:
        """Return how far it is; None where nobody asked for it.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        stored = await get_last(self.connection, JOURNAL, self.subject, leader=True)
        return msgspec.json.decode(stored.data, type=ErasureDoc) if stored is not None else None

    async def ask(self, order: ErasureDoc, at: int) -> ErasureDoc:
        """Ask for an erasure, and return the order that stands: one under way is asked for once.

        One that was done before is begun anew, on the same certificate.

        Raises:
            StoreUnavailable: the store does not answer; ask again.
        """

        def step(view: View) -> Decision[ErasureDoc]:
            before = view.read(self.subject, ErasureDoc)
            if before is not None and before.state is not ErasureState.DONE:
                return Decision(before)
            if before is not None:
                done = ErasureRequest(
                    by=before.by,
                    why=before.why,
                    asked_at=before.asked_at,
                    verified_at=before.verified_at,
                    keys=before.keys,
                    customers=before.customers,
                )
                asked = msgspec.structs.replace(
                    order,
                    subjects=before.subjects,
                    rewritten=before.rewritten,
                    earlier=(*before.earlier, done)[-EARLIER_MAX:],
                )
            else:
                asked = order
            return Decision(asked, {self.subject: asked})

        return await transact(self.connection, self.keeping, step, at)

    async def begin(
        self, person: Person, conversations: frozenset[ConversationId], at: int
    ) -> ErasureDoc | None:
        """Note who is meant, before anything by which he is found is gone.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        epochs = {epoch for each in person.holding.shared.values() for epoch in each}

        def noted(doc: ErasureDoc) -> ErasureDoc:
            known = person.conversations | conversations | set(doc.conversations)
            return msgspec.structs.replace(
                doc,
                state=ErasureState.PURGING,
                keys=tuple(sorted(person.keys | set(doc.keys))),
                shared=tuple(sorted(set(person.holding.shared) | set(doc.shared))),
                epochs=tuple(sorted(epochs | set(doc.epochs))),
                conversations=tuple(sorted(known)),
                customers=tuple(sorted(person.customers | set(doc.customers))),
            )

        return await self._change(noted, at)

    async def plan(
        self, pending: Sequence[PendingPurge], seen: ErasureDoc, at: int
    ) -> ErasureDoc | None:
        """Note what is about to be purged; None where the record is no more what was `seen`.

        Then what is noted there goes first: it may be what this very process noted before a crash.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        after = msgspec.structs.replace(seen, pending=tuple(pending))

        def step(view: View) -> Decision[ErasureDoc | None]:
            if view.read(self.subject, ErasureDoc) != seen or seen.pending:
                return Decision(None)
            return Decision(after, {self.subject: after})

        return await transact(self.connection, self.keeping, step, at)

    async def settle(self, purged: Sequence[PendingPurge], at: int) -> ErasureDoc | None:
        """Count what was purged, in place of what was noted to be; whoever is first counts it.

        Raises:
            StoreUnavailable: the store does not answer.
        """

        def settled(doc: ErasureDoc) -> ErasureDoc:
            counted = [
                PurgedSubject(
                    stream=each.stream, subject=each.subject, count=each.count, until=each.until
                )
                for each in doc.pending
                if each in purged
            ]
            return msgspec.structs.replace(
                doc,
                pending=tuple(each for each in doc.pending if each not in purged),
                subjects=added_up((*doc.subjects, *counted)),
            )

        return await self._change(settled, at)

    async def finish(self, at: int) -> ErasureDoc | None:
        """Note that reading back found nothing any more.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        return await self._change(
            lambda doc: (
                doc
                if doc.pending
                else msgspec.structs.replace(doc, state=ErasureState.DONE, verified_at=at)
            ),
            at,
        )

    async def _change(
        self, change: Callable[[ErasureDoc], ErasureDoc], at: int
    ) -> ErasureDoc | None:
        def step(view: View) -> Decision[ErasureDoc | None]:
            before = view.read(self.subject, ErasureDoc)
            if before is None or before.state is ErasureState.DONE:
                return Decision(before)
            after = change(before)
            return Decision(after, {self.subject: after} if after != before else {})

        return await transact(self.connection, self.keeping, step, at)


def order(
    tenant: Tenant,
    customer: CustomerId,
    *,
    by: str,
    why: str,
    at: int,
    keys: Iterable[IdentifierKey] = (),
) -> ErasureDoc:
    """Return the order to erase a customer, and what stands under `keys`."""
    return ErasureDoc(
        customer=customer,
        tenant=tenant,
        by=by,
        why=why,
        asked_at=at,
        keys=tuple(sorted(keys)),
        customers=(customer,),
    )


async def find_record(connection: Connection, subjects: Subjects, name: str) -> ErasureDoc | None:
    """Return the erasure of a customer, or of an identifier's key, that `name` was part of.

    It may have been part of an earlier order on the same certificate.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    stored = await get_many(connection, JOURNAL, [subjects.any("erasure")])
    records = [msgspec.json.decode(each.data, type=ErasureDoc) for each in stored.values()]
    found = [each for each in records if name == each.customer or name in _about(each)]
    return max(found, key=lambda each: each.asked_at, default=None)


def _about(doc: ErasureDoc) -> Iterator[str]:
    """Yield the customers and the keys that an erasure was about, at any time."""
    yield from (*doc.customers, *doc.keys)
    for asked in doc.earlier:
        yield from (*asked.customers, *asked.keys)


def added_up(purged: Iterable[PurgedSubject]) -> tuple[PurgedSubject, ...]:
    """Return one count for each subject; where they are too many, one for each of a kind."""
    found: dict[tuple[str, str], PurgedSubject] = {}
    for each in purged:
        _add(found, each)
    while len(found) > SUBJECTS_MAX:
        kinds = Counter((stream, _of_kind(subject)) for stream, subject in found)
        (stream, kind), many = kinds.most_common(1)[0]
        if many == 1:
            break
        one_by_one = [place for place in found if (place[0], _of_kind(place[1])) == (stream, kind)]
        for place in one_by_one:
            _add(found, msgspec.structs.replace(found.pop(place), subject=kind))
    return tuple(found[place] for place in sorted(found))


def _add(found: dict[tuple[str, str], PurgedSubject], each: PurgedSubject) -> None:
    place = (each.stream, each.subject)
    known = found.get(place)
    if known is not None:
        each = msgspec.structs.replace(
            each, count=each.count + known.count, until=max(each.until, known.until)
        )
    found[place] = each


def _of_kind(subject: str) -> str:
    return ".".join([*subject.split(".")[: _KIND + 1], ">"])
