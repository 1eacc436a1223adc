"""Reading: asking the view for all documents of one depth at once, and following aliases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from maitred.contracts.documents import ComponentDoc, CustomerDoc
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import ComponentId, CustomerId
from maitred.contracts.limits import COMPONENT_MEMBERS_MAX
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import NotRead, View

ALIAS_HOPS_MAX: Final = COMPONENT_MEMBERS_MAX
"""Components are united by size, so their chains are short. A customer is named after the oldest
of his identifiers, so who gathers his own one by one has a name for each."""

T = TypeVar("T", bound=msgspec.Struct)


class _After:
    """A view with documents laid over it."""

    def __init__(self, view: View, documents: Mapping[str, msgspec.Struct]) -> None:
        self._view = view
        self._documents = documents

    def read(self, subject: str, shape: type[T]) -> T | None:
        document = self._documents.get(subject)
        if document is None:
            return self._view.read(subject, shape)
        if not isinstance(document, shape):
            raise msgspec.ValidationError(f"what is written is no {shape.__name__}")
        return document

    def missing(self, *subjects: str) -> tuple[str, ...]:
        return self._view.missing(*(each for each in subjects if each not in self._documents))


def after(view: View, documents: Mapping[str, msgspec.Struct]) -> View:
    """Return how it looks once `documents` are written, by subject."""
    return _After(view, documents) if documents else view


def require(view: View, *subjects: str) -> None:
    """Ask for all of `subjects` in one round.

    Raises:
        NotRead: some of them have not been loaded; it names exactly those.
    """
    missing = view.missing(*dict.fromkeys(subjects))
    if missing:
        raise NotRead(*missing)


def read_component(
    view: View, subjects: Subjects, component: ComponentId
) -> tuple[ComponentId, ComponentDoc | None]:
    """Return a component that is no alias; without a document it is an implicit one.

    Raises:
        NotRead: the next document of the chain has not been loaded.
        Permanent: the aliases go round in a circle.
    """
    for _ in range(ALIAS_HOPS_MAX):
        document = view.read(subjects.component(component), ComponentDoc)
        if document is None or document.alias_of is None:
            return component, document
        component = document.alias_of
    raise Permanent("a component's aliases do not end", code="alias_chain")


def read_customer(
    view: View, subjects: Subjects, customer: CustomerId
) -> tuple[CustomerId, CustomerDoc | None]:
    """Return the customer that `customer` is today, for ids kept in other documents.

    Raises:
        NotRead: the next document of the chain has not been loaded.
        Permanent: the aliases go round in a circle.
    """
    for _ in range(ALIAS_HOPS_MAX):
        document = view.read(subjects.customer(customer), CustomerDoc)
        if document is None or document.alias_of is None:
            return customer, document
        customer = document.alias_of
    raise Permanent("a customer's aliases do not end", code="alias_chain")
