"""Redaction: what a log line may not hold, taken out of it.

Values under names that hold personal data are dropped; in the rest, what looks like a mail
address, a telephone number or a credential is replaced. Where a number could be either, it is
taken for a telephone number, unless its form is one of ours: times, ids, addresses of hosts, counts
of bytes.

An exception's text may quote what was being handled, and no pattern finds a customer's words in it.
So only its type and its frames are written; our own errors (`MaitredError`) keep their texts, which
never hold such words.
"""

from __future__ import annotations

import functools
import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import msgspec

from maitred.contracts.errors import MaitredError

REDACTED: Final = "[redacted]"
VALUE_CHARACTERS_MAX: Final = 20_000
FRAMES_MAX: Final = 30
"""Frames written of one exception: the innermost."""
EXCEPTIONS_MAX: Final = 12
"""Exceptions written of one event: itself, its causes and the members of groups."""
_DEPTH_MAX: Final = 8
_NAMES_KEPT: Final = 1_024
"""Names of values that are known by heart; ours are a few hundred."""
_UNTOUCHED: Final = frozenset({"_record", "_from_structlog", "timestamp", "level", "logger"})
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
_NUMBER_CHARACTERS_MAX: Final = 19
"""Of a telephone number without any sign in it: two zeros and the digits above."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_LINE_ENDS: Final = re.compile(r"[\t\n]+")
_VALUES: Final = re.compile(r"[<(\[{'\"`:=\r\n]")
"""Where the words of a message end and what it was about begins."""


def redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Clean every value of a log event; a processor for structlog."""
    for key, value in tuple(event.items()):
        if key in _UNTOUCHED:
            continue
        clean_key, _ = _name(key)
        if clean_key != key:
            del event[key]
        event[clean_key] = _value(key, value, lines=key in _LINES_KEPT)
    return event


def frames(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Put frames and types in the place of `exc_info`, as `exception`; a processor for structlog.

    A record of the standard library (structlog hands it over as `_record`) loses the texts of the
    exceptions at hand in its message too, and with a traceback all values in it, since asyncio and
    others repeat there what the exception says.
    """
    error = _error(event.pop("exc_info", None))
    record = event.get("_record")
    if isinstance(record, logging.LogRecord) and not event.get("_from_structlog"):
        said = str(event.get("event", ""))
        if error is not None:
            # Its template, where it has one: `ProcessorFormatter` has filled it in for `event`.
            said = str(record.msg)
        said = _without_texts(said, error or sys.exc_info()[1])
        if error is not None:
            said = _VALUES.split(said, maxsplit=1)[0].strip()
        event["event"] = said
    if error is not None:
        event["exception"] = "\n".join(_told(error))
    return event


def named(error: BaseException) -> str:
    """Return the type of `error`, and its text only if it is one of ours."""
    kind = type(error).__qualname__
    return f"{kind}: {error}" if isinstance(error, MaitredError) and str(error) else kind


def scrub(text: str) -> str:
    """Return `text` with mail addresses, telephone numbers and credentials replaced."""
    if len(text) > VALUE_CHARACTERS_MAX:
        text = text[:VALUE_CHARACTERS_MAX] + "…"
    if _is_plain(text):
        return text
    text = _CREDENTIAL.sub(REDACTED, text)
    if "@" in text or "%40" in text:
        text = _EMAIL.sub(REDACTED, text)
    return _NUMBER.sub(lambda found: found["ours"] or REDACTED, text)


def _is_plain(text: str) -> bool:
    """Whether a text is a word, one of our ids, or a trace id.

    Nothing that could be cut out of it stands by itself, and it is longer than a number can be.
    """
    if len(text) > VALUE_CHARACTERS_MAX:
        return False
    return text.isidentifier() or (text.isalnum() and len(text) > _NUMBER_CHARACTERS_MAX)


def _error(given: object) -> BaseException | None:
    """Return the exception that `exc_info` means: itself, a triple, or true for the current one."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return next((each for each in given if isinstance(each, BaseException)), None)
    return sys.exc_info()[1] if given else None


def _told(error: BaseException) -> list[str]:
    """Return the lines about `error`, then those about what led to it and what it gathers."""
    lines: list[str] = []
    for how, each in _chain(error):
        lines.append(f"{how}{named(each)}")
        found = traceback.format_tb(each.__traceback__, limit=-FRAMES_MAX)
        lines.extend(frame.rstrip("\n") for frame in found)
    return lines


def _chain(error: BaseException) -> list[tuple[str, BaseException]]:
    """Return `error` and what belongs to it, each with how it does, at most `EXCEPTIONS_MAX`.

    What an exception that was raised `from None` came after is left out, as in Python's own
    tracebacks (PEP 409).
    """
    found: dict[int, tuple[str, BaseException]] = {}
    waiting: list[tuple[str, BaseException]] = [("", error)]
    while waiting and len(found) < EXCEPTIONS_MAX:
        how, each = waiting.pop(0)
        if id(each) in found:
            continue
        found[id(each)] = (how, each)
        if each.__cause__ is not None:
            waiting.append(("caused by ", each.__cause__))
        elif each.__context__ is not None and not each.__suppress_context__:
            waiting.append(("while handling ", each.__context__))
        if isinstance(each, BaseExceptionGroup):
            waiting.extend(("gathers ", member) for member in each.exceptions)
    return list(found.values())


def _without_texts(said: str, error: BaseException | None) -> str:
    for _, each in _chain(error) if error is not None else ():
        for text in (repr(each), str(each)):
            if text and not isinstance(each, MaitredError):
                said = said.replace(text, type(each).__qualname__)
    return said


def _value(name: str, value: object, *, lines: bool = False, depth: int = 0) -> object:
    """Return what may be written of a value under its name."""
    if _name(name)[1] and not isinstance(value, int | float | None):
        return REDACTED
    return _cleaned(value, lines=lines, depth=depth)


@functools.lru_cache(maxsize=_NAMES_KEPT)
def _name(name: str) -> tuple[str, bool]:
    """Return a name as it may be written, and whether it says that its value is personal."""
    told = name.lower()
    return scrub(name), told in _NAMES or told.rpartition("_")[2] in _NAMES


def _cleaned(value: Any, *, lines: bool = False, depth: int = 0) -> Any:  # noqa: ANN401  (any value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str) and _is_plain(value):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, BaseException):
        value = named(value)
    if isinstance(value, msgspec.Struct):
        return f"<{type(value).__name__}>"
    if depth < _DEPTH_MAX:
        if isinstance(value, Mapping):
            return {
                _name(str(key))[0]: _value(str(key), each, depth=depth + 1)
                for key, each in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [_cleaned(each, depth=depth + 1) for each in value]
    text = scrub(value if isinstance(value, str) else repr(value))
    return _CONTROL.sub("�", text if lines else _LINE_ENDS.sub(" ", text))
