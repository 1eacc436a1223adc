"""Operations: what operators say about identifiers, written with its record, and taken back.

A word of an operator is a statement in the component of the identifiers that it is about; what
customers come of it is the resolver's answer. The record of who said it and why is written in the
same batch. To undo it takes the statement out and asks the resolver again, so that everything
stands as if it had never been said, whatever else was said and written in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from maitred.contracts.documents import Edge, Statement, StatementKind
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import (
    IdentifierKey,
    MessageId,
    OperationId,
    Tenant,
)
from maitred.contracts.operations import OperationDoc, OperationKind
from maitred.contracts.view import View
from maitred.identity.customers.components import RESOLVED_ANEW, Addition, Change, Tools
from maitred.identity.operators.ground import Ground, Target, applied, read_ground
from maitred.identity.operators.obstacles import Obstacle, held_by, obstacles
from maitred.identity.operators.receipts import Receipt, receipt_of
from maitred.identity.policy import Policy
from maitred.identity.reading import require

ABOUT_TWO: Final = frozenset({OperationKind.LINK, OperationKind.UNLINK, OperationKind.CANNOT_LINK})
ABOUT_IDENTIFIERS: Final = ABOUT_TWO | {
    OperationKind.SHARED,
    OperationKind.BLOCKED,
    OperationKind.REVOKED,
}


@dataclass(frozen=True, slots=True)
class Order:
    """What an operator wants said of one identifier or two, or of the evidence of a message.

    `at` is in UTC milliseconds; of a message, `a` is its sender.
    """

    id: OperationId
    kind: OperationKind
    by: str
    why: str
    at: int
    a: Target
    b: Target | None = None
    message: MessageId | None = None

    def record(self, tenant: Tenant, edges: tuple[Edge, ...] = ()) -> OperationDoc:
        """Return the audit record, which is the receipt to undo it by as well."""
        a, b = self.pair
        return OperationDoc(
            id=self.id,
            tenant=tenant,
            kind=self.kind,
            by=self.by,
            why=self.why,
            at=self.at,
            a=a,
            b=b,
            message=self.message,
            edges=edges,
        )

    @property
    def pair(self) -> tuple[IdentifierKey, IdentifierKey | None]:
        """Return the keys that it is about, the lesser one first."""
        if self.b is None:
            return self.a.key, None
        return min(self.a.key, self.b.key), max(self.a.key, self.b.key)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an order comes to.

    `documents` are to be written, by subject, all or none of them. Nothing is written where it was
    done `already`, or where the receipt names what stands against it.
    """

    receipt: Receipt
    documents: Mapping[str, msgspec.Struct] = field(default_factory=dict)
    already: OperationDoc | None = None


def said(order: Order, view: View, tools: Tools) -> Outcome:
    """Return what comes of an order about identifiers.

    A link that would not unite its two is not written, since it would lie in wait and unite them
    at any time later. Nor is it told to be said `already` where something else parts them by now.

    Raises:
        NotRead: a document has not been loaded.
        Permanent: an identifier named by its key is not known (`not_found`), both are the same
            (`same`), nothing is there to be taken back (`nothing`), or it does not fit (`full`).
    """
    targets = [order.a] if order.b is None else [order.a, order.b]
    if len({target.key for target in targets}) < len(targets):
        raise Permanent("both are the same identifier", code="same")
    ground = read_ground(targets, view, tools)
    if (earlier := _said_before(order, ground, tools.policy)) is not None:
        return _again(order, earlier, ground, view, tools)
    word = _statement(order, ground, tools.policy)
    change, documents = applied(ground, Addition(statements=(word,)), view, tools, order.at)
    receipt = receipt_of(order.kind, ground.keys, change, documents, view, tools.subjects, order.at)
    if against := _against(order, change, tools.policy):
        return Outcome(msgspec.structs.replace(receipt, obstacles=against))
    if order.b is not None and order.kind is OperationKind.UNLINK:
        others = held_by(change, order.a.key, order.b.key, tools.policy)
        receipt = msgspec.structs.replace(receipt, held_by=others)
    return recorded(order, receipt, documents, view, tools)


