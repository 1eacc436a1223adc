"""Buckets: of many who come, the ones not seen for the longest time are forgotten."""

from __future__ import annotations

from maitred.connectors.bucket import Buckets


def test_a_bucket_is_kept_as_long_as_its_owner_is_among_the_last_seen() -> None:
    buckets = Buckets[str](1_000, kept_max=2)
    assert buckets.of("ann", 0, 1).take(0) == 0
    assert buckets.of("bob", 0, 1).take(0) == 0
    assert buckets.of("ann", 0, 1).take(0) == 1_000
    buckets.of("cid", 0, 1)
    assert len(buckets) == 2
    assert buckets.of("ann", 0, 1).take(500) == 500
    assert buckets.of("bob", 0, 1).take(0) == 0
