"""Foreign JSON, read by somebody who trusts none of it."""

from __future__ import annotations

from typing import Final

import orjson

from maitred.contracts.errors import BadPayload

FIELD_CHARACTERS_MAX: Final = 512
INTEGER_MAX: Final = 2**53 - 1
"""The largest whole number that JSON carries exactly everywhere (RFC 8259, section 6)."""


def json_object(raw: bytes) -> dict[str, object]:
    """Return the JSON object that `raw` is.

    Raises:
        BadPayload: it is not UTF-8, not JSON, or not an object.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise BadPayload("the body is not JSON", code="not_json") from None
    if not isinstance(value, dict):
        raise BadPayload("the body is not a JSON object", code="not_an_object")
    return value


def child(fields: dict[str, object], name: str) -> dict[str, object]:
    """Return the object at `name`, empty where there is none."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def string(fields: dict[str, object], name: str, characters_max: int = FIELD_CHARACTERS_MAX) -> str:
    """Return the text at `name`, cut to a bound, empty where there is none."""
    value = fields.get(name)
    return value[:characters_max] if isinstance(value, str) else ""


def required(fields: dict[str, object], name: str) -> str:
    """Return the text at `name`, which must be there, not empty and at most the field's bound.

    Raises:
        BadPayload: it is not.
    """
    value = fields.get(name)
    if not isinstance(value, str) or not value or len(value) > FIELD_CHARACTERS_MAX:
        raise BadPayload(f"the field {name} is missing or not a text", code="bad_field")
    return value


def integer(fields: dict[str, object], name: str) -> int:
    """Return the whole number at `name`, -1 where there is none or it is out of range."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return -1
    return value if 0 <= value <= INTEGER_MAX else -1
