"""Attachments: the bytes of a file that came with a message, wherever they are.

What came with the message is in BLOBS. What stayed at its provider is fetched when somebody asks
for it first, and stands in BLOBS from then on. All of it, and the note of where it stands, is
under its sender's key, so whoever erases a sender erases his files, fetched ones included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from maitred.connectors.abilities import FetchesMedia
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Keys
from maitred.contracts.ids import IdentifierKey, MessageId, digest
from maitred.contracts.inbound import BlobRef
from maitred.contracts.message import Attachment, Message
from maitred.contracts.subjects import BLOBS, Subjects
from maitred.gateway.bus import blobs, reads
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.publisher import Publisher
from maitred.gateway.finding import find_message
from maitred.gateway.idle import idle_context
from maitred.gateway.settings.load import Configuration


@dataclass(frozen=True, slots=True)
class File:
    """An attachment with its bytes; name and media type are the sender's word."""

    name: str
    content_type: str
    data: bytes


class Attachments:
    """Reads attachments; `fetchers` are the channels, by name, that can fetch from a provider."""

    def __init__(
        self, publisher: Publisher, subjects: Subjects, fetchers: Mapping[str, FetchesMedia]
    ) -> None:
        self._publisher = publisher
        self._connection = publisher.connection
        self._subjects = subjects
        self._fetchers = fetchers

    async def read(self, message: MessageId, index: int) -> File:
        """Return one attachment of a message; `index` counts from 0.

        Raises:
            Permanent: there is no such message or attachment (`not_found`), its bytes were never
                kept (`not_kept`) or are gone (`blob_missing`), nothing can fetch them
                (`no_fetcher`), or the provider refuses.
            Throttled, Retryable: the provider or the store does not answer now.
        """
        found = await find_message(self._connection, self._subjects, message)
        if not 0 <= index < len(found.attachments):
            count = len(found.attachments)
            raise Permanent(
                f"the message has {count or 'no'} attachment{'' if count == 1 else 's'}"
                + (f", counted from 0 to {count - 1}" if count else ""),
                code="not_found",
            )
        attachment = found.attachments[index]
        return File(
            name=attachment.name,
            content_type=attachment.content_type,
            data=await self._data(found, attachment),
        )

    async def _data(self, message: Message, attachment: Attachment) -> bytes:
        if attachment.blob is not None:
            return await self._get(attachment.blob)
        if not attachment.remote:
            why = f" ({attachment.cut})" if attachment.cut else ""
            raise Permanent(f"the attachment's bytes were not kept{why}", code="not_kept")
        note = note_of(self._subjects, message.actor_key, message.id, attachment.remote)
        data = await fetched(self._connection, self._subjects, note)
        if data is None:
            data = await self._fetch(message, attachment)
            await self._keep(message.actor_key, note, data)
        return data

    async def _get(self, blob: BlobRef) -> bytes:
        return await blobs.get(self._connection, self._subjects, blob.owner, blob.sha256, blob.size)

    async def _fetch(self, message: Message, attachment: Attachment) -> bytes:
        fetcher = self._fetchers.get(message.channel)
        if fetcher is None:
            raise Permanent(
                f"the channel {message.channel} is not configured to fetch files",
                code="no_fetcher",
            )
        return await fetcher.fetch(message.account, attachment)

    async def _keep(self, owner: IdentifierKey, note: str, data: bytes) -> None:
        sha256, size, _ = await blobs.put(self._publisher, self._subjects, owner, data)
        await self._publisher.publish(
            note,
            msgspec.json.encode(BlobRef(owner=owner, sha256=sha256, size=size)),
            # The server remembers ids for a day, also of what was erased.
            msg_id=f"{note}:{self._connection.fresh_name()}",
            stream=BLOBS,
        )


async def fetched(connection: Connection, subjects: Subjects, note: str) -> bytes | None:
    """Return a file that was at its provider, where somebody has had it fetched; see `note_of`.

    Raises:
        Permanent: its bytes are others than were stored (`blob_corrupt`).
        StoreUnavailable: the store does not answer.
    """
    stored = await reads.get_last(connection, BLOBS, note)
    if stored is None:
        return None
    blob = msgspec.json.decode(stored.data, type=BlobRef)
    try:
        return await blobs.get(connection, subjects, blob.owner, blob.sha256, blob.size)
    except Permanent as error:
        # Its chunks may have aged out before the note.
        if error.code != "blob_missing":
            raise
        return None


def note_of(subjects: Subjects, owner: IdentifierKey, message: MessageId, remote: str) -> str:
    """Name where it is noted under which hash the file that stood at `remote` is kept.

    By its address, since a newer reading of the message may count its files otherwise.
    """
    return subjects.blob(owner, digest(message, remote), 0)


def fetchers(configuration: Configuration) -> dict[str, FetchesMedia]:
    """Return the configured channels that can fetch files, without opening any door."""
    settings = configuration.settings
    context = idle_context(Keys(settings.tenant, settings.identity.secret.reveal().encode()))
    made = {each.name: each.connector(each.settings, context) for each in configuration.channels}
    return {name: each for name, each in made.items() if isinstance(each, FetchesMedia)}
