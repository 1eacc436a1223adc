"""Examine raw settings against their shape and name every fault with its path.

msgspec stops at the first fault and leaves the keys of tables out of its paths; whoever mends a
configuration wants all of them at once, each with what to write instead. No text of the file is
shown back: one that stands in the wrong place may be a password.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
import msgspec.inspect as shape_of

Hook = Callable[[type, Any], Any]
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_KEY_CHARACTERS_MAX: Final = 64


def faults_of(raw: object, shape: type, *, path: str, hook: Hook) -> list[str]:
    """Return one sentence for each fault of `raw`; none means that it converts."""
    return list(_walk(raw, shape_of.type_info(shape), path, hook))


def below(path: str, key: str) -> str:
    """Return the path of `key` in the table at `path`, in one line, whatever the key holds."""
    shown = key if _BARE_KEY.match(key) else ascii(key[:_KEY_CHARACTERS_MAX])
    return f"{path}.{shown}" if path else shown


def _suggestion(word: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(word[:_KEY_CHARACTERS_MAX], list(known), n=1)
    return f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}"


def not_among(word: str, words: list[str], path: str) -> str:
    """Return the fault of a word that is none of those that are known."""
    near = difflib.get_close_matches(word[:_KEY_CHARACTERS_MAX], words, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return f"{path}: must be one of {', '.join(words)}{hint}"


def _walk(raw: object, kind: shape_of.Type, path: str, hook: Hook) -> Iterator[str]:
    match kind:
        case shape_of.UnionType():
            return _union(raw, kind, path, hook)
        case shape_of.StructType():
            return _struct(raw, kind, path, hook)
        case shape_of.DictType():
            return _dict(raw, kind, path, hook)
        case shape_of.VarTupleType() | shape_of.ListType():
            return _list(raw, kind, path, hook)
        case shape_of.EnumType():
            return _word(raw, kind, path)
        case shape_of.CustomType():
            return _custom(raw, kind, path, hook)
    return _plain(raw, kind, path)


def _dict(raw: object, kind: shape_of.DictType, path: str, hook: Hook) -> Iterator[str]:
    if not isinstance(raw, dict):
        yield f"{path}: expected a table, found {shown(raw)}"
        return
    for key, value in raw.items():
        yield from _walk(value, kind.value_type, below(path, key), hook)


def _list(
    raw: object, kind: shape_of.VarTupleType | shape_of.ListType, path: str, hook: Hook
) -> Iterator[str]:
    if not isinstance(raw, list | tuple):
        hint = "; write it in [ ]" if isinstance(raw, str) else ""
        yield f"{path}: expected a list, found {shown(raw)}{hint}"
        return
    yield from _length(len(raw), kind, path)
    for index, value in enumerate(raw):
        yield from _walk(value, kind.item_type, f"{path}[{index}]", hook)


def _word(raw: object, kind: shape_of.EnumType, path: str) -> Iterator[str]:
    words = [str(member.value) for member in kind.cls if member.value != "unknown"]
    if raw not in words:
        found = raw if isinstance(raw, str) else ""
        yield not_among(found, words, path)


def _custom(raw: object, kind: shape_of.CustomType, path: str, hook: Hook) -> Iterator[str]:
    try:
        hook(kind.cls, raw)
    except (ValueError, TypeError, NotImplementedError) as error:
        yield f"{path}: {error}"


def _union(raw: object, kind: shape_of.UnionType, path: str, hook: Hook) -> Iterator[str]:
    choices = [each for each in kind.types if not isinstance(each, shape_of.NoneType)]
    listed = isinstance(raw, list | tuple)
    fitting = [
        each
        for each in choices
        if isinstance(each, shape_of.VarTupleType | shape_of.ListType) == listed
    ]
    tries = [list(_walk(raw, each, path, hook)) for each in fitting or choices]
    yield from min(tries, key=len, default=[])


def _struct(raw: object, kind: shape_of.StructType, path: str, hook: Hook) -> Iterator[str]:
    if not isinstance(raw, dict):
        yield f"{path or 'the file'}: expected a table, found {shown(raw)}"
        return
    fields = {field.encode_name: field for field in kind.fields}
    for key, value in raw.items():
        if key in fields:
            yield from _walk(value, fields[key].type, below(path, key), hook)
        else:
            yield f"{below(path, key)}: unknown setting; {_suggestion(key, fields)}"
    for name, field in fields.items():
        if not field.required or name in raw:
            continue
        if isinstance(field.type, shape_of.StructType):
            yield from _struct({}, field.type, below(path, name), hook)
        else:
            yield f"{below(path, name)}: missing; it has no default"


def _plain(raw: object, kind: shape_of.Type, path: str) -> Iterator[str]:
    shape = _PLAIN.get(type(kind))
    if shape is None:
        return
    try:
        value: Any = msgspec.convert(raw, shape)
    except msgspec.ValidationError:
        yield f"{path}: expected {_WORDS[shape]}, found {shown(raw)}"
        return
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{path}: {value} must be a finite number"
    elif isinstance(kind, shape_of.IntType | shape_of.FloatType):
        yield from _bounds(value, kind, path)
    elif isinstance(kind, shape_of.StrType):
        yield from _length(len(value), kind, path)
        if kind.pattern is not None and not re.search(kind.pattern, value):
            yield f"{path}: must match {kind.pattern}"


def _bounds(value: float, kind: shape_of.IntType | shape_of.FloatType, path: str) -> Iterator[str]:
    if kind.ge is not None and value < kind.ge:
        yield f"{path}: {value} must be at least {kind.ge}"
    if kind.gt is not None and value <= kind.gt:
        yield f"{path}: {value} must be more than {kind.gt}"
    if kind.le is not None and value > kind.le:
        yield f"{path}: {value} must be at most {kind.le}"
    if kind.lt is not None and value >= kind.lt:
        yield f"{path}: {value} must be less than {kind.lt}"


def _length(
    length: int, kind: shape_of.StrType | shape_of.VarTupleType | shape_of.ListType, path: str
) -> Iterator[str]:
    what = "characters" if isinstance(kind, shape_of.StrType) else "entries"
    if kind.min_length is not None and length < kind.min_length:
        yield f"{path}: has {length} {what}; at least {kind.min_length} are needed"
    if kind.max_length is not None and length > kind.max_length:
        yield f"{path}: has {length} {what}; at most {kind.max_length} are allowed"


def shown(raw: object) -> str:
    """Return what may be said of a value in the wrong place: numbers as they are, else its kind."""
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, int | float):
        return str(raw) if abs(raw) < _SHOWN_BELOW else "a very large number"
    return _KINDS.get(type(raw), "a date or a time")


_SHOWN_BELOW: Final = 1_000_000
"""Longer numbers may be a PIN, an account or a telephone number."""
_KINDS: Final[dict[type, str]] = {str: "a string", dict: "a table", list: "a list"}
_PLAIN: Final[dict[type, type]] = {
    shape_of.StrType: str,
    shape_of.IntType: int,
    shape_of.FloatType: float,
    shape_of.BoolType: bool,
}
_WORDS: Final[dict[type, str]] = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}
