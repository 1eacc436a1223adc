"""The checked-in JSON Schemas say what the shapes say, and every shape survives the wire."""

from __future__ import annotations

from pathlib import Path

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maitred.contracts import schemas
from tests.contracts.shapes import values_of

SCHEMAS = Path(__file__).parents[2] / "contracts" / "schemas"
EVERY_SHAPE = pytest.mark.parametrize("shape", schemas.PUBLIC, ids=lambda shape: shape.__name__)


@EVERY_SHAPE
def test_the_checked_in_schema_is_current(shape: type[msgspec.Struct]) -> None:
    path = SCHEMAS / schemas.file_name(shape)
    assert path.read_bytes() == schemas.render(shape), f"{path.name} is stale: run `make schemas`"


def test_there_is_one_schema_file_a_shape_and_no_stray_one() -> None:
    expected = sorted(schemas.file_name(shape) for shape in schemas.PUBLIC)
    assert len(set(expected)) == len(expected)
    assert sorted(path.name for path in SCHEMAS.iterdir()) == expected


def test_writing_the_schemas_gives_the_checked_in_ones(tmp_path: Path) -> None:
    written = schemas.write(tmp_path / "new")
    assert {path.name: path.read_bytes() for path in written} == {
        path.name: path.read_bytes() for path in SCHEMAS.iterdir()
    }


@EVERY_SHAPE
def test_every_reference_of_a_schema_leads_somewhere(shape: type[msgspec.Struct]) -> None:
    schema = orjson.loads(schemas.render(shape))
    references = set(_references(schema))
    assert references
    assert {name.removeprefix("#/$defs/") for name in references} <= set(schema["$defs"])


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [name for value in node.values() for name in _references(value)]
    if isinstance(node, list):
        return [name for value in node for name in _references(value)]
    return []


@EVERY_SHAPE
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_shape_comes_back_from_the_wire_as_it_was_sent(
    shape: type[msgspec.Struct], data: st.DataObject
) -> None:
    value = data.draw(values_of(shape))
    wire = msgspec.json.encode(value)
    again = msgspec.json.decode(wire, type=shape)
    assert again == value
    assert msgspec.json.encode(again) == wire
    assert orjson.loads(wire)["schema"] == shape.__struct_config__.tag


@EVERY_SHAPE
def test_a_shape_refuses_another_shapes_document(shape: type[msgspec.Struct]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"schema":"something_else","version":1}', type=shape)


@EVERY_SHAPE
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_shape_reads_what_a_later_version_adds(
    shape: type[msgspec.Struct], data: st.DataObject
) -> None:
    value = data.draw(values_of(shape))
    document = orjson.loads(msgspec.json.encode(value)) | {"added_later": {"x": [1]}}
    assert msgspec.json.decode(orjson.dumps(document), type=shape) == value


@EVERY_SHAPE
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_shape_cannot_be_changed(shape: type[msgspec.Struct], data: st.DataObject) -> None:
    value = data.draw(values_of(shape))
    with pytest.raises(AttributeError):
        value.version = 2
