"""Every setting that there is, with its type and default in words, read from the shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import msgspec.inspect as shape_of
from msgspec import NODEFAULT

from maitred.contracts.secret import Secret
from maitred.gateway import plugins
from maitred.gateway.settings.shapes import Settings

_WORDS = {
    shape_of.StrType: "string",
    shape_of.IntType: "whole number",
    shape_of.FloatType: "number",
    shape_of.BoolType: "true or false",
}


@dataclass(frozen=True)
class Setting:
    """One row of the reference."""

    path: str
    kind: str
    default: str


def every_setting() -> dict[str, Setting]:
    """Return all settings by path; `<name>` stands for a key that the operator chooses."""
    found = {each.path: each for each in _struct(shape_of.type_info(Settings), "")}
    for channel in plugins.names(plugins.CONNECTORS):
        connector = plugins.load(plugins.CONNECTORS, channel, path=channel)
        shape = shape_of.type_info(connector.settings_type)
        found |= {each.path: each for each in _struct(shape, f"channels.{channel}.")}
    return found


def _struct(kind: shape_of.Type, prefix: str) -> Iterator[Setting]:
    assert isinstance(kind, shape_of.StructType)
    for field in kind.fields:
        path = f"{prefix}{field.encode_name}"
        inner = _inner(field.type)
        if inner is not None:
            yield from _struct(inner[0], f"{path}{inner[1]}.")
        elif path != "channels":
            yield Setting(path, _kind(field.type), _default(field))


def _inner(kind: shape_of.Type) -> tuple[shape_of.StructType, str] | None:
    """Return the struct inside and what its path needs, where settings have settings."""
    match kind:
        case shape_of.StructType():
            return kind, ""
        case shape_of.DictType(value_type=shape_of.StructType() as value):
            return value, ".<name>"
        case shape_of.VarTupleType(item_type=shape_of.StructType() as item):
            return item, "[]"
    return None


def _kind(kind: shape_of.Type) -> str:
    match kind:
        case shape_of.UnionType():
            kinds = [each for each in kind.types if not isinstance(each, shape_of.NoneType)]
            return " or ".join(_kind(each) for each in kinds)
        case shape_of.VarTupleType():
            return f"list of {_kinds(kind.item_type)}"
        case shape_of.DictType():
            return f"table of {_kinds(kind.value_type)}"
        case shape_of.EnumType():
            return " or ".join(f"`{each.value}`" for each in kind.cls if each.value != "unknown")
        case shape_of.CustomType():
            return "secret" if kind.cls is Secret else "path"
    return _WORDS[type(kind)]


def _default(field: shape_of.Field) -> str:
    if field.required:
        return "required"
    value = field.default if field.default is not NODEFAULT else field.default_factory()
    if value is None:
        return "none"
    return f"`{_toml(value)}`"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(_toml(each) for each in value)}]"
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return msgspec.json.encode(str(value)).decode()


def _kinds(kind: shape_of.Type) -> str:
    """Return the kind of several values."""
    words = [
        word.replace("list of", "lists of") if word.startswith("list of") else f"{word}s"
        for word in _kind(kind).split(" or ")
    ]
    return " or ".join(words)
