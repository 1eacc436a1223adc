"""Usual: how a customer writes and how often he comes, as far as is known of him.

Both are credibility estimates (Buhlmann 1967, ASTIN Bulletin 4:199; the same shrinkage as the
empirical Bayes of Robbins 1956 and of Efron and Morris 1975): what was seen of him counts by
`n / (n + k)`, and the rest is what one expects of anybody, which is 0. k is how much a customer
varies within himself, over how much customers vary among themselves.
"""

from __future__ import annotations

from typing import Final

BASELINE_MAX: Final = 0.2
"""A baseline forgives, or takes amiss, no more than this: it is what frustration begins at, so that
a plain message frustrates nobody's reader, and who is furious is furious whoever he is."""
MESSAGES_K: Final = 5.0
"""After so many messages that say surely how he feels, half of his mean counts."""
WEEKS_K: Final = 4.0
_DIGITS: Final = 4


def baseline(total: float, weight: float) -> float:
    """Return how a customer usually writes, -`BASELINE_MAX` to `BASELINE_MAX`; 0 is as anybody.

    `total` is the sum of his messages' valences times their confidences, `weight` the sum of these
    confidences: `mean * weight / (weight + k)` is `total / (weight + k)`.
    """
    if weight <= 0:
        return 0.0
    shrunk = total / (weight + MESSAGES_K)
    return round(min(max(shrunk, -BASELINE_MAX), BASELINE_MAX), _DIGITS)


def repeats(contacts: int, before: int, weeks: float) -> float:
    """Return how often more than usual somebody has come lately; 0 for his first time.

    `contacts` are those of the last week, this one among them; `before` how often he came in the
    `weeks` before that. Who comes every day with matters of his own is no case of one that was not
    resolved.
    """
    usual = before / (max(weeks, 0.0) + WEEKS_K)
    return round(max(contacts - 1 - usual, 0.0), _DIGITS)
