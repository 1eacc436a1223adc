"""Seeding: whose belongings are meant, by the customer or the identifier that somebody names."""

from __future__ import annotations

from maitred.contracts.documents import CustomerDoc, IdentifierDoc
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import CustomerId, component_id, customer_id
from maitred.contracts.operations import ErasureDoc
from maitred.gateway.bus.connection import Connection
from maitred.gateway.erasure.belongings import Belongings, Finder, Seed
from maitred.gateway.journal.lookup import Lookup
from maitred.identity.customers.components import Tools
from maitred.identity.customers.writers import customer_of
from maitred.identity.operators.ground import Target


async def belongings_of(
    connection: Connection,
    tools: Tools,
    about: CustomerId | Target,
    now: int,
    *,
    claims: bool = True,
) -> Belongings:
    """Return all that is known of whoever is named, at `now` (UTC milliseconds).

    An identifier names whom it belongs to now; where nobody ever proved that it is his, all that
    was written under the mere claim of it, if `claims` are wanted.

    Raises:
        Permanent: nothing is known (code `not_found`).
        StoreUnavailable: the store does not answer.
    """
    seed = await _seed(connection, tools, about, now)
    found = await Finder(connection, tools, claims=claims).find(seed)
    lookup = Lookup(connection, tools.subjects)
    await lookup.begin()
    known = await lookup.one(tools.subjects.customer(seed.customer), CustomerDoc)
    person = found.person
    pointers = [
        await lookup.one(tools.subjects.identifier(key), IdentifierDoc) for key in person.keys
    ]
    if known is None and not (found.messages or person.conversations or any(pointers)):
        raise Permanent("nothing is known of anybody under that name", code="not_found")
    return found


def seed_of(doc: ErasureDoc) -> Seed:
    """Return whom an erasure is about, with what it has found so far."""
    return Seed(
        customer=doc.customer,
        keys=frozenset(doc.keys),
        shared={
            key: tuple(epoch for epoch in doc.epochs if epoch.key == key) for key in doc.shared
        },
        customers=frozenset(doc.customers),
        conversations=frozenset(doc.conversations),
    )


async def _seed(connection: Connection, tools: Tools, about: CustomerId | Target, now: int) -> Seed:
    lookup = Lookup(connection, tools.subjects)
    await lookup.begin()
    if not isinstance(about, Target):
        return Seed((await lookup.customer(about))[0])
    key = about.key
    own = component_id(key)
    pointer = await lookup.one(tools.subjects.identifier(key), IdentifierDoc)
    component = await lookup.root(pointer.component if pointer is not None else own)
    owner = customer_of(component.customers, key, now) if component is not None else None
    if owner is not None:
        return Seed((await lookup.customer(owner))[0])
    if pointer is not None:
        return Seed((await lookup.customer(customer_id(pointer.component)))[0])
    claimed = {tools.keys.claimed(about.identifier)} if about.identifier is not None else set()
    return Seed(customer_id(own), keys=frozenset({key}), claimed=frozenset(claimed))
