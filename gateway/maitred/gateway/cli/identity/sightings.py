"""Sightings: a history of messages, a line of JSON each, as the resolver wants it.

A line is a message with what its context showed, its sender first, or what an operator says:

    {"id": "m1", "at": 1767225600, "observed": [{"kind": "email", "value": "ann@example.com",
     "level": 2}]}
    {"op": "revoke", "message": "m1"}
    {"op": "cannot_link", "a": {"kind": "uid", "value": "7"}, "b": {"kind": "uid", "value": "8"}}

Fields that are not named here are left alone. What is told of a fault names no address.
"""

from __future__ import annotations

import codecs
import math
from typing import Any, Final

import msgspec
import orjson

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import (
    Identifier,
    IdentifierKind,
    Level,
    Observed,
    email_identifier,
    slack_identifier,
    text_identifier,
)
from maitred.contracts.ids import MessageId
from maitred.contracts.limits import OBSERVED_IDENTIFIERS_MAX, SECOND_MS
from maitred.identity.bulk import Sighting

AT_MAX: Final = 253_402_300_799
"""The last second of the year 9999; whoever writes milliseconds is beyond it."""
_KINDS: Final = {kind.value: kind for kind in IdentifierKind} | {
    "uid": IdentifierKind.ACCOUNT,
    "user_id": IdentifierKind.ACCOUNT,
    "user": IdentifierKind.ACCOUNT,
    "mail": IdentifierKind.EMAIL,
    "tel": IdentifierKind.PHONE,
    "sms": IdentifierKind.PHONE,
    "cookie": IdentifierKind.VISITOR,
    "device": IdentifierKind.VISITOR,
}
_LEVELS: Final[dict[float, Level]] = {int(level): level for level in Level}
_WITHHELD: Final = text_identifier("anonymous").identifier

Object = dict[str, Any]


class History:
    """What the lines said so far; their order does not matter."""

    def __init__(self) -> None:
        self.sightings: dict[MessageId, Sighting] = {}
        """In the order in which their ids first appeared."""
        self.written: dict[MessageId, str | int] = {}
        """How each id was written: as a text, or as a whole number."""
        self.revoked: set[MessageId] = set()
        self.cannot_links: set[tuple[Identifier, Identifier]] = set()
        self._seen: dict[tuple[str, str, Level], Observed] = {}

    def read(self, line: bytes) -> None:
        """Take in one line; an empty one says nothing.

        Raises:
            BadPayload: it is malformed; the error names the field, and what to write there.
        """
        line = line.removeprefix(codecs.BOM_UTF8)
        if not line.strip():
            return
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise _wrong("", f"is not JSON ({error.msg}); write one object a line") from None
        if not isinstance(said, dict):
            raise _wrong("", 'is not an object; write {"id": …, "at": …, "observed": […]}')
        if "op" not in said:
            self._see(said)
        elif said["op"] == "revoke":
            self.revoked.add(MessageId(str(_id(said, "message"))))
        elif said["op"] == "cannot_link":
            one, other = (_identifier(_object(said, name), f"{name}.") for name in ("a", "b"))
            self.cannot_links.add((min(one, other), max(one, other)))
        else:
            raise _wrong("op", 'write "revoke" or "cannot_link", or leave it out of a message')

    def _see(self, said: Object) -> None:
        written = _id(said, "id")
        message = MessageId(str(written))
        observed = said.get("observed")
        if not isinstance(observed, list) or not observed:
            raise _wrong("observed", "write a list of what was seen, the sender first")
        shown = [
            self._observed(each, f"observed[{place}]", message)
            for place, each in enumerate(observed)
        ]
        # A gateway reads no more of one message either.
        sighting = Sighting(message, _at(said), tuple(shown[: 1 + OBSERVED_IDENTIFIERS_MAX]))
        self.written.setdefault(message, written)
        known = self.sightings.get(message)
        # Of two that share an id the earlier is the message, wherever it stands in the file.
        if known is None or _age(sighting) < _age(known):
            self.sightings[message] = sighting

    def _observed(self, said: object, where: str, message: MessageId) -> Observed:
        if not isinstance(said, dict):
            raise _wrong(where, 'write {"kind": …, "value": …, "level": …}')
        # JSON knows no integers: 2.0 is 2; but true is not 1.
        level = _LEVELS.get(_number(said, "level"))
        if level is None:
            raise _wrong(f"{where}.level", "write how sure it is: 0, 1, 2, 3 or 4")
        kind = _text(said, "kind", f"{where}.")
        value = str(_id(said, "value", f"{where}."))
        slot = (kind, value, level)
        known = self._seen.get(slot)
        if known is None:
            identifier = _normal(kind, value)
            known = self._seen[slot] = Observed(identifier=identifier, level=level)
        return _alone(message) if known.identifier == _WITHHELD else known


def _alone(message: MessageId) -> Observed:
    """Return who withheld his number: one that nobody else is, and a mere claim."""
    unique = text_identifier(_WITHHELD.value, unique=message).identifier
    return Observed(identifier=unique, level=Level.CLAIMED)


def _identifier(said: Object, where: str) -> Identifier:
    return _normal(_text(said, "kind", where), str(_id(said, "value", where)))


def _normal(written: str, value: str) -> Identifier:
    """Return an identifier as a channel would have made it; what is none keeps its letters."""
    kind = _KINDS.get(written.strip().lower(), IdentifierKind.UNKNOWN)
    try:
        match kind:
            case IdentifierKind.EMAIL:
                return email_identifier(value)
            case IdentifierKind.PHONE:
                return text_identifier(value).identifier
            case IdentifierKind.SLACK:
                team, _, user = value.partition(":")
                return slack_identifier(team, user)
            case IdentifierKind.UNKNOWN:
                return Identifier(kind=kind, value=f"{written}:{value}")
            case _:
                return Identifier(kind=kind, value=value)
    except BadPayload:
        return Identifier(kind=kind, value=value.lower())


def _at(said: Object) -> int:
    at = _number(said, "at")
    if not 0 <= at <= AT_MAX:
        raise _wrong("at", "write seconds since 1970, not milliseconds, as in 1767225600.5")
    return round(at * SECOND_MS)


def _number(said: Object, name: str) -> float:
    value = said.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _age(sighting: Sighting) -> tuple[int, bytes]:
    return sighting.at, msgspec.json.encode(sighting.observed)


def _text(said: Object, name: str, where: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise _wrong(where + name, "write a text in quotes")
    return value


def _id(said: Object, name: str, where: str = "") -> str | int:
    value = said.get(name)
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise _wrong(where + name, "write a text in quotes, or a whole number")
    return value


def _object(said: Object, name: str) -> Object:
    value = said.get(name)
    if not isinstance(value, dict):
        raise _wrong(name, 'write {"kind": …, "value": …}')
    return value


def _wrong(field: str, instead: str) -> BadPayload:
    return BadPayload(f"{field}: {instead}" if field else instead, code="bad_line")
