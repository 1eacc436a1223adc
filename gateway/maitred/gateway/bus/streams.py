"""Declaring the streams: made when missing, put right when they drifted, refused when unfit."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Final

import structlog

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.subjects import INBOUND
from maitred.gateway.bus.api import ApiError
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.server_check import check_server
from maitred.gateway.bus.stream_specs import StreamSpec, specs

__all__ = ["StreamInfo", "check_server", "declare", "info", "last_sequence", "rfc3339_ms"]

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_STREAM_NOT_FOUND: Final = 10059
_NAME_IN_USE: Final = 10058
_FIXED: Final = ("storage", "retention")
"""Fields that no update can change."""

_log = structlog.get_logger(__name__)

_PARTITION: Final = re.compile(r"partition\((\d+),")


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a stream holds; `created_ms` in UTC milliseconds."""

    messages: int
    first_seq: int
    last_seq: int
    bytes: int
    created_ms: int


async def declare(
    connection: Connection, *, replicas: int, inbound_age_ms: int, partitions: int = 3
) -> None:
    """Make the five streams, or put right what somebody changed in them.

    Raises:
        ConfigurationError: a stream is not what Maitred needs and cannot be made so.
        StoreUnavailable: JetStream did not answer.
    """
    for spec in specs(replicas=replicas, inbound_age_ms=inbound_age_ms, partitions=partitions):
        await _declare(connection, spec)


async def info(connection: Connection, stream: str) -> StreamInfo:
    """Return what `stream` holds.

    Raises:
        ApiError: there is no such stream.
        StoreUnavailable: JetStream did not answer.
    """
    answer = await connection.api(f"STREAM.INFO.{stream}", None)
    state = answer["state"]
    return StreamInfo(
        messages=state["messages"],
        first_seq=state["first_seq"],
        last_seq=state["last_seq"],
        bytes=state["bytes"],
        created_ms=rfc3339_ms(answer["created"]),
    )


async def partitions_of(connection: Connection) -> int | None:
    """Return over how many partitions INBOUND spreads senders; nothing if there is no INBOUND.

    Raises:
        StoreUnavailable: JetStream did not answer.
    """
    found = await _find(connection, INBOUND)
    transform = found["config"].get("subject_transform", {}) if found else {}
    written = _PARTITION.search(transform.get("dest", ""))
    return int(written.group(1)) if written else None


async def last_sequence(connection: Connection, stream: str) -> int:
    """Return the sequence of the last message that was ever stored in `stream`."""
    return (await info(connection, stream)).last_seq


def rfc3339_ms(text: str) -> int:
    """Return a time of the server's JSON as UTC milliseconds."""
    # In whole numbers: a consumer tells the same time in nanoseconds, and both must be equal.
    return (dt.datetime.fromisoformat(text) - _EPOCH) // dt.timedelta(milliseconds=1)


async def _declare(connection: Connection, spec: StreamSpec) -> None:
    found = await _find(connection, spec.name)
    if found is None:
        try:
            await connection.api(f"STREAM.CREATE.{spec.name}", dict(spec.config))
        except ApiError as error:
            if error.err_code != _NAME_IN_USE:
                raise _refused(spec, error, {}) from error
            found = await _find(connection, spec.name)  # another gateway was faster
    if found is not None:
        await _correct(connection, spec, found)


async def _find(connection: Connection, stream: str) -> dict[str, Any] | None:
    try:
        return await connection.api(f"STREAM.INFO.{stream}", None)
    except ApiError as error:
        if error.err_code == _STREAM_NOT_FOUND:
            return None
        raise


async def _correct(connection: Connection, spec: StreamSpec, found: dict[str, Any]) -> None:
    config: dict[str, Any] = found["config"]
    drift = {
        field: (config.get(field), wanted)
        for field, wanted in spec.config.items()
        if not _same(config.get(field), wanted)
    }
    _refuse_unfit(spec, found, drift)
    if not drift:
        return
    wanted = {field: value for field, (_, value) in drift.items()}
    try:
        await connection.api(f"STREAM.UPDATE.{spec.name}", {**config, **wanted})
    except ApiError as error:
        raise _refused(spec, error, drift) from error
    _log.warning("stream_corrected", stream=spec.name, fields=sorted(drift))


def _refuse_unfit(
    spec: StreamSpec, found: dict[str, Any], drift: dict[str, tuple[object, object]]
) -> None:
    """Refuse what no update can put right, or what an update would do harm with."""
    config = found["config"]
    faults = [
        f"stream {spec.name}, field {field}: is {config.get(field)!r}, must be "
        f"{spec.config[field]!r}; move its messages to a new stream and delete this one"
        for field in _FIXED
        if field in drift
    ]
    if config.get("persist_mode") not in {None, "", "default"}:
        faults.append(
            f"stream {spec.name}, field persist_mode: is {config['persist_mode']!r}, which loses "
            "acknowledged messages; make the stream again without it"
        )
    faults += [
        f"stream {spec.name}, field {field}: must not be set; a stream that copies from "
        "others is no home for decisions"
        for field in ("mirror", "sources")
        if config.get(field)
    ]
    if config["num_replicas"] > spec.config["num_replicas"]:
        faults.append(
            f"stream {spec.name}, field num_replicas: is {config['num_replicas']}, more than the "
            f"{spec.config['num_replicas']} of the settings; raise the setting, or reduce the "
            "stream by hand if less safety is meant"
        )
    transform = drift.get("subject_transform")
    if transform is not None and transform[0] is not None and found["state"]["messages"]:
        faults.append(
            f"stream {spec.name}, field subject_transform: is {transform[0]!r}, must be "
            f"{transform[1]!r}; messages stored under the old partitions would be read out of "
            "order: set the number of partitions back, or let the stream run empty first"
        )
    if faults:
        raise ConfigurationError(*faults)


def _refused(
    spec: StreamSpec, error: ApiError, drift: dict[str, tuple[object, object]]
) -> ConfigurationError:
    fields = ", ".join(
        f"{name}: is {is_!r}, must be {must!r}" for name, (is_, must) in drift.items()
    )
    return ConfigurationError(
        f"stream {spec.name}{', fields ' + fields if fields else ''}: JetStream refused to "
        f"{'change' if drift else 'make'} it ({error.err_code}: {error.description})"
    )


def _same(found: object, wanted: object) -> bool:
    """Compare a field; the server leaves out what is false, zero or empty."""
    if isinstance(wanted, list) and isinstance(found, list):
        return sorted(found) == sorted(wanted)
    return (found or None) == (wanted or None)
