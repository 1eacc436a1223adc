"""Desk: what the commands about identities work with, for one session."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from maitred.contracts.documents import IdentifierDoc
from maitred.contracts.identifiers import Identifier, Keys
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus.reads import get_many
from maitred.gateway.cli.session import Session
from maitred.gateway.conversing import Conversing
from maitred.gateway.operating import Operating
from maitred.gateway.policies import house_calendar
from maitred.gateway.settings.shapes import keeping_of
from maitred.identity.customers.components import Tools
from maitred.router.rules.needs import compile_rules


def operating_of(session: Session) -> Operating:
    """Return what carries out words about identifiers."""
    return Operating(
        session.connection, _tools(session), keeping_of(session.configuration.settings)
    )


def conversing_of(session: Session) -> Conversing:
    """Return what carries out orders about conversations."""
    settings = session.configuration.settings
    return Conversing(
        session.connection,
        _tools(session),
        keeping_of(settings),
        compile_rules(settings.routing, house_calendar(settings.routing.hours)),
    )


async def identifiers_of(
    session: Session, keys: Iterable[IdentifierKey]
) -> dict[IdentifierKey, Identifier]:
    """Return what stands behind keys, as far as it is known."""
    subjects = [session.subjects.identifier(key) for key in sorted(keys)]
    stored = await get_many(session.connection, JOURNAL, subjects)
    pointers = [msgspec.json.decode(each.data, type=IdentifierDoc) for each in stored.values()]
    return {pointer.key: pointer.identifier for pointer in pointers}


def _tools(session: Session) -> Tools:
    settings = session.configuration.settings
    keys = Keys(settings.tenant, settings.identity.secret.reveal().encode())
    return Tools(session.subjects, keys, settings.identity.policy)
