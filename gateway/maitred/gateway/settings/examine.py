"""Examine raw settings against their shape and name every fault with its path.

msgspec stops at the first fault and leaves the keys of tables out of its paths; whoever mends a
configuration wants all of them at once, each with what to write instead.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import msgspec.inspect as shape_of

from maitred.contracts.secret import Secret

Hook = Callable[[type, Any], Any]


def faults_of(raw: object, shape: type, *, path: str, hook: Hook) -> list[str]:
    """Return one sentence for each fault of `raw`; none means that it converts."""
    return _walk(raw, shape_of.type_info(shape), path, hook)


def _walk(raw: object, kind: shape_of.Type, path: str, hook: Hook) -> list[str]:
    if isinstance(kind, shape_of.UnionType):
        return _union(raw, kind, path, hook)
    if isinstance(kind, shape_of.StructType):
        return _struct(raw, kind, path, hook)
    if isinstance(kind, shape_of.DictType):
        if not isinstance(raw, dict):
            return [f"{path}: expected a table, found {_show(raw)}"]
        return [
            fault
            for key, value in raw.items()
            for fault in _walk(value, kind.value_type, f"{path}.{key}", hook)
        ]
    if isinstance(kind, shape_of.VarTupleType | shape_of.ListType):
        if not isinstance(raw, list | tuple):
            return [f"{path}: expected a list, found {_show(raw)}"]
        return [
            fault
            for index, value in enumerate(raw)
            for fault in _walk(value, kind.item_type, f"{path}[{index}]", hook)
        ]
    return _leaf(raw, kind, path, hook)


def _union(raw: object, kind: shape_of.UnionType, path: str, hook: Hook) -> list[str]:
    tries = [
        _walk(raw, choice, path, hook)
        for choice in kind.types
        if not isinstance(choice, shape_of.NoneType)
    ]
    return min(tries, key=len, default=[])


def _struct(raw: object, kind: shape_of.StructType, path: str, hook: Hook) -> list[str]:
    if not isinstance(raw, dict):
        return [f"{path or 'the file'}: expected a table, found {_show(raw)}"]
    prefix = f"{path}." if path else ""
    fields = {field.encode_name: field for field in kind.fields}
    faults = []
    for key, value in raw.items():
        if key in fields:
            faults += _walk(value, fields[key].type, f"{prefix}{key}", hook)
        else:
            near = difflib.get_close_matches(key, fields, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known are: {', '.join(fields)}"
            faults.append(f"{prefix}{key}: unknown setting; {hint}")
    faults += [
        f"{prefix}{name}: missing; it has no default"
        for name, field in fields.items()
        if field.required and name not in raw
    ]
    return faults


def _leaf(raw: object, kind: shape_of.Type, path: str, hook: Hook) -> list[str]:
    if isinstance(kind, shape_of.AnyType):
        return []
    if isinstance(kind, shape_of.CustomType):
        try:
            hook(kind.cls, raw)
        except (ValueError, TypeError, NotImplementedError) as error:
            return [f"{path}: {error}"]
        return []
    shape = _LEAVES.get(type(kind))
    if isinstance(kind, shape_of.EnumType):
        words = [str(member.value) for member in kind.cls if member.value != "unknown"]
        return [] if raw in words else [f"{path}: {_show(raw)} is none of {', '.join(words)}"]
    if shape is None:
        return []
    try:
        msgspec.convert(raw, shape)
    except msgspec.ValidationError:
        return [f"{path}: expected {_WORDS[shape]}, found {_show(raw)}"]
    return []


def read_value(folder: Path) -> Hook:
    """Return the hook that reads secrets and paths; relative paths start at `folder`."""

    def hook(cls: type, raw: Any) -> Any:  # noqa: ANN401  (msgspec's own signature)
        if cls is Secret:
            return _secret(raw, folder)
        if issubclass(cls, Path):
            if not isinstance(raw, str) or not raw:
                raise ValueError(f"expected a path, found {_show(raw)}")
            return folder / Path(raw).expanduser()
        raise NotImplementedError(f"settings of type {cls.__name__} cannot be read")

    return hook


def _secret(raw: object, folder: Path) -> Secret:
    if isinstance(raw, Secret):
        return raw
    where, colon, name = raw.partition(":") if isinstance(raw, str) else ("", "", "")
    if where == "env" and colon and name:
        if value := os.environ.get(name, ""):
            return Secret(value)
        raise ValueError(f"the environment variable {name} is not set")
    if where == "file" and colon and name:
        try:
            value = (folder / Path(name).expanduser()).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise ValueError(f"the file {name} cannot be read: {reason}") from None
        if value:
            return Secret(value)
        raise ValueError(f"the file {name} is empty")
    raise ValueError('a secret is written as "env:NAME" or "file:PATH", never in plain')


def _show(raw: object) -> str:
    text = repr(raw) if isinstance(raw, str | int | float | bool) else f"a {type(raw).__name__}"
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004  (fits on a line)


_LEAVES: dict[type, type] = {
    shape_of.StrType: str,
    shape_of.IntType: int,
    shape_of.FloatType: float,
    shape_of.BoolType: bool,
}
_WORDS: dict[type, str] = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}
