"""What a known identifier takes: in the store, and in a gateway, however many customers it has."""

from __future__ import annotations

import gc
import resource
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.identity_speed import AT, TENANT, TOOLS, Store, said
from benchmarks.identity_world import World
from maitred.contracts.documents import (
    ComponentDoc,
    CustomerDoc,
    CustomerMembers,
    Edge,
    IdentifierDoc,
    Member,
    Writer,
)
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level
from maitred.contracts.ids import (
    IdentifierKey,
    MessageId,
    component_id,
    customer_id,
    digest,
    message_id,
)
from maitred.gateway.journal.documents import DocumentCache, Known

KIB: Final = 1024


def stored(world: World) -> dict[str, float]:
    """Return the bytes of documents for each known identifier, after a year of messages.

    Conversations and threads are left out: they belong to what was said.
    """
    store = Store()
    for act in world.acts:
        each = act.sighting
        store.take(said(each.id, each.at, *each.observed), each.at)
    sizes: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for document in store.documents.values():
        kind = type(document).__name__
        sizes[kind] += len(msgspec.json.encode(document))
        counts[kind] += 1
    identifiers = counts["IdentifierDoc"]
    named = {
        "pointer": "IdentifierDoc",
        "component": "ComponentDoc",
        "customer": "CustomerDoc",
        "claims": "ClaimDoc",
    }
    figures = {name: sizes[kind] / identifiers for name, kind in named.items()}
    return {"identifiers": identifiers, **figures, "together": sum(figures.values())}


def cached(sizes: Sequence[int]) -> dict[str, dict[str, float]]:
    """Return what one stage's cache holds after so many customers were read, and what it takes."""
    figures: dict[str, dict[str, float]] = {}
    cache = DocumentCache()
    gc.collect()
    before, done = resident(), 0
    for size in sizes:
        for number in range(done, size):
            for subject, document in _documents(number):
                data = msgspec.json.encode(document)
                cache.put(subject, Known(1, data, msgspec.json.decode(data, type=type(document))))
        done = size
        gc.collect()
        held = len(cache._known)  # noqa: SLF001  (nothing else tells how many it holds)
        taken = resident() - before
        figures[f"{size:,}"] = {
            "documents": held,
            "mib": taken / KIB / KIB,
            "kib_a_document": taken / KIB / held,
        }
    return figures


def _documents(number: int) -> Iterator[tuple[str, msgspec.Struct]]:
    """Yield what stands in the store of a customer with a browser and an account."""
    subjects = TOOLS.subjects
    members = [
        Member(
            key=IdentifierKey(digest(TENANT, kind, str(number))),
            identifier=Identifier(kind=kind, value=f"{kind}{number}"),
        )
        for kind in (IdentifierKind.ACCOUNT, IdentifierKind.VISITOR)
    ]
    members.sort(key=lambda member: member.key)
    first, second = (member.key for member in members)
    component = component_id(first)
    customer = customer_id(component)
    source = MessageId(message_id(TENANT, "chat", "main", str(number)))
    for member in members:
        yield (
            subjects.identifier(member.key),
            IdentifierDoc(
                identifier=member.identifier,
                key=member.key,
                component=component,
                claimed=False,
                first_seen_at=AT,
            ),
        )
    edge = Edge(
        a=first, b=second, level=Level.AUTHENTICATED, first_at=AT, last_at=AT, source=source
    )
    yield (
        subjects.component(component),
        ComponentDoc(
            id=component,
            members=tuple(members),
            edges=(edge,),
            customers=(CustomerMembers(customer=customer, members=(first, second)),),
            named=(first,),
            policy=TOOLS.policy.version(),
        ),
    )
    yield (
        subjects.customer(customer),
        CustomerDoc(
            id=customer,
            component=component,
            first_seen_at=AT,
            last_seen_at=AT,
            messages=1,
            channels=("chat",),
            writers=(Writer(key=first, first_at=AT, last_at=AT, messages=1),),
        ),
    )


def resident() -> int:
    """Return resident bytes; the highest ever where the system does not tell the present ones."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB
