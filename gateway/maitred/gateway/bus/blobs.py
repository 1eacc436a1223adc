"""Blobs: large bodies and attachments, in chunks, named by their content."""

from __future__ import annotations

import hashlib

from maitred.contracts import limits
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.subjects import BLOBS, Subjects
from maitred.gateway.bus import reads
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.publisher import Publisher


def chunks_of(size: int) -> int:
    """Return how many chunks a blob of `size` bytes has."""
    return -(-size // limits.BLOB_CHUNK_BYTES)


async def put(
    publisher: Publisher, subjects: Subjects, owner: IdentifierKey | str, data: bytes
) -> tuple[str, int, int]:
    """Store `data` for `owner` and return its SHA-256 (hex), its size and its chunks.

    To store the same again is harmless: a chunk that the server knows is not stored twice, but
    one that was erased meanwhile is.

    Raises:
        Permanent: larger than `BLOB_BYTES_MAX` (code `too_large`).
        StoreUnavailable: a chunk was not confirmed; put it again.
    """
    if len(data) > limits.BLOB_BYTES_MAX:
        raise Permanent("the blob is beyond its limit", code="too_large")
    sha256 = hashlib.sha256(data).hexdigest()
    view = memoryview(data)
    for number in range(chunks_of(len(data))):
        start = number * limits.BLOB_CHUNK_BYTES
        chunk = bytes(view[start : start + limits.BLOB_CHUNK_BYTES])
        await _put_chunk(publisher, subjects.blob(owner, sha256, number), chunk)
    return sha256, len(data), chunks_of(len(data))


async def get(
    connection: Connection,
    subjects: Subjects,
    owner: IdentifierKey | str,
    sha256: str,
    size: int,
) -> bytes:
    """Return the blob, after its hash was found to be right.

    Raises:
        Permanent: a chunk is gone (`blob_missing`), or the bytes are others (`blob_corrupt`).
        StoreUnavailable: the store does not answer.
    """
    if not 0 <= size <= limits.BLOB_BYTES_MAX:
        raise Permanent("the blob is beyond its limit", code="too_large")
    data = bytearray()
    for number in range(chunks_of(size)):
        chunk = await reads.get_last(connection, BLOBS, subjects.blob(owner, sha256, number))
        if chunk is None:
            raise Permanent("a part of the blob is gone", code="blob_missing")
        data += chunk.data
    if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
        raise Permanent("the blob is not what was stored", code="blob_corrupt")
    return bytes(data)


async def _put_chunk(publisher: Publisher, subject: str, chunk: bytes) -> None:
    ack = await publisher.publish(subject, chunk, msg_id=subject, stream=BLOBS)
    if not ack.duplicate:
        return
    # The server remembers ids for a day, also of what was erased.
    stored = await reads.get_at(publisher.connection, BLOBS, ack.seq)
    if stored is None or stored.subject != subject or stored.data != chunk:
        again = f"{subject}:{publisher.connection.fresh_name()}"
        await publisher.publish(subject, chunk, msg_id=again, stream=BLOBS)
