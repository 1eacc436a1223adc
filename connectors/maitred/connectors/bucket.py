"""Buckets: how much may come from somebody in a time."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from maitred.contracts.limits import CHAT_SOCKETS_MAX

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class Bucket:
    """A token bucket: a period's worth at once, then each piece whenever its time has come.

    Times are in milliseconds.
    """

    filled_at: int
    size: float
    period_ms: int
    level: float = field(init=False)

    def __post_init__(self) -> None:
        self.level = self.size

    def take(self, now: int, amount: float = 1) -> int:
        """Take an amount; return 0, or after how many milliseconds it will be there.

        What is larger than the bucket never is.
        """
        rate = self.size / self.period_ms
        gained = max(0, now - self.filled_at) * rate
        self.level = min(self.size, self.level + gained)
        self.filled_at = now
        if self.level < amount:
            return max(1, round((amount - self.level) / rate))
        self.level -= amount
        return 0


class Buckets(Generic[K]):
    """A bucket for each of many, of whom the one not seen for the longest time is forgotten."""

    def __init__(self, period_ms: int, *, kept_max: int = 2 * CHAT_SOCKETS_MAX) -> None:
        self._period_ms = period_ms
        self._kept_max = kept_max
        self._kept: dict[K, Bucket] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, whose: K, now: int, size: float) -> Bucket:
        """Return somebody's bucket, a full one of `size` if he is new."""
        bucket = self._kept.pop(whose, None) or Bucket(now, size, self._period_ms)
        self._kept[whose] = bucket
        if len(self._kept) > self._kept_max:
            del self._kept[next(iter(self._kept))]
        return bucket
