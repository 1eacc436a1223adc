"""Profile: what is known of a customer's identity, by whose word, and who claims to be him.

For operators alone: nothing of it may reach a customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import (
    Claimant,
    ClaimDoc,
    ComponentDoc,
    CustomerDoc,
    Epoch,
    IdentifierDoc,
)
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Identifier, Level
from maitred.contracts.ids import ConversationId, CustomerId, IdentifierKey, customer_id
from maitred.contracts.limits import CLAIM_AGE_MS
from maitred.contracts.operations import OperationDoc
from maitred.contracts.view import View
from maitred.identity.customers.components import Tools, namesake
from maitred.identity.customers.writers import customer_of
from maitred.identity.operators.operations import record_of
from maitred.identity.reading import read_component, read_customer, require
from maitred.identity.resolver import evidence_in_force
from maitred.identity.timeline.belonging import alone

_NAMED_MAX: Final = 3
"""Of those who merely claim an identifier, so many are named where nobody is known by it."""
HINTS_FROM: Final = 8
"""Of so many of the last conversations it is shown whom their writers seem to be."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One identifier of a customer.

    `level` is that of the surest evidence that ties it to another one; None if nothing does.
    `first_at` is when it was first named, `last_at` when it was last seen (UTC milliseconds, 0:
    never). `claimants` are who named it lately without proof, newest first.
    """

    key: IdentifierKey
    identifier: Identifier
    level: Level | None = None
    first_at: int = 0
    last_at: int = 0
    messages: int = 0
    epochs: tuple[Epoch, ...] = ()
    is_contact_point: bool = False
    claimants: tuple[Claimant, ...] = ()


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, his identifiers, what operators said of them, and who he might be besides.

    `others` are further identifiers that the words, or the claims, are about.
    """

    customer: CustomerDoc
    identifiers: tuple[Known, ...] = ()
    words: tuple[OperationDoc, ...] = ()
    possible: tuple[CustomerId, ...] = ()
    others: dict[IdentifierKey, Identifier] = {}


def customer_of_conversation(conversation: ConversationId, view: View, tools: Tools) -> CustomerId:
    """Return whose a conversation is.

    Raises:
        NotRead: it has not been loaded.
        Permanent: there is none (`not_found`).
    """
    subject = tools.subjects.conversation(conversation)
    require(view, subject)
    found = view.read(subject, Conversation)
    if found is None:
        raise Permanent(f"no conversation is known as {conversation}", code="not_found")
    return found.customer


def customer_of_identifier(key: IdentifierKey, view: View, tools: Tools, at: int) -> CustomerId:
    """Return whose an identifier is; `at` is now, in UTC milliseconds.

    Raises:
        NotRead: a document has not been loaded.
        Permanent: nobody is known by it for sure (`not_found`); the error names who claims it.
    """
    require(view, tools.subjects.identifier(key))
    pointer = view.read(tools.subjects.identifier(key), IdentifierDoc)
    if pointer is None:
        require(view, tools.subjects.claim(key))
        raise Permanent(_nobody(_claimants(key, view, tools, at)), code="not_found")
    component, document = read_component(view, tools.subjects, pointer.component)
    owner = customer_of(document.customers, key, at) if document is not None else None
    return owner or customer_id(component)


