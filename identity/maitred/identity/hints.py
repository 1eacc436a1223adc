"""Hints: who a writer seems to be where nothing proves it; for routing, never for him.

Who claims an identifier is hinted to be its owner, or else whoever claimed it last. Claims stand
apart from all that merges customers: a document for each claimed identifier, bounded in number and
in age, which no component ever reads. Nine of ten claims are honest, which is good enough to choose
an agent by, and by far not good enough to show anything to who claims.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from maitred.contracts.documents import Claimant, ClaimDoc, IdentifierDoc
from maitred.contracts.identifiers import Keys
from maitred.contracts.ids import CustomerId, IdentifierKey, customer_id
from maitred.contracts.limits import CLAIM_AGE_MS, CLAIMANTS_MAX
from maitred.contracts.message import Message
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.customers.components import Tools
from maitred.identity.customers.writers import customer_of
from maitred.identity.policy import THETA, Policy
from maitred.identity.reading import read_component, require

CLAIMS_MAX: Final = 4
"""Of the claims that one message makes, so many are looked at."""


def claims_of(message: Message, keys: Keys, policy: Policy) -> tuple[IdentifierKey, ...]:
    """Return the keys of the identifiers that a message claims without proof, the sender's first.

    They are the keys of the identifiers themselves. Role mailboxes and placeholders claim nothing.
    """
    claimed = [
        observed.identifier
        for observed in (message.actor, *message.observed)
        if observed.level < THETA and not policy.is_shared(observed.identifier)
    ]
    found = dict.fromkeys(keys.identifier(each) for each in claimed)
    found.pop(message.actor_key, None)
    return tuple(found)[:CLAIMS_MAX]


def first_reads(claims: Sequence[IdentifierKey], subjects: Subjects) -> tuple[str, ...]:
    """Return the documents that every claim needs, known or unknown."""
    return tuple(
        subject for key in claims for subject in (subjects.identifier(key), subjects.claim(key))
    )


def hint_of(
    claims: Sequence[IdentifierKey], own: CustomerId, view: View, subjects: Subjects, at: int
) -> CustomerId | None:
    """Return whom the claims point to, if to anybody but the customer himself.

    Raises:
        NotRead: a claim, or the component of its owner, has not been loaded.
    """
    require(view, *first_reads(claims, subjects))
    for key in claims:
        owner = _owner(key, view, subjects, at)
        if owner is not None and owner != own:
            return owner
    for key in claims:
        for claimant in reversed(_lately(view, subjects, key, at)):
            if claimant.customer != own:
                return claimant.customer
    return None


def noted(
    claims: Sequence[IdentifierKey],
    claimant: Claimant,
    view: View,
    tools: Tools,
) -> dict[str, ClaimDoc]:
    """Return the claim documents, by subject, with one more claimant; none where he is the last.

    Raises:
        NotRead: a claim has not been loaded.
    """
    require(view, *map(tools.subjects.claim, claims))
    documents = {}
    for key in claims:
        known = _lately(view, tools.subjects, key, claimant.at)
        if known and known[-1].customer == claimant.customer:
            continue
        others = tuple(each for each in known if each.customer != claimant.customer)
        documents[tools.subjects.claim(key)] = ClaimDoc(
            claimants=(*others, claimant)[-CLAIMANTS_MAX:]
        )
    return documents


def _owner(key: IdentifierKey, view: View, subjects: Subjects, at: int) -> CustomerId | None:
    pointer = view.read(subjects.identifier(key), IdentifierDoc)
    if pointer is None:
        return None
    component, document = read_component(view, subjects, pointer.component)
    if document is None:
        return customer_id(component)
    return customer_of(document.customers, key, at)


def _lately(view: View, subjects: Subjects, key: IdentifierKey, at: int) -> tuple[Claimant, ...]:
    known = view.read(subjects.claim(key), ClaimDoc)
    if known is None:
        return ()
    return tuple(each for each in known.claimants if at - each.at <= CLAIM_AGE_MS)
