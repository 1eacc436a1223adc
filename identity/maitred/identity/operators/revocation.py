"""Revocation: what one message showed is taken back, as if it had never been seen.

Evidence is folded, so what others showed of the same pair has to be found again: in the log of
all who belong to the component, since only they can have shown it. What the log no longer reaches
stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maitred.contracts.documents import Edge, Statement, StatementKind
from maitred.contracts.entry import MessageEntry
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Keys
from maitred.contracts.ids import IdentifierKey, MessageId
from maitred.contracts.operations import OperationKind
from maitred.contracts.view import View
from maitred.identity.bulk import Sighting
from maitred.identity.customers.components import Addition, Slot, Tools
from maitred.identity.evidence import edges_of, join_edges, nodes_seen
from maitred.identity.operators.ground import Ground, Target, applied, read_ground
from maitred.identity.operators.operations import Order, Outcome, record_of, recorded
from maitred.identity.operators.receipts import Receipt, receipt_of
from maitred.identity.policy import Policy
from maitred.identity.reading import require

_ANY_POLICY = Policy()
"""Whatever the settings left out when a message came, or leave out now, is taken back as well."""


@dataclass(frozen=True, slots=True)
class Log:
    """What the messages of one sender show, each by itself, and the newest of them all."""

    newest: MessageId | None
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True)
class LogsWanted:
    """Whose logs must be read, or read anew, and which evidence is looked for there."""

    senders: tuple[IdentifierKey, ...]
    slots: frozenset[Slot]


def shown(sighting: Sighting, keys: Keys) -> tuple[Edge, ...]:
    """Return the evidence of one message."""
    actor, *others = sighting.observed
    return edges_of(nodes_seen(actor, others, keys, _ANY_POLICY), sighting.id, sighting.at)


def slot_of(edge: Edge) -> Slot:
    """Return where evidence is folded to."""
    return edge.a, edge.b, edge.level


def revoked(
    order: Order,
    sighting: Sighting,
    logs: Mapping[IdentifierKey, Log],
    view: View,
    tools: Tools,
) -> Outcome | LogsWanted:
    """Return what comes of revoking the evidence of a message, or the logs that it takes first.

    The customers and the newest message of each sender are read in one round: whoever writes for
    one of them later collides with what is written here, and whoever wrote before is in the logs.

    Raises:
        NotRead: a document has not been loaded.
        Permanent: the message shows nothing together (`nothing`).
    """
    actor, *others = sighting.observed
    nodes = nodes_seen(actor, others, tools.keys, _ANY_POLICY)
    edges = shown(sighting, tools.keys)
    if not edges:
        raise Permanent("this message shows nothing that could be taken back", code="nothing")
    ground = read_ground([Target(node.key, node.identifier) for node in nodes], view, tools)
    for word in ground.statements:
        if word.kind is StatementKind.REVOKED and word.message == sighting.id:
            return Outcome(Receipt(kind=order.kind), already=record_of(word, view, tools))
    if unread := _unread(ground, logs, view, tools):
        return LogsWanted(unread, frozenset(map(slot_of, edges)))
    known = {slot_of(edge): edge for edge in ground.edges}
    edges = tuple(edge for edge in edges if slot_of(edge) in known)
    word = Statement(
        operation=order.id,
        kind=StatementKind.REVOKED,
        a=order.a.key,
        message=sighting.id,
        at=order.at,
    )
    gone = {sighting.id} | {
        each.message
        for each in ground.statements
        if each.kind is StatementKind.REVOKED and each.message is not None
    }
    everything = [edge for log in logs.values() for edge in log.edges]
    rewritten = {slot_of(edge): _without(known[slot_of(edge)], everything, gone) for edge in edges}
    addition = Addition(statements=(word,), rewritten=rewritten)
    change, documents = applied(ground, addition, view, tools, order.at)
    receipt = receipt_of(
        OperationKind.REVOKED, ground.keys, change, documents, view, tools.subjects, order.at
    )
    return recorded(order, receipt, documents, view, tools, edges=edges)


def _unread(
    ground: Ground, logs: Mapping[IdentifierKey, Log], view: View, tools: Tools
) -> tuple[IdentifierKey, ...]:
    """Return the senders whose logs have not been read up to their newest message."""
    subjects = tools.subjects
    senders = [member.key for member in ground.members]
    customers = [each.customer for root in ground.roots.values() for each in root.customers]
    require(view, *map(subjects.customer, customers), *map(subjects.message, senders))
    unread = []
    for key in senders:
        newest = view.read(subjects.message(key), MessageEntry)
        name = newest.message.id if newest is not None else None
        if key not in logs or logs[key].newest != name:
            unread.append(key)
    return tuple(unread)


def _without(known: Edge, everything: list[Edge], gone: set[MessageId]) -> Edge | None:
    """Return what is left of folded evidence without some of the messages behind it."""
    found = [edge for edge in everything if slot_of(edge) == slot_of(known)]
    if not found:
        return known
    reached = join_edges(found)[0]
    kept = [edge for edge in found if edge.source not in gone]
    first, last = known.first_at, known.last_at
    if first < reached.first_at:
        kept.append(_at(known, first))
    if last > reached.last_at:
        kept.append(_at(known, last))
    return join_edges(kept)[0] if kept else None


def _at(edge: Edge, day: int) -> Edge:
    return Edge(a=edge.a, b=edge.b, level=edge.level, first_at=day, last_at=day, source=edge.source)
