"""Buckets: how much may come from somebody in a time."""

from __future__ import annotations

from dataclasses import dataclass, field

from maitred.contracts.limits import CHAT_FRAMES_PER_MINUTE_MAX, MINUTE_MS


@dataclass(slots=True)
class Bucket:
    """A token bucket: a period's worth at once, then each piece whenever its time has come.

    As it stands, it counts frames. Times are in milliseconds.
    """

    filled_at: int
    size: float = CHAT_FRAMES_PER_MINUTE_MAX
    period_ms: int = MINUTE_MS
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

    def is_full(self, now: int) -> bool:
        """Tell whether nothing is missing at `now`, so that a new one would be the same."""
        return self.level + (now - self.filled_at) * self.size / self.period_ms >= self.size
