"""What a connector says of itself, before anything is opened."""

from __future__ import annotations

from typing import Final

from maitred.connectors.testing.stage import Stage, expect
from maitred.contracts.errors import ConfigurationError
from maitred.contracts.limits import BLOB_BYTES_MAX
from maitred.contracts.outbound import DeliveryState
from maitred.contracts.subjects import check_token

_REPORTED: Final = frozenset(
    {DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED}
)


async def capabilities(stage: Stage) -> None:
    """The capabilities agree with each other."""
    said = stage.connector.capabilities
    expect(stage.connector.channel == stage.door.channel, "the connector is of another channel")
    check_token(stage.connector.channel, path="channel")
    expect(said.text_characters_max > 0, "no text is short enough")
    expect((said.files_max > 0) == (said.file_bytes_max > 0), "files need both a number and a size")
    expect(0 <= said.file_bytes_max <= BLOB_BYTES_MAX, "files are larger than the house keeps")
    expect(said.reports <= _REPORTED, "it reports a state that only the house knows")


async def routes(stage: Stage) -> None:
    """The routes are below `/v1/`, each once."""
    found = [(route.method, route.path) for route in stage.connector.routes()]
    expect(len(found) == len(set(found)), "two routes are the same")
    for method, path in found:
        expect(path.startswith("/v1/"), f"{path} is not below /v1/")
        expect(method.isupper(), f"{method} is no method")


async def settings(stage: Stage) -> None:
    """The settings are frozen, know no field that they do not have, and faults name their paths."""
    shape = stage.connector.settings_type
    config = shape.__struct_config__
    expect(config.frozen, f"{shape.__name__} can be changed")
    expect(config.forbid_unknown_fields, f"{shape.__name__} overlooks a misspelt setting")
    faulty = stage.door.faulty()
    expect(faulty, "the door knows no fault of the settings")
    for path, given in faulty.items():
        try:
            type(stage.connector)(given, stage.house.context)
        except ConfigurationError as error:
            stage.seen.extend(error.faults)
            expect(
                any(fault.startswith(path) for fault in error.faults),
                f"no fault begins with {path!r}: {error.faults!r}",
            )
        else:
            expect(met=False, what=f"a fault of {path} is not found")
        stage.seen.append(repr(given))


SHAPE: Final = (capabilities, routes, settings)
