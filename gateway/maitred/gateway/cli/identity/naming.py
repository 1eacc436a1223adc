"""Naming: identifiers as people write them on the command line, and as they are shown there.

What is shown is masked unless it is asked for: a terminal is looked over, recorded and pasted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import typer

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import (
    VALUE_CHARACTERS_MAX,
    Identifier,
    IdentifierKind,
    Keys,
    Level,
    account_identifier,
    email_identifier,
    slack_identifier,
    text_identifier,
    visitor_identifier,
)
from maitred.contracts.ids import DIGITS, IdentifierKey
from maitred.gateway.cli.printing import plain
from maitred.identity.operators.ground import Target

_KEY: Final = re.compile(rf"[0-9a-f]{{{DIGITS}}}\Z")
_FORMS: Final = (
    "email:ann@example.com, phone:+15552000001, slack:T1:U2, account:4711, visitor:…, crm:…, "
)
_PHONE_DIGITS_SHOWN: Final = 2
_VISITOR_CHARACTERS_SHOWN: Final = 4


def named(text: str, keys: Keys, region: str | None) -> Target:
    """Return the identifier that somebody names, in its normal form; `region` as in the settings.

    Raises:
        typer.BadParameter: it is none.
    """
    if _KEY.match(text):
        return Target(IdentifierKey(text))
    identifier = _identifier(text, region)
    return Target(keys.identifier(identifier), identifier)


def name(text: str) -> str:
    """Return an argument if it names an identifier.

    Raises:
        typer.BadParameter: it does not.
    """
    if not _KEY.match(text):
        _identifier(text, None)
    return text


def shown(identifier: Identifier, *, reveal: bool) -> str:
    """Return an identifier for a person to read, whole only if it is to be revealed."""
    value = identifier.value if reveal else masked(identifier)
    return f"{identifier.kind.value}:{plain(value)}"


def list_shown(
    keys: Iterable[IdentifierKey],
    identifiers: Mapping[IdentifierKey, Identifier],
    *,
    reveal: bool,
) -> str:
    """Return identifiers in one line; one of which nothing is known is shown by its key."""
    return ", ".join(
        shown(identifiers[key], reveal=reveal) if key in identifiers else key for key in keys
    )


def masked(identifier: Identifier) -> str:
    """Return so much of a value as tells it from its neighbours, for who knows it already."""
    value = identifier.value
    match identifier.kind:
        case IdentifierKind.EMAIL:
            local, _, domain = value.rpartition("@")
            return f"{local[:1]}…@{domain}"
        case IdentifierKind.PHONE if value.startswith("+"):
            return f"{value[: 1 + _PHONE_DIGITS_SHOWN]}…{value[-_PHONE_DIGITS_SHOWN:]}"
        case IdentifierKind.SLACK:
            team, _, user = value.partition(":")
            return f"{team}:{user[:1]}…"
        case IdentifierKind.VISITOR:
            return f"{value[:_VISITOR_CHARACTERS_SHOWN]}…"
    return f"{value[:1]}…"


def _identifier(text: str, region: str | None) -> Identifier:
    kind, colon, value = text.partition(":")
    made = _MADE.get(kind)
    value = value.strip()
    if not colon or made is None:
        raise typer.BadParameter(f"an identifier looks like {_FORMS}or is a key of {DIGITS} digits")
    if not value or len(value) > VALUE_CHARACTERS_MAX or not value.isprintable():
        raise typer.BadParameter(f"what is behind {kind}: names nobody")
    try:
        return made(value, region)
    except BadPayload as error:
        raise typer.BadParameter(f"what is behind {kind}: is {error}") from None


def _phone(value: str, region: str | None) -> Identifier:
    found = text_identifier(value, region=region)
    if found.level is Level.CLAIMED:
        raise BadPayload("a number that was withheld", code="bad_address")
    return found.identifier


def _slack(value: str, _region: str | None) -> Identifier:
    team, _, user = value.partition(":")
    return slack_identifier(team, user)


_MADE: Final[Mapping[str, Callable[[str, str | None], Identifier]]] = {
    "account": lambda value, _: account_identifier(value),
    "crm": lambda value, _: Identifier(kind=IdentifierKind.CRM, value=value),
    "email": lambda value, _: email_identifier(value),
    "phone": _phone,
    "slack": _slack,
    "visitor": lambda value, _: visitor_identifier(value),
}
