"""How fast a known writer is found, and what a component costs that has to be resolved again.

Documents are in memory and parsed, as they are in a gateway that has just read them; time is that
of the product's own steps. The limit beside it hashes the same identifiers and looks them up in a
dictionary, and does nothing else.
"""

from __future__ import annotations

import gc
import itertools
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec

from maitred.contracts.documents import CustomerDoc
from maitred.contracts.identifiers import Identifier, IdentifierKind, Keys, Level, Observed
from maitred.contracts.ids import ComponentId, MessageId, Tenant, message_id
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.limits import DAY_MS
from maitred.contracts.message import Message, MessageKind
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import NotRead, View
from maitred.gateway.journal.documents import DocumentCache, Drafts, Known
from maitred.identity.conversations.journey import add_turn
from maitred.identity.conversations.place import Tools, place
from maitred.identity.customers.components import Addition, Root, change_of
from maitred.identity.customers.whose import whose
from maitred.identity.evidence import Node, edges_of, nodes_of
from maitred.identity.policy import Policy

T = TypeVar("T", bound=msgspec.Struct)
TENANT: Final = Tenant("benchmark")
TOOLS: Final = Tools(Subjects(TENANT), Keys(TENANT, b"a secret that keeps nothing"), Policy())
AT: Final = 1_767_225_600_000
GROUP: Final = 64
"""So many messages share one look at the documents, as in a busy gateway."""
OWN: Final = {
    IdentifierKind.ACCOUNT: 1,
    IdentifierKind.EMAIL: 6,
    IdentifierKind.SLACK: 3,
    IdentifierKind.PHONE: 4,
    IdentifierKind.VISITOR: 6,
}
"""A customer with many identifiers: 20 of them."""
_CHANNELS: Final = {
    IdentifierKind.EMAIL: "email",
    IdentifierKind.PHONE: "sms",
    IdentifierKind.SLACK: "slack",
}


@dataclass(slots=True)
class Store:
    """Documents in memory: a `View` in which everything has been read."""

    documents: dict[str, msgspec.Struct] = field(default_factory=dict)

    def read(self, subject: str, shape: type[T]) -> T | None:
        """Return a document."""
        document = self.documents.get(subject)
        return document if isinstance(document, shape) else None

    def missing(self, *subjects: str) -> tuple[str, ...]:
        """Return nothing: all is there."""
        return subjects[:0]

    def take(self, message: Message, now: int) -> None:
        """Place a message and keep what it writes, as intake and dispatch do."""
        placement = place(message, 1, self, TOOLS, now)
        self.documents.update(placement.documents)
        if placement.conversation is not None and placement.customer is not None:
            customer = self.read(TOOLS.subjects.customer(placement.customer), CustomerDoc)
            self.documents[TOOLS.subjects.conversation(placement.conversation)] = add_turn(
                placement.previous, message, placement, customer, now
            )

    def known(self, subject: str) -> Known:
        """Return what the gateway's cache would hold of a document, parsed."""
        document = self.documents.get(subject)
        if document is None:
            return Known(0, None)
        return Known(1, msgspec.json.encode(document), document)


def said(name: str, at: int, *observed: Observed) -> Message:
    """Return a message; the sender comes first."""
    actor, *others = observed
    channel = _CHANNELS.get(actor.identifier.kind, "chat")
    key = TOOLS.keys.actor(actor)
    return Message(
        id=message_id(TENANT, channel, "main", name),
        tenant=TENANT,
        channel=channel,
        account="main",
        kind=MessageKind.MESSAGE,
        actor=actor,
        actor_key=key,
        observed=tuple(others),
        text="Where is my order?",
        received_at=at,
        reply_to=ReplyTo(channel=channel, account="main", endpoint=actor.identifier, key=key),
    )


def _seen(kind: IdentifierKind, value: str, level: Level) -> Observed:
    return Observed(identifier=Identifier(kind=kind, value=value), level=level)


def _shown(number: int, count: int) -> tuple[Observed, ...]:
    """Return who a message of a customer shows: a mail alone, or a chat with what it proved."""
    address = _seen(IdentifierKind.EMAIL, f"person{number}@mail.example", Level.PROVEN)
    browser = _seen(IdentifierKind.VISITOR, f"browser{number}", Level.AUTHENTICATED)
    account = _seen(IdentifierKind.ACCOUNT, f"account{number}", Level.SIGNED)
    return (address,) if count == 1 else (browser, account, address)[:count]


def resolutions(customers: int, rounds: int) -> dict[str, dict[str, float]]:
    """Return how many messages of known customers are resolved in a second, on one core.

    By the number of identifiers that a message shows.
    """
    return {str(count): _resolutions(count, customers, rounds) for count in (1, 2, 3)}


def _resolutions(count: int, customers: int, rounds: int) -> dict[str, float]:
    store = Store()
    for number in range(customers):
        store.take(said(f"first {number}", AT, *_shown(number, count)), AT)
    numbers = random.Random(1).sample(range(customers), customers)
    crowd = _Crowd(
        store, [said(f"next {number}", AT + 1, *_shown(number, count)) for number in numbers]
    )
    functions = (crowd.limit, crowd.resolve, crowd.resolve_by_cache, crowd.place)
    seconds = _medians(rounds, {function.__name__: function for function in functions})
    return {name: customers / taken for name, taken in seconds.items()}


