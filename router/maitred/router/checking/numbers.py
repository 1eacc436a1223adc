"""Numbers of the routing settings: the bounds of each, and what they must be to each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from maitred.router.checking.values import MOODS_WORSENING, moods, within

if TYPE_CHECKING:
    from maitred.router.settings import RoutingSettings

RELAX_STEPS_MAX: Final = 5
SECONDS_MAX: Final = 86_400.0
CAPACITY_MAX: Final = 100_000.0
BROADCAST_MAX: Final = 32


def numbers(settings: RoutingSettings) -> Iterator[str]:
    """Find numbers out of bounds; the mood's order is judged only where there are none."""
    found = [*_scalars(settings), *_tables(settings), *_relax(settings), *_budgets(settings)]
    yield from found or _mood_order(settings)


def _scalars(settings: RoutingSettings) -> Iterator[str]:
    yield from within(
        ("offer_seconds", settings.offer_seconds, 1, SECONDS_MAX),
        ("pass_over_seconds", settings.pass_over_seconds, 1, SECONDS_MAX),
        ("wrap_up_seconds", settings.wrap_up_seconds, 0, SECONDS_MAX),
        ("sigma", settings.sigma, 0, 10),
        ("gamma", settings.gamma, 0, 10),
        ("head_start", settings.head_start, 0, 10),
        ("lam", settings.lam, 0, 10),
        ("phi", settings.phi, 0, 10),
        ("language_unstated", settings.language_unstated, 0, 1),
        ("language_floor", settings.language_floor, 0, 1),
        ("rescue_share", settings.rescue_share, 0, 1),
        ("idle_seconds", settings.idle_seconds, 0, 90 * SECONDS_MAX),
        ("lost_seconds", settings.lost_seconds, 0, 90 * SECONDS_MAX),
        ("ramp_first", settings.ramp_first, 0.001, CAPACITY_MAX),
        ("ramp_seconds", settings.ramp_seconds, 0, SECONDS_MAX),
        ("angry_in_a_row", settings.angry_in_a_row, 0, 1_000),
        ("cool_down_seconds", settings.cool_down_seconds, 0, SECONDS_MAX),
    )
    for name, seconds in (
        ("idle_seconds", settings.idle_seconds),
        ("lost_seconds", settings.lost_seconds),
    ):
        if 0 < seconds < 1:
            yield f"{name} = {seconds:g}: write at least 1, or 0 for never"
    if 0 < settings.lost_seconds <= settings.idle_seconds:
        yield (
            f"lost_seconds = {settings.lost_seconds:g}: write more than idle_seconds "
            f"({settings.idle_seconds:g}), or 0 for never"
        )


def _tables(settings: RoutingSettings) -> Iterator[str]:
    for table, least, most in (
        ("sla_seconds", 1.0, 90 * SECONDS_MAX),
        ("channel_weight", 0.001, 1_000.0),
        ("channel_units", 0.001, 1_000.0),
        ("tier_weight", 0.001, 1_000.0),
        ("mood_weight", 0.001, 1_000.0),
        ("mood_share", 0.0, 0.95),
        ("hold_fraction", 0.0, 2.0),
        ("broadcast", 1, BROADCAST_MAX),
    ):
        values: dict[str, float] = getattr(settings, table)
        yield from within(*((f"{table}.{key}", values[key], least, most) for key in values))
        if table in {"mood_weight", "mood_share"}:
            yield from moods(table, values)


def _relax(settings: RoutingSettings) -> Iterator[str]:
    if len(settings.relax) > RELAX_STEPS_MAX:
        yield f"relax: {len(settings.relax)} steps; write at most {RELAX_STEPS_MAX}"
    yield from within(*((f"relax[{i}]", step, 0, 10) for i, step in enumerate(settings.relax)))
    if any(later <= earlier for earlier, later in pairwise(settings.relax)):
        yield f"relax = {list(settings.relax)}: write the steps in growing order"


def _budgets(settings: RoutingSettings) -> Iterator[str]:
    budgets = settings.budgets
    for name, share in (
        ("moved", budgets.moved),
        ("abandoned", budgets.abandoned),
        ("load", budgets.load),
        *((f"sla.{channel}", share) for channel, share in budgets.sla.items()),
    ):
        if share is not None:
            yield from within((f"budgets.{name}", share, 0, 1))
    for channel, seconds in budgets.wait_p95_seconds.items():
        yield from within((f"budgets.wait_p95_seconds.{channel}", seconds, 0, 90 * SECONDS_MAX))


def _mood_order(settings: RoutingSettings) -> Iterator[str]:
    """Hold that a worse mood never ranks lower, whoever the agent is.

    B' M'(d)^gamma >= B M(d)^gamma for every d in [0, 1]. The quotient of two functions linear
    in d is monotone, so both ends suffice.
    """
    for better, worse in pairwise(MOODS_WORSENING):
        for skill in (0.0, 1.0):
            before, after = (
                settings.weight_of_mood(mood)
                * max(1 - settings.share_of_mood(mood) * (1 - skill), 0.0) ** settings.gamma
                for mood in (better, worse)
            )
            if after < before * (1 - 1e-9):
                yield (
                    f"mood_weight.{worse.value}: an agent with de-escalation {skill:g} would rank "
                    f"{worse.value} ({after:.3g}) below {better.value} ({before:.3g}); raise "
                    f"mood_weight.{worse.value} or lower mood_share.{worse.value}"
                )
                break
