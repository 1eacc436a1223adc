"""Blobs: stored by content, found whole or told apart."""

from __future__ import annotations

import hashlib

import pytest

from maitred.contracts.errors import Permanent
from maitred.contracts.limits import BLOB_BYTES_MAX, BLOB_CHUNK_BYTES
from maitred.contracts.subjects import BLOBS, Subjects
from maitred.gateway.bus import blobs, reads, streams
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.publisher import Publisher

_DATA = bytes(range(256)) * (BLOB_CHUNK_BYTES // 256) + b"and a half"


@pytest.mark.parametrize(
    ("data", "chunks"),
    [(b"", 0), (b"x", 1), (b"x" * BLOB_CHUNK_BYTES, 1), (_DATA, 2), (_DATA * 5, 6)],
)
async def test_a_blob_comes_back_as_it_was(
    connection: Connection, publisher: Publisher, subjects: Subjects, data: bytes, chunks: int
) -> None:
    sha256, size, count = await blobs.put(publisher, subjects, "owner", data)
    assert (sha256, size, count) == (hashlib.sha256(data).hexdigest(), len(data), chunks)
    assert await blobs.get(connection, subjects, "owner", sha256, size) == data


async def test_the_same_content_is_stored_once_for_each_owner(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    for owner in ("one", "one", "two"):
        await blobs.put(publisher, subjects, owner, _DATA)
    assert (await streams.info(connection, BLOBS)).messages == 4


async def test_what_was_erased_is_stored_again_although_its_id_is_remembered(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    sha256, size, _ = await blobs.put(publisher, subjects, "owner", _DATA)
    assert await reads.purge(connection, BLOBS, subjects.blob("owner", sha256, 0)) == 1
    with pytest.raises(Permanent) as missing:
        await blobs.get(connection, subjects, "owner", sha256, size)
    assert missing.value.code == "blob_missing"
    await blobs.put(publisher, subjects, "owner", _DATA)
    assert await blobs.get(connection, subjects, "owner", sha256, size) == _DATA


async def test_other_bytes_under_the_name_are_told(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    sha256, size, _ = await blobs.put(publisher, subjects, "owner", b"true")
    await publisher.publish(subjects.blob("owner", sha256, 0), b"fake", msg_id="x", stream=BLOBS)
    with pytest.raises(Permanent) as corrupt:
        await blobs.get(connection, subjects, "owner", sha256, size)
    assert corrupt.value.code == "blob_corrupt"


async def test_a_blob_beyond_its_limit_is_refused_both_ways(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    with pytest.raises(Permanent):
        await blobs.put(publisher, subjects, "owner", bytes(BLOB_BYTES_MAX + 1))
    for size in (BLOB_BYTES_MAX + 1, -1):
        with pytest.raises(Permanent):
            await blobs.get(connection, subjects, "owner", "00", size)
