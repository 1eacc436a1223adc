"""Ties: whether what somebody holds of a customer stands for all of him.

A browser may be lent, left open, or used by whoever comes next. Who proves an address in it becomes
one customer with whoever proved another one there before, which is right more often than not; but
neither of the two has shown that the other's history is his. So for the gates a browser ties nobody
to anybody: it takes evidence that has no browser at either end, or an operator's word.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from maitred.contracts.identifiers import IdentifierKind
from maitred.contracts.ids import CustomerId, IdentifierKey
from maitred.identity.customers.components import Change
from maitred.identity.policy import Policy
from maitred.identity.resolver import evidence_in_force

_ANY: Final = Policy()
"""What a policy excludes is in nobody's customer but its own, so here any of them will do."""


def stands_for(change: Change, held: Collection[IdentifierKey], customer: CustomerId) -> bool:
    """Whether who holds `held` is tied to every identifier of `customer` that is no browser.

    Without a browser among them they always are, since nothing else holds them together.
    """
    document = change.document
    if document is None:
        return True
    found = (each.members for each in change.customers if each.customer == customer)
    own = {key for members in found for key in members}
    members = [each for each in document.members if each.key in own]
    surer = [each for each in members if each.identifier.kind is not IdentifierKind.VISITOR]
    wanted = {each.key for each in surer}
    reached = wanted.intersection(held)
    if len(surer) == len(members) or reached == wanted:
        return True
    pairs = evidence_in_force(surer, document.edges, document.statements, _ANY)
    coming = list(reached)
    while coming:
        key = coming.pop()
        near = {one if other == key else other for one, other in pairs if key in {one, other}}
        coming += near - reached
        reached |= near
    return reached == wanted
