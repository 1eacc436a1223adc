"""Redaction: what a log line may not hold, taken out of it.

Values under names that hold personal data are dropped; in the rest, what looks like a mail
address, a telephone number or a credential is replaced. Where a number could be either, it is
taken for a telephone number, unless its form is one of ours: times, ids, addresses of hosts, counts
of bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import msgspec

REDACTED: Final = "[redacted]"
VALUE_CHARACTERS_MAX: Final = 20_000
_DEPTH_MAX: Final = 8
_UNTOUCHED: Final = frozenset({"_record", "_from_structlog", "timestamp", "level"})
_LINES_KEPT: Final = frozenset({"exception", "stack"})
_NAMES: Final = frozenset(
    {
        "address", "addresses", "authorization", "body", "cookie", "data", "email", "frame",
        "from", "html", "mailfrom", "name", "number", "passwd", "password", "peer", "phone", "raw",
        "recipient", "recipients", "secret", "seed", "sender", "subject_line", "text", "to",
        "token", "url",
    }
)  # fmt: skip
_CREDENTIAL: Final = re.compile(
    r"\b(?:xox[a-z]-|xapp-|eyJ[\w-]+\.)\S+"
    r"|\b(?:bearer|basic)\s+[^\s\"',;]+"
    r"|\b\w*(?:passw(?:or)?d|passphrase|secret|token|api_?key)[\"']?\s*[=:]\s*[^\s,;}]+"
    r"|(?<=://)[^\s/@]+:[^\s/@]*(?=@)",
    re.IGNORECASE,
)
_LOCAL: Final = r"[^\s<>\"(),:;@]"
_EMAIL: Final = re.compile(
    rf"(?:\"[^\"\r\n]*\"|(?<!{_LOCAL}){_LOCAL}+)(?:@|%40)[^\s<>\"'(),:;@]+", re.IGNORECASE
)
_NUMBER: Final = re.compile(
    r"""
    (?P<ours>
        \b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\d)
      | (?<![\w.+-])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?::\d{1,5})?(?![\w.]\d)
      | (?<![\w+-])1[5-9]\d{11}(?![\w-])
      | (?<![\w+-])\d+(?=\ ?(?:bytes|[KMGT]i?B)\b)
      | \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b
      | \b[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\b
    )
  | (?P<phone>
        (?:\+|(?<!\w)00)[\s(]*\d(?:[\s().\-/\u2010-\u2015]{0,3}\d){5,16}
      | (?<!\w)(?<!\d[.])\(?\d(?:[\s().\-/\u2010-\u2015]{0,3}\d){8,16}(?!\w)
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""A telephone number is 7 to 15 digits with a country code in front (ITU-T E.164), here up to 17
because of trunk zeros; without one at least 9, in groups or not."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_LINE_ENDS: Final = re.compile(r"[\t\n]+")


def redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Clean every value of a log event; a processor for structlog."""
    for key in tuple(event):
        if key in _UNTOUCHED:
            continue
        value = _dropped(key, event[key]) or _cleaned(event[key], lines=key in _LINES_KEPT)
        clean_key = scrub(key)
        if clean_key != key:
            del event[key]
        event[clean_key] = value
    return event


def scrub(text: str) -> str:
    """Return `text` with mail addresses, telephone numbers and credentials replaced."""
    if len(text) > VALUE_CHARACTERS_MAX:
        text = text[:VALUE_CHARACTERS_MAX] + "…"
    if text.isidentifier():
        # A word, or one of our ids: nothing that could be cut out of it stands by itself.
        return text
    text = _CREDENTIAL.sub(REDACTED, text)
    if "@" in text or "%40" in text:
        text = _EMAIL.sub(REDACTED, text)
    return _NUMBER.sub(lambda found: found["ours"] or REDACTED, text)


def _dropped(name: str, value: object) -> str:
    """Return what stands for a value whose name says that it is personal or a secret."""
    told = name.lower().rpartition("_")[2] in _NAMES or name.lower() in _NAMES
    return REDACTED if told and not isinstance(value, int | float | None) else ""


def _cleaned(value: Any, *, lines: bool = False, depth: int = 0) -> Any:  # noqa: ANN401  (any value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, msgspec.Struct):
        return f"<{type(value).__name__}>"
    if depth < _DEPTH_MAX:
        if isinstance(value, Mapping):
            return {
                scrub(str(key)): _dropped(str(key), each) or _cleaned(each, depth=depth + 1)
                for key, each in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [_cleaned(each, depth=depth + 1) for each in value]
    text = scrub(value if isinstance(value, str) else repr(value))
    return _CONTROL.sub("�", text if lines else _LINE_ENDS.sub(" ", text))
