"""Receipts: what an operation moves, and who may be told more because of it.

Made of the documents before and after, so that a preview and the real thing cannot disagree.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from maitred.contracts.documents import CustomerDoc, CustomerMembers
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level
from maitred.contracts.ids import ConversationId, CustomerId, IdentifierKey, OperationId
from maitred.contracts.operations import OperationKind
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.customers.components import Change, tie_of
from maitred.identity.customers.writers import customer_of
from maitred.identity.operators.obstacles import Obstacle

_PROVE_THEMSELVES: Final = frozenset({IdentifierKind.EMAIL, IdentifierKind.SLACK})
"""Kinds whose channels prove who writes, message by message."""
_IN_A_SESSION: Final = frozenset({IdentifierKind.VISITOR, IdentifierKind.ACCOUNT})
"""Kinds that read in a chat, and only behind a proof in that chat."""

Way = tuple[CustomerId, CustomerId | None]


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """A customer before or after; `conversations` counts those that his document names."""

    customer: CustomerId
    name: str = ""
    identifiers: tuple[IdentifierKey, ...]
    messages: int = 0
    conversations: int = 0
    unidentified: bool = False


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """What goes from one customer to another."""

    source: CustomerId
    target: CustomerId
    identifiers: tuple[IdentifierKey, ...] = ()
    conversations: tuple[ConversationId, ...] = ()
    messages: int = 0


class Gain(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever sits at `readers` may be told of what others wrote, which he could not be before.

    `proven` are those who must prove themselves in their chat first.
    """

    customer: CustomerId
    readers: tuple[IdentifierKey, ...] = ()
    proven: tuple[IdentifierKey, ...] = ()
    of: tuple[IdentifierKey, ...] = ()
    messages: int = 0


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation does, or would do.

    `operation` is there once it is done. `obstacles` are what keeps a link from being one; then
    nothing is done. `held_by` are identifiers over which two that are no longer linked are one
    customer all the same. `identifiers` are all that are named, by their keys.
    """

    kind: OperationKind
    operation: OperationId | None = None
    before: tuple[Side, ...] = ()
    after: tuple[Side, ...] = ()
    moves: tuple[Move, ...] = ()
    gains: tuple[Gain, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    held_by: tuple[IdentifierKey, ...] = ()
    identifiers: dict[IdentifierKey, Identifier] = {}


def receipt_of(
    kind: OperationKind,
    about: Iterable[IdentifierKey],
    change: Change,
    documents: Mapping[str, msgspec.Struct],
    view: View,
    subjects: Subjects,
    at: int,
) -> Receipt:
    """Return what a change does to the customers that it touches, and to those of `about`.

    `documents` are what it writes, by subject; `at` is in UTC milliseconds.

    Raises:
        NotRead: a customer has not been loaded.
    """
    sides = _Sides(change, at)
    for entry in change.before:
        sides.old[entry.customer] = _read(entry.customer, {}, view, subjects)
    for entry in change.customers:
        sides.new[entry.customer] = _read(entry.customer, documents, view, subjects)
    named = frozenset(about)
    before = [each for each in change.before if each not in change.customers or _has(each, named)]
    after = [each for each in change.customers if each not in change.before or _has(each, named)]
    shown = {key for each in (*before, *after) for key in each.members}
    return Receipt(
        kind=kind,
        before=tuple(_side(each, sides.old[each.customer]) for each in before),
        after=tuple(_side(each, sides.new[each.customer]) for each in after),
        moves=tuple(sides.moves()),
        gains=tuple(gain for each in after for gain in sides.gains(each)),
        identifiers={key: each for key, each in sides.identifiers.items() if key in shown},
    )


class _Sides:
    """The customers of a component before and after a change, and what went from whom to whom."""

    def __init__(self, change: Change, at: int) -> None:
        members = change.document.members if change.document is not None else ()
        self.identifiers = {member.key: member.identifier for member in members}
        self.old: dict[CustomerId, CustomerDoc | None] = {}
        self.new: dict[CustomerId, CustomerDoc | None] = {}
        self._change = change
        self._at = at

    def moves(self) -> Iterator[Move]:
        """Yield what goes from one customer to another, each pair of them once."""
        identifiers: defaultdict[Way, list[IdentifierKey]] = defaultdict(list)
        conversations: defaultdict[Way, list[ConversationId]] = defaultdict(list)
        messages: Counter[Way] = Counter()
        for entry in self._change.before:
            for key in entry.members:
                target = customer_of(self._change.customers, key, self._at)
                identifiers[entry.customer, target].append(key)
        wrote, listed = _writers(self.new), _listed(self.new)
        for source, document in self.old.items():
            for writer in document.writers if document is not None else ():
                messages[source, wrote.get(writer.key)] += writer.messages
            for conversation in _conversations(document):
                conversations[source, listed.get(conversation)].append(conversation)
        for source, target in dict.fromkeys((*identifiers, *conversations, *messages)):
            if target is not None and target != source:
                yield Move(
                    source=source,
                    target=target,
                    identifiers=tuple(identifiers[source, target]),
                    conversations=tuple(conversations[source, target]),
                    messages=messages[source, target],
                )

    def gains(self, entry: CustomerMembers) -> Iterator[Gain]:
        """Yield who may be told of what others wrote, by whose he was before."""
        document = self.new[entry.customer]
        origin = {key: each.customer for each in self._change.before for key in each.members}
        wrote = _writers(self.old)
        groups: defaultdict[CustomerId | None, list[IdentifierKey]] = defaultdict(list)
        for key in entry.members:
            if key not in self._change.contact_points and entry.holds(key, self._at):
                groups[origin.get(key)].append(key)
        for customer, keys in groups.items():
            others = [
                writer
                for writer in (document.writers if document is not None else ())
                if wrote.get(writer.key) != customer
            ]
            readers = tuple(key for key in keys if self._reads(key, entry.customer))
            proven = tuple(key for key in keys if self.identifiers[key].kind in _IN_A_SESSION)
            if others and (readers or proven):
                yield Gain(
                    customer=entry.customer,
                    readers=readers,
                    proven=proven,
                    of=tuple(writer.key for writer in others),
                    messages=sum(writer.messages for writer in others),
                )

    def _reads(self, key: IdentifierKey, customer: CustomerId) -> bool:
        """Whether an answer to an identifier may draw on all of its customer (READ gate)."""
        kind = self.identifiers[key].kind
        if kind in _IN_A_SESSION:
            return False
        tie = tie_of(self._change, key, customer, self._at)
        return kind in _PROVE_THEMSELVES or tie >= Level.AUTHENTICATED


def _writers(sides: Mapping[CustomerId, CustomerDoc | None]) -> dict[IdentifierKey, CustomerId]:
    return {
        writer.key: customer
        for customer, document in sides.items()
        if document is not None
        for writer in document.writers
    }


def _listed(sides: Mapping[CustomerId, CustomerDoc | None]) -> dict[ConversationId, CustomerId]:
    return {each: customer for customer, doc in sides.items() for each in _conversations(doc)}


def _conversations(document: CustomerDoc | None) -> tuple[ConversationId, ...]:
    if document is None:
        return ()
    return tuple(dict.fromkeys((*document.conversations, *document.open_conversations)))


def _has(entry: CustomerMembers, keys: frozenset[IdentifierKey]) -> bool:
    return not keys.isdisjoint(entry.members)


def _read(
    customer: CustomerId, documents: Mapping[str, msgspec.Struct], view: View, subjects: Subjects
) -> CustomerDoc | None:
    written = documents.get(subjects.customer(customer))
    if isinstance(written, CustomerDoc):
        return written
    return view.read(subjects.customer(customer), CustomerDoc)


def _side(entry: CustomerMembers, document: CustomerDoc | None) -> Side:
    if document is None:
        return Side(customer=entry.customer, identifiers=entry.members)
    return Side(
        customer=entry.customer,
        name=document.name,
        identifiers=entry.members,
        messages=document.messages,
        conversations=len(_conversations(document)),
        unidentified=document.unidentified,
    )
