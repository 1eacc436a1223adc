"""Estimate: how long somebody will still wait, as a range that is honest about how little is known.

Before each agent who may have him stands a line of those whom that agent takes first; he is served
as soon as the line before one of them is gone. At a steady rate the (k + 1)-th slot of some agents
comes after a time with Erlang's distribution. But the rate is known only by the n slots that freed
lately; with that doubt (a Gamma distribution of shape n), rate times wait over n follows the beta
prime distribution of shapes k + 1 and n, which is the wider the fewer were seen.

Some of those slots go to others who come later and press harder. How many is told by what became of
them lately; urgency grows linearly, so of those who come while he waits, some are ahead of him at
once, some after a while, some never (Stanford, Taylor and Ziedins 2014).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from maitred.contracts.limits import DAY_MS

HORIZON_MS: Final = 2 * DAY_MS
"""Nobody is told a longer wait; he is told that it is longer."""
BURSTS: Final = 2.0
"""By how much slots that free vary more than Erlang has it: they come in bursts, and who is ahead
is a guess itself. With it, eight in ten waits lie between p10 and p90 (`benchmarks.estimates`)."""
_HALVINGS: Final = 40
_TERMS_MAX: Final = 10_000
_TINY: Final = 1e-300
_CLOSE: Final = 1e-12


class Range(NamedTuple):
    """A wait in milliseconds: nine in ten wait longer than `p10`, half than `p50`, one than `p90`.

    What is not within `HORIZON_MS` is infinite.
    """

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Line:
    """Those whom one agent takes first, `ahead` of them, of whom some count in part.

    His slots free at `rate` a millisecond, as `seen` of them told, and he may have ours from
    `after` milliseconds on.
    """

    rate: float
    seen: float
    ahead: float = 0.0
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Passing:
    """A kind of conversation to which the part `share` of the slots goes.

    Of such as come within a long time, the part `ahead` is ahead of ours at its end; one that comes
    now is so at once if `lead` (milliseconds) is above 0.
    """

    share: float
    ahead: float
    lead: float

    def within(self, span: float) -> float:
        """Return which part of the slots that free within a span goes to such as pass ours."""
        return self.share * min(max(self.ahead * span + self.lead, 0.0), span) / span


def estimate(
    lines: Sequence[Line],
    passing: Sequence[Passing] = (),
    *,
    free_after: float = math.inf,
    bursts: float = BURSTS,
) -> Range | None:
    """Return the range of a wait; None where nothing is known to go by.

    `free_after` is in how many milliseconds somebody may have it who has room already; `bursts` is
    how many times Erlang's the variance is.
    """
    known = sorted((each for each in lines if each.rate > 0), key=_gone_after)
    if math.isinf(free_after) and not known:
        return None

    def chance(span: float) -> float:
        """Return how likely he is served within a span: by the agents with whom it is likeliest."""
        left = 1.0 - sum(each.within(span) for each in passing)
        freed = seen = ahead = 0.0
        best, likeliest = -math.inf, (0.0, 0.0, 0.0)
        for line in known:
            freed += line.rate * max(span - line.after, 0.0) * left
            seen += line.seen * left
            ahead += line.ahead
            if (excess := _excess(freed / bursts, (ahead + 1.0) / bursts)) > best:
                best, likeliest = excess, (freed, seen, ahead)
        freed, seen, ahead = likeliest
        if freed <= 0:
            return 0.0
        return beta_cdf((ahead + 1.0) / bursts, seen / bursts, freed / (seen + freed))

    return Range(*(min(_first(chance, level), free_after) for level in (0.1, 0.5, 0.9)))


def _excess(freed: float, shape: float) -> float:
    """Return by how many deviations more are freed than needed (Wilson and Hilferty 1931)."""
    return 3.0 * math.sqrt(shape) * (math.cbrt(freed / shape) - 1.0 + 1.0 / (9.0 * shape))


def _gone_after(line: Line) -> float:
    """Return after how many milliseconds a line is expected to be gone."""
    return line.after + line.ahead / line.rate


def _first(chance: Callable[[float], float], level: float) -> float:
    """Return the shortest span within which the chance reaches a level; infinite if none does."""
    least, most = 0.0, float(HORIZON_MS)
    if chance(most) < level:
        return math.inf
    for _ in range(_HALVINGS):
        middle = (least + most) / 2
        if chance(middle) < level:
            least = middle
        else:
            most = middle
    return most


def beta_cdf(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), for a and b above 0.

    By its continued fraction (NIST DLMF 8.17.22), on the side where it converges quickly.
    """
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - beta_cdf(b, a, 1.0 - x)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    return front * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction, term by term from the front (Lentz's method)."""
    upper, lower = 1.0, 1.0 / _apart(1.0 - (a + b) * x / (a + 1.0))
    value = lower
    for m in range(1, _TERMS_MAX):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            lower = 1.0 / _apart(1.0 + term * lower)
            upper = _apart(1.0 + term / upper)
            value *= upper * lower
        if abs(upper * lower - 1.0) < _CLOSE:
            break
    return value


def _apart(value: float) -> float:
    """Return a value that can be divided by."""
    return value if abs(value) > _TINY else _TINY
