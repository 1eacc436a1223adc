"""Obstacles: why two identifiers are not one customer, or still are, in words for operators."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec

from maitred.contracts.documents import ComponentDoc, CustomerMembers, StatementKind
from maitred.contracts.identifiers import Identifier, IdentifierKind
from maitred.contracts.ids import IdentifierKey, OperationId
from maitred.identity.customers.components import Change
from maitred.identity.policy import Policy
from maitred.identity.resolver import evidence_in_force


class Reason(StrEnum):
    """What keeps two identifiers apart."""

    LIMIT = "limit"
    """Together they would be more of one `kind` than one customer may have."""
    CANNOT_LINK = "cannot_link"
    """An operator said that `key` and `other` are different people."""
    SHARED = "shared"
    """An operator said that `key` is shared by several people."""
    BLOCKED = "blocked"
    """An operator said that `key` names nobody."""
    ROLE = "role"
    """`key` is a role mailbox, or a placeholder."""
    HUB = "hub"
    """`key` would belong to several accounts, or to too many others."""
    EPOCH = "epoch"
    """A telephone number changed hands, and was somebody else's then."""


class Obstacle(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that keeps two identifiers apart; `operation` can be undone."""

    reason: Reason
    key: IdentifierKey | None = None
    other: IdentifierKey | None = None
    kind: IdentifierKind | None = None
    limit: int = 0
    operation: OperationId | None = None


_WORDS = {StatementKind.SHARED: Reason.SHARED, StatementKind.BLOCKED: Reason.BLOCKED}


def obstacles(
    change: Change, a: IdentifierKey, b: IdentifierKey, policy: Policy
) -> tuple[Obstacle, ...]:
    """Return what stands against a change that links `a` and `b`; nothing if it makes them one.

    That it would part others is against it too: what an operator links goes before what was seen,
    so under a limit somebody else would have to go, which nobody asked for.

    Raises:
        ValueError: the change wrote nothing.
    """
    document = _document(change)
    mine, theirs = (_members(change, key) for key in (a, b))
    apart = {a, b}
    if b in mine:
        parted = [
            each for each in change.before if _touches(each, a, b) and _is_parted(each, change)
        ]
        theirs = apart = {key for each in parted for key in each.members} - mine
    if not apart:
        return ()
    found = [
        each
        for key in sorted(apart & set(document.contact_points))
        for each in _contact_point(document, key, policy)
    ]
    if not found:
        found = [*_cannot_links(document, mine, theirs), *_limits(document, mine | theirs, policy)]
    return tuple(found) or (Obstacle(reason=Reason.EPOCH),)


def held_by(
    change: Change, a: IdentifierKey, b: IdentifierKey, policy: Policy
) -> tuple[IdentifierKey, ...]:
    """Return the identifiers over which `a` and `b` are still one customer, if they are.

    The shortest way from one to the other over what counts, without its ends.

    Raises:
        ValueError: the change wrote nothing.
    """
    document = _document(change)
    together = [set(entry.members) for entry in change.customers if {a, b} <= set(entry.members)]
    if not together:
        return ()
    near: defaultdict[IdentifierKey, list[IdentifierKey]] = defaultdict(list)
    for one, other in sorted(
        evidence_in_force(document.members, document.edges, document.statements, policy)
    ):
        if {one, other} <= together[0]:
            near[one].append(other)
            near[other].append(one)
    came_from: dict[IdentifierKey, IdentifierKey] = {a: a}
    waiting = deque([a])
    while waiting and b not in came_from:
        here = waiting.popleft()
        for there in near[here]:
            if there not in came_from:
                came_from[there] = here
                waiting.append(there)
    return tuple(_way_back(came_from, a, b))[::-1]


def _way_back(
    came_from: Mapping[IdentifierKey, IdentifierKey], a: IdentifierKey, b: IdentifierKey
) -> Iterator[IdentifierKey]:
    here = came_from.get(b, a)
    while here != a:
        yield here
        here = came_from[here]


def _contact_point(
    document: ComponentDoc, key: IdentifierKey, policy: Policy
) -> Iterator[Obstacle]:
    words = [word for word in document.statements if word.a == key and word.kind in _WORDS]
    for word in words:
        yield Obstacle(reason=_WORDS[word.kind], key=key, operation=word.operation)
    if not words:
        is_role = policy.is_shared(_identifiers(document)[key])
        yield Obstacle(reason=Reason.ROLE if is_role else Reason.HUB, key=key)


def _cannot_links(
    document: ComponentDoc, mine: set[IdentifierKey], theirs: set[IdentifierKey]
) -> Iterator[Obstacle]:
    for word in document.statements:
        if word.kind is not StatementKind.CANNOT_LINK or word.b is None:
            continue
        if (word.a in mine and word.b in theirs) or (word.a in theirs and word.b in mine):
            yield Obstacle(
                reason=Reason.CANNOT_LINK, key=word.a, other=word.b, operation=word.operation
            )


def _limits(
    document: ComponentDoc, together: set[IdentifierKey], policy: Policy
) -> Iterator[Obstacle]:
    identifiers = _identifiers(document)
    kinds = Counter(identifiers[key].kind for key in together)
    for kind, count in sorted(kinds.items()):
        if count > policy.limit(kind):
            yield Obstacle(reason=Reason.LIMIT, kind=kind, limit=policy.limit(kind))


def _members(change: Change, key: IdentifierKey) -> set[IdentifierKey]:
    return {each for entry in change.customers if key in entry.members for each in entry.members}


def _is_parted(entry: CustomerMembers, change: Change) -> bool:
    """Whether a customer's identifiers are nobody's together any more, at any time."""
    return not any(set(entry.members) <= set(each.members) for each in change.customers)


def _touches(entry: CustomerMembers, *keys: IdentifierKey) -> bool:
    return not set(keys).isdisjoint(entry.members)


def _identifiers(document: ComponentDoc) -> dict[IdentifierKey, Identifier]:
    return {member.key: member.identifier for member in document.members}


def _document(change: Change) -> ComponentDoc:
    if change.document is None:
        raise ValueError("a change that wrote nothing")
    return change.document
