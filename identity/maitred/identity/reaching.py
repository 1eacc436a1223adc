"""Reaching: where else whoever wrote from a browser can be written to, without telling others.

What he proved in the session that he wrote in is his (level 3 and above), and so is what is tied to
that by proof: the address of the account that he is signed in to. Nothing is followed through the
browser itself, which others may use, nor through claims. Where that leads to several addresses,
nobody knows which of them he reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from maitred.contracts.documents import ComponentDoc, IdentifierDoc
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level
from maitred.contracts.ids import IdentifierKey, component_id
from maitred.contracts.message import Message
from maitred.contracts.view import View
from maitred.identity.customers.components import Tools
from maitred.identity.reading import read_component
from maitred.identity.resolver import evidence_in_force


def proven_address(message: Message, view: View, tools: Tools) -> Identifier | None:
    """Return the one mail address of who wrote a message that he has proved, if there is just one.

    Raises:
        NotRead: a document has not been loaded.
    """
    proven = [each.identifier for each in message.observed if each.level >= Level.PROVEN]
    shown = _addresses(proven, tools)
    if shown or not proven:
        return shown.pop() if len(shown) == 1 else None
    keys = [tools.keys.identifier(each) for each in proven]
    pointer = view.read(tools.subjects.identifier(keys[0]), IdentifierDoc)
    lead = pointer.component if pointer is not None else component_id(keys[0])
    _, component = read_component(view, tools.subjects, lead)
    if component is None:
        return None
    reached = _proven_with(keys, component, tools)
    members = [each.identifier for each in component.members if each.key in reached]
    known = _addresses(members, tools)
    return known.pop() if len(known) == 1 else None


def _addresses(identifiers: Iterable[Identifier], tools: Tools) -> set[Identifier]:
    return {
        each
        for each in identifiers
        if each.kind is IdentifierKind.EMAIL and not tools.policy.is_shared(each)
    }


def _proven_with(
    keys: Collection[IdentifierKey], component: ComponentDoc, tools: Tools
) -> set[IdentifierKey]:
    """Return what was proven to be in the same hands as `keys`, step by step."""
    in_force = evidence_in_force(
        component.members, component.edges, component.statements, tools.policy
    )
    near: defaultdict[IdentifierKey, set[IdentifierKey]] = defaultdict(set)
    for (one, other), span in in_force.items():
        if span.level >= Level.PROVEN:
            near[one].add(other)
            near[other].add(one)
    apart = set(component.contact_points)
    reached = set(keys) - apart
    ahead = list(reached)
    while ahead:
        found = near[ahead.pop()] - reached - apart
        reached |= found
        ahead += found
    return reached