def profile_of(customer: CustomerId, view: View, tools: Tools, at: int) -> Profile:
    """Return what is known of a customer, or of whoever he went up into; `at` is now.

    Raises:
        NotRead: a document has not been loaded.
        Permanent: there is none (`not_found`), or aliases go round in a circle (`alias_chain`).
    """
    require(view, tools.subjects.customer(customer))
    name, known = read_customer(view, tools.subjects, customer)
    if known is None:
        raise Permanent(f"no customer is known as {customer}", code="not_found")
    document = _component(known, view, tools)
    identifiers = {member.key: member.identifier for member in document.members}
    entry = next((each for each in document.customers if each.customer == name), None)
    own = () if entry is None else tuple(key for key in entry.members if key in identifiers)
    words = tuple(
        record_of(word, view, tools)
        for word in document.statements
        if word.a in own or word.b in own
    )
    require(view, *map(tools.subjects.identifier, own), *map(tools.subjects.claim, own))
    claimants = {key: _claimants(key, view, tools, at) for key in own}
    named = {key for word in words for key in (word.a, word.b) if key is not None}
    return Profile(
        customer=known,
        identifiers=tuple(
            msgspec.structs.replace(
                _known(key, identifiers[key], known, document, view, tools),
                epochs=tuple(each for each in entry.epochs if each.key == key) if entry else (),
                is_contact_point=key in document.contact_points,
                claimants=claimants[key],
            )
            for key in own
        ),
        words=words,
        possible=_possible(known, claimants, view, tools),
        others={key: identifiers[key] for key in sorted(named - set(own)) if key in identifiers},
    )


def _component(customer: CustomerDoc, view: View, tools: Tools) -> ComponentDoc:
    require(view, tools.subjects.component(customer.component))
    component, document = read_component(view, tools.subjects, customer.component)
    if document is not None:
        return document
    subject = tools.subjects.identifier(namesake(component))
    require(view, subject)
    pointer = view.read(subject, IdentifierDoc)
    return alone(customer, pointer.identifier if pointer is not None else None)


def _known(
    key: IdentifierKey,
    identifier: Identifier,
    customer: CustomerDoc,
    document: ComponentDoc,
    view: View,
    tools: Tools,
) -> Known:
    pointer = view.read(tools.subjects.identifier(key), IdentifierDoc)
    spans = evidence_in_force(document.members, document.edges, document.statements, tools.policy)
    wrote = [writer for writer in customer.writers if writer.key == key]
    times = [edge.last_at for edge in document.edges if key in (edge.a, edge.b)]
    times += [writer.last_at for writer in wrote]
    first = pointer.first_seen_at if pointer is not None else 0
    return Known(
        key=key,
        identifier=identifier,
        level=max((span.level for pair, span in spans.items() if key in pair), default=None),
        first_at=first,
        # Evidence knows its day alone, and of the first day that is earlier than the first time.
        last_at=max(first, *times) if times else 0,
        messages=sum(writer.messages for writer in wrote),
    )


def _claimants(key: IdentifierKey, view: View, tools: Tools, at: int) -> tuple[Claimant, ...]:
    known = view.read(tools.subjects.claim(key), ClaimDoc)
    found = known.claimants if known is not None else ()
    return tuple(each for each in reversed(found) if at - each.at <= CLAIM_AGE_MS)


def _nobody(claimants: tuple[Claimant, ...]) -> str:
    """Say that nobody is known by an identifier for sure, and where to look instead."""
    if not claimants:
        return "nobody is known by this identifier, and nobody claimed it lately"
    named = [each.customer for each in claimants[:_NAMED_MAX]]
    more = f" and {len(claimants) - len(named)} more" if claimants[_NAMED_MAX:] else ""
    return (
        f"nobody is known by this identifier for sure; it was merely claimed by "
        f"{', '.join(named)}{more}, and `maitred journey {named[0]}` shows what was written so"
    )


def _possible(
    customer: CustomerDoc,
    claimants: Mapping[IdentifierKey, tuple[Claimant, ...]],
    view: View,
    tools: Tools,
) -> tuple[CustomerId, ...]:
    """Return who claimed to be this customer, and whom his own writers claimed to be."""
    last = (*customer.open_conversations, *customer.conversations[-HINTS_FROM:])
    require(view, *map(tools.subjects.conversation, last))
    said = (view.read(tools.subjects.conversation(each), Conversation) for each in last)
    named = [each.hint for each in said if each is not None and each.hint is not None]
    named += [each.customer for found in claimants.values() for each in found]
    require(view, *map(tools.subjects.customer, named))
    now = [read_customer(view, tools.subjects, each)[0] for each in named]
    return tuple(each for each in dict.fromkeys(now) if each != customer.id)