def undone(record: OperationDoc, by: str, why: str, at: int, view: View, tools: Tools) -> Outcome:
    """Return what comes of taking an operation about identifiers back; `at` is now.

    Raises:
        NotRead: a document has not been loaded.
        Permanent: it is not about identifiers (`not_here`), or the evidence that comes back does
            not fit into a full component (`full`).
    """
    if record.kind not in ABOUT_IDENTIFIERS or record.a is None:
        raise Permanent("this operation is not about identifiers", code="not_here")
    subject = tools.subjects.operation(record.a, record.id)
    require(view, subject)
    record = view.read(subject, OperationDoc) or record
    if record.undone_at:
        return Outcome(Receipt(kind=record.kind), already=record)
    keys = [key for key in (record.a, record.b) if key is not None]
    keys += [key for edge in record.edges for key in (edge.a, edge.b)]
    ground = read_ground([Target(key) for key in dict.fromkeys(keys)], view, tools, lenient=True)
    documents: dict[str, msgspec.Struct] = {}
    receipt = Receipt(kind=record.kind)
    # Of whom it was about nobody may be left: he was erased, and the statement with him.
    if ground.nodes:
        edges = tuple(edge for edge in record.edges if {edge.a, edge.b} <= set(ground.keys))
        addition = Addition(edges=edges, undone=frozenset({record.id}))
        change, documents = applied(ground, addition, view, tools, at)
        receipt = receipt_of(record.kind, ground.keys, change, documents, view, tools.subjects, at)
    documents[subject] = msgspec.structs.replace(record, undone_by=by, undone_why=why, undone_at=at)
    return Outcome(msgspec.structs.replace(receipt, operation=record.id), documents)


def recorded(
    order: Order,
    receipt: Receipt,
    documents: Mapping[str, msgspec.Struct],
    view: View,
    tools: Tools,
    *,
    edges: tuple[Edge, ...] = (),
) -> Outcome:
    """Return what is written of an order: its documents, and the record with them.

    `edges` are what a revoked message had shown.

    Raises:
        NotRead: whether the record stands already has not been loaded.
    """
    subject = tools.subjects.operation(order.pair[0], order.id)
    require(view, subject)
    receipt = msgspec.structs.replace(receipt, operation=order.id)
    return Outcome(receipt, {**documents, subject: order.record(tools.subjects.tenant, edges)})


def record_of(word: Statement, view: View, tools: Tools) -> OperationDoc:
    """Return the record of an operator's word that stands in a component.

    Raises:
        NotRead: it has not been loaded.
    """
    subject = tools.subjects.operation(word.a, word.operation)
    require(view, subject)
    return view.read(subject, OperationDoc) or OperationDoc(
        id=word.operation,
        tenant=tools.subjects.tenant,
        kind=OperationKind(word.kind.value),
        by="",
        why="",
        at=word.at,
        a=word.a,
        b=word.b,
        message=word.message,
    )


def _again(order: Order, earlier: Statement, ground: Ground, view: View, tools: Tools) -> Outcome:
    """Return that an order was said before, or what keeps it from being so all the same."""
    if order.kind is OperationKind.LINK:
        change, documents = applied(ground, RESOLVED_ANEW, view, tools, order.at)
        if against := _against(order, change, tools.policy):
            receipt = receipt_of(
                order.kind, ground.keys, change, documents, view, tools.subjects, order.at
            )
            return Outcome(msgspec.structs.replace(receipt, obstacles=against))
    return Outcome(Receipt(kind=order.kind), already=record_of(earlier, view, tools))


def _against(order: Order, change: Change, policy: Policy) -> tuple[Obstacle, ...]:
    """Return what keeps a link from being one; nothing else can be in vain."""
    if order.b is None or order.kind is not OperationKind.LINK:
        return ()
    return obstacles(change, order.a.key, order.b.key, policy)


def _said_before(order: Order, ground: Ground, policy: Policy) -> Statement | None:
    """Return the word that makes an order idle.

    Raises:
        Permanent: an unlink finds nothing to take back.
    """
    kind = StatementKind(order.kind.value)
    words = [word for word in ground.statements if (word.a, word.b) == order.pair]
    same = max((word for word in words if word.kind is kind), key=_when, default=None)
    if kind is StatementKind.LINK and same is not None and same.at <= _last_unlink(words):
        return None
    if kind is StatementKind.UNLINK:
        if order.pair in ground.in_force(policy):
            return None
        if same is None:
            raise Permanent("nothing shows them together, so nothing can go", code="nothing")
    return same


def _statement(order: Order, ground: Ground, policy: Policy) -> Statement:
    a, b = order.pair
    at = order.at
    # Clocks of several machines differ; the later word is the one that was written later.
    if order.kind is OperationKind.LINK:
        words = [word for word in ground.statements if (word.a, word.b) == order.pair]
        at = max(at, _last_unlink(words) + 1)
    elif order.kind is OperationKind.UNLINK:
        span = ground.in_force(policy).get((a, b or a))
        at = max(at, span.last if span is not None else 0)
    return Statement(operation=order.id, kind=StatementKind(order.kind.value), a=a, b=b, at=at)


def _last_unlink(words: Sequence[Statement]) -> int:
    cut = [word.at for word in words if word.kind is StatementKind.UNLINK]
    return max(cut, default=-1)


def _when(word: Statement) -> tuple[int, OperationId]:
    return word.at, word.operation
