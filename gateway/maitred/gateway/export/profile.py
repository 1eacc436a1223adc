"""Who a customer is, for an export: what he is known by, how surely, and by whose word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from maitred.contracts.documents import ComponentDoc, Edge, IdentifierDoc
from maitred.contracts.identifiers import Identifier
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.operations import OperationDoc
from maitred.gateway.export.page import level_in_words
from maitred.gateway.export.timeline import Seen
from maitred.identity.erasure.extent import Person


def known_by(
    person: Person,
    pointers: Collection[IdentifierDoc],
    component: ComponentDoc | None,
    seen: Mapping[IdentifierKey, Seen],
) -> list[dict[str, Any]]:
    """Return a customer's identifiers; of the component only what is about them alone."""
    own = person.holding.whole | person.holding.shared.keys()
    names = {pointer.key: pointer.identifier for pointer in pointers}
    if component is not None:
        names |= {each.key: each.identifier for each in component.members if each.key in own}
    since = {pointer.key: pointer.first_seen_at for pointer in pointers}
    edges = component.edges if component is not None else ()
    return [
        _known(key, person, names, edges, seen.get(key, Seen()), since.get(key))
        for key in sorted(names)
    ]


def without_others(record: OperationDoc, person: Person) -> OperationDoc | None:
    """Return what an operator did about a customer; None if it is not about him.

    Where somebody else was meant as well, what was said of both is left out with the other one.
    """
    keys = {key for key in (record.a, record.b) if key is not None}
    if not keys & person.keys and record.conversation not in person.conversations:
        return None
    if keys <= person.keys:
        return record
    return OperationDoc(
        id=record.id,
        tenant=record.tenant,
        kind=record.kind,
        by=record.by,
        why="",
        at=record.at,
        a=record.a if record.a in person.keys else None,
        b=record.b if record.b in person.keys else None,
        undone_by=record.undone_by,
        undone_at=record.undone_at,
    )


def _known(
    key: IdentifierKey,
    person: Person,
    names: Mapping[IdentifierKey, Identifier],
    edges: Iterable[Edge],
    seen: Seen,
    since: int | None,
) -> dict[str, Any]:
    together = [
        {
            "key": other,
            "identifier": names[other],
            "level": int(edge.level),
            "first_at": edge.first_at,
            "last_at": edge.last_at,
        }
        for edge in edges
        if key in (edge.a, edge.b) and (other := edge.b if edge.a == key else edge.a) in names
    ]
    level = max([seen.level, *(edge.level for edge in edges if key in (edge.a, edge.b))])
    epochs = person.holding.shared.get(key, ())
    return {
        "key": key,
        "identifier": names[key],
        "level": int(level),
        "level_means": level_in_words(level),
        "known_since": seen.first_at if since is None else since,
        "messages": seen.messages,
        "last_message_at": seen.last_at,
        "used_by_others_too": key in person.holding.shared,
        "his_between": [{"since": each.since, "until": each.until} for each in epochs],
        "seen_together_with": together,
    }
