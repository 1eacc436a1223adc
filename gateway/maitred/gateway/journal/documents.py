"""Documents: a bounded cache of what has been read, and the drafts of a group on top of it.

The cache is never trusted: whatever is written carries the revision that was read, so a stale
entry costs a conflict and a second try, never a wrong result. From one group to the next it keeps
only what the stage wrote itself; what was merely read is read anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from maitred.contracts import limits
from maitred.contracts.view import NotRead

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(slots=True)
class Known:
    """A document as last read: revision 0 and no data when there is none.

    `size` is how many bytes its JSON has.
    """

    revision: int
    data: bytes | None
    parsed: msgspec.Struct | None = None
    size: int = 0


class DocumentCache:
    """What has been read, least recently used first out; bounded in number and in bytes."""

    def __init__(
        self,
        entries_max: int = limits.DOCUMENT_CACHE_ENTRIES_MAX,
        bytes_max: int = limits.DOCUMENT_CACHE_BYTES_MAX,
    ) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._bytes = 0

    def get(self, subject: str) -> Known | None:
        """Return what is known of a document."""
        known = self._known.get(subject)
        if known is not None:
            self._known.move_to_end(subject)
        return known

    def put(self, subject: str, known: Known) -> None:
        """Remember a document, unless a newer one is known; the least recently used goes first."""
        known_already = self._known.get(subject)
        if known_already is not None:
            if known_already.revision > known.revision:
                return
            self._bytes -= known_already.size
        self._known[subject] = known
        self._known.move_to_end(subject)
        self._bytes += known.size
        while len(self._known) > self._entries_max or self._bytes > self._bytes_max:
            _, displaced = self._known.popitem(last=False)
            self._bytes -= displaced.size

    def forget(self, subjects: Iterable[str]) -> None:
        """Drop what may be stale."""
        for subject in subjects:
            if (known := self._known.pop(subject, None)) is not None:
                self._bytes -= known.size

    def clear(self) -> None:
        """Drop everything."""
        self._known.clear()
        self._bytes = 0


class Drafts:
    """The documents of one group of inputs: as read, with the changes of the inputs so far.

    A `View`. `keep` makes an input's documents visible to the inputs after it.
    """

    def __init__(self, cache: DocumentCache) -> None:
        self._cache = cache
        self._read: dict[str, Known] = {}
        self._changed: dict[str, msgspec.Struct] = {}

    def read(self, subject: str, shape: type[T]) -> T | None:
        """Return a document as the next input must see it.

        Raises:
            NotRead: it has not been loaded.
            msgspec.MsgspecError: what is stored there is not such a document.
        """
        if (changed := self._changed.get(subject)) is not None:
            if not isinstance(changed, shape):
                raise msgspec.ValidationError(f"a draft is no {shape.__name__}")
            return changed
        known = self._known(subject)
        if known is None:
            raise NotRead(subject)
        if known.data is None:
            return None
        if known.parsed is None:
            known.parsed = msgspec.json.decode(known.data, type=shape)
        if not isinstance(known.parsed, shape):
            raise msgspec.ValidationError(f"a document is no {shape.__name__}")
        return known.parsed

    def missing(self, *subjects: str) -> tuple[str, ...]:
        """Return those that have not been loaded."""
        return tuple(
            subject
            for subject in subjects
            if subject not in self._changed and self._known(subject) is None
        )

    def keep(self, documents: Mapping[str, msgspec.Struct]) -> None:
        """Lay one input's documents over what the next ones see."""
        self._changed.update(documents)

    def changes(self) -> Mapping[str, tuple[msgspec.Struct, int]]:
        """Return each changed document once, with the revision that it was read at.

        Raises:
            NotRead: a document is written that was never read, so its revision is unknown.
        """
        result = {}
        unread = []
        for subject, document in self._changed.items():
            if (known := self._known(subject)) is None:
                unread.append(subject)
            else:
                result[subject] = (document, known.revision)
        if unread:
            raise NotRead(*unread)
        return result

    def _known(self, subject: str) -> Known | None:
        known = self._read.get(subject)
        if known is None and (known := self._cache.get(subject)) is not None:
            # Pinned for the whole group: every input of it must see one revision.
            self._read[subject] = known
        return known