@dataclass(slots=True)
class _Crowd:
    """Known customers, and a message of each that says nothing new about him."""

    store: Store
    messages: Sequence[Message]
    cache: DocumentCache = field(default_factory=DocumentCache)

    def limit(self) -> None:
        documents = self.store.documents
        for message in self.messages:
            for each in (message.actor, *message.observed):
                documents[TOOLS.subjects.identifier(TOOLS.keys.actor(each))]

    def resolve(self) -> None:
        for message in self.messages:
            _resolve(message, self.store)

    def resolve_by_cache(self) -> None:
        for at in range(0, len(self.messages), GROUP):
            view = Drafts(self.cache)
            for message in self.messages[at : at + GROUP]:
                self._resolve_loading(message, view)

    def place(self) -> None:
        for message in self.messages:
            place(message, 1, self.store, TOOLS, AT + 1)

    def _resolve_loading(self, message: Message, view: Drafts) -> None:
        while True:
            try:
                _resolve(message, view)
            except NotRead as needed:
                for subject in needed.subjects:
                    self.cache.put(subject, self.store.known(subject))
            else:
                return


def _resolve(message: Message, view: View) -> None:
    whose(message, nodes_of(message, TOOLS.keys, TOOLS.policy), view, TOOLS, AT + 1)


def touched(sizes: Sequence[int], rounds: int) -> dict[str, dict[str, float]]:
    """Return what new evidence costs in a component of so many members, in milliseconds.

    `resolve` computes its partition and its new document, `settled` finds that nothing is new.
    """
    return {str(size): _touched(size, rounds) for size in sizes}


def _touched(size: int, rounds: int) -> dict[str, float]:
    nodes, pairs = _component(size)
    edges = [
        edge for one, other in pairs for edge in edges_of((one, other), MessageId("msg_first"), AT)
    ]
    built = change_of(nodes, Addition(tuple(edges)), {}, TOOLS.policy, lambda _: AT)
    if built is None or built.document is None:
        raise ValueError("a component that does not fit its bounds")
    document = built.document
    root = Root(built.component, document, document.members, document.customers)
    roots: Mapping[ComponentId, Root] = {root.id: root}
    pair = pairs[0]
    known = Addition(edges_of(pair, MessageId("msg_again"), AT))
    days = itertools.count(1)
    times = max(2_000 // size, 5)

    def resolve() -> None:
        for _ in range(times):
            new = edges_of(pair, MessageId("msg_new"), AT + next(days) * DAY_MS)
            change_of(pair, Addition(new), roots, TOOLS.policy, lambda _: AT)

    def settled() -> None:
        for _ in range(times):
            change_of(pair, known, roots, TOOLS.policy, lambda _: AT)

    seconds = _medians(rounds, {"resolve": resolve, "settled": settled})
    figures = {name: taken / times * 1e3 for name, taken in seconds.items()}
    return figures | {"edges": len(document.edges), "customers": len(document.customers)}


def _component(size: int) -> tuple[list[Node], list[tuple[Node, Node]]]:
    """Return identifiers and who was seen with whom: customers of 20, and a browser of them all.

    Each was seen with his account, and each browser with an address besides.
    """
    kiosk = _node(IdentifierKind.VISITOR, "kiosk")
    nodes: list[Node] = []
    pairs: list[tuple[Node, Node]] = []
    for number in itertools.count():
        own = [_node(kind, f"{number}.{at}") for kind, many in OWN.items() for at in range(many)]
        own = own[: size - len(nodes)]
        pairs += [(own[0], each) for each in own[1:]]
        emails = [each for each in own if each.identifier.kind is IdentifierKind.EMAIL]
        browsers = [each for each in own if each.identifier.kind is IdentifierKind.VISITOR]
        pairs += zip(emails, browsers, strict=False)
        nodes += own
        if len(nodes) == size and number:
            # The last identifier makes room for the browser that all of them used.
            gone = nodes.pop()
            pairs = [pair for pair in pairs if gone not in pair]
            accounts = [n for n in nodes if n.identifier.kind is IdentifierKind.ACCOUNT]
            pairs += [(account, kiosk) for account in accounts]
            nodes.append(kiosk)
        if len(nodes) == size:
            return nodes, pairs
    raise AssertionError


def _node(kind: IdentifierKind, value: str) -> Node:
    identifier = Identifier(kind=kind, value=value)
    return Node(TOOLS.keys.identifier(identifier), identifier, Level.SIGNED)


def _medians(rounds: int, functions: Mapping[str, Callable[[], None]]) -> dict[str, float]:
    """Return the median seconds of each, of processor time: others may use the machine as well.

    They take turns, so that all meet the same conditions.
    """
    taken: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function()
    gc.collect()
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.process_time()
            function()
            taken[name].append(time.process_time() - start)
    return {name: statistics.median(times) for name, times in taken.items()}
