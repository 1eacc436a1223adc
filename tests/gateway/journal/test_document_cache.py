"""What a stage remembers of documents is bounded, in number and in bytes."""

from __future__ import annotations

from maitred.gateway.journal.documents import DocumentCache, Known


def _known(cache: DocumentCache, count: int) -> list[int]:
    return [number for number in range(count) if cache.get(f"d{number}") is not None]


def test_the_least_recently_used_goes_first() -> None:
    cache = DocumentCache(entries_max=3)
    for number in range(3):
        cache.put(f"d{number}", Known(1, b""))
    cache.get("d0")
    cache.put("d3", Known(1, b""))
    assert _known(cache, 4) == [0, 2, 3]


def test_large_documents_displace_as_many_as_their_bytes() -> None:
    cache = DocumentCache(bytes_max=100)
    for number in range(10):
        cache.put(f"d{number}", Known(1, b"", size=10))
    cache.put("d10", Known(1, b"", size=35))
    assert _known(cache, 11) == [4, 5, 6, 7, 8, 9, 10]


def test_what_is_replaced_forgotten_or_cleared_counts_no_more() -> None:
    cache = DocumentCache(bytes_max=100)
    for revision in range(1, 50):
        cache.put("d0", Known(revision, b"", size=90))
    cache.put("d0", Known(1, b"", size=5))
    cache.put("d1", Known(1, b"", size=10))
    assert _known(cache, 2) == [0, 1]
    cache.forget(["d0", "d9"])
    cache.put("d2", Known(1, b"", size=90))
    assert _known(cache, 3) == [1, 2]
    cache.clear()
    cache.put("d3", Known(1, b"", size=100))
    assert _known(cache, 4) == [3]
