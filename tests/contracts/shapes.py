"""Strategies for every shape on the wire, made from the types themselves.

A field that is added to a shape is covered at once; a type that is not known here fails loudly.
"""

from __future__ import annotations

from typing import Any

import msgspec
import msgspec.inspect as mi
from hypothesis import strategies as st

_SAFE_INTEGER = 2**53
"""Integers that every JSON reader keeps exact (RFC 8259, section 6)."""
_ITEMS = 3

_PLAIN: dict[type[mi.Type], st.SearchStrategy[Any]] = {
    mi.StrType: st.text(max_size=20),
    mi.IntType: st.integers(-_SAFE_INTEGER, _SAFE_INTEGER),
    mi.FloatType: st.floats(allow_nan=False, allow_infinity=False),
    mi.BoolType: st.booleans(),
    mi.BytesType: st.binary(max_size=64),
    mi.NoneType: st.none(),
    mi.AnyType: st.text(max_size=20),
}


def values_of(shape: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Return a strategy for all values of one shape."""
    return _values(mi.type_info(shape))


def _values(kind: mi.Type) -> st.SearchStrategy[Any]:
    if (plain := _PLAIN.get(type(kind))) is not None:
        return plain
    match kind:
        case mi.EnumType():
            return st.sampled_from(list(kind.cls))
        case mi.UnionType():
            return st.one_of(*(_values(each) for each in kind.types))
        case mi.VarTupleType():
            return st.lists(_values(kind.item_type), max_size=_ITEMS).map(tuple)
        case mi.DictType():
            return st.dictionaries(
                _values(kind.key_type), _values(kind.value_type), max_size=_ITEMS
            )
        case mi.StructType():
            return st.builds(kind.cls, **{field.name: _values(field.type) for field in kind.fields})
    raise AssertionError(f"no strategy for {kind!r}")
