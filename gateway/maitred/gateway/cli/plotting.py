"""A picture of a simulation: waits by mood and load by agent, a colour for each policy.

matplotlib is an extra, `pip install "maitred[plots]"`, and is imported when a picture is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from maitred.contracts.errors import ConfigurationError, Permanent
from maitred.router.simulation.report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES: Final = (".png", ".svg", ".pdf")
_WORSENING: Final = ("delighted", "calm", "frustrated", "angry")
_COLOURS: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
"""Okabe and Ito 2008, Color Universal Design: told apart by whoever sees few colours."""
_MARKS: Final = ("o", "s", "^", "D", "v", "P", "X")
_UPRIGHT_MAX: Final = 12
_NAMES_MAX: Final = 40
"""More names of agents than that cannot be read below an axis."""
_DPI: Final = 130


def check(path: Path) -> None:
    """See that a picture can be drawn, before the work that it shows.

    Raises:
        ConfigurationError: the file's name says no kind of picture that can be.
        Permanent: matplotlib is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigurationError(f"--plot: {path.name}: write a name that ends in .png")
    if find_spec("matplotlib") is None:
        raise Permanent('--plot needs matplotlib; `pip install "maitred[plots]"` brings it')


def plot(path: Path, reports: Sequence[Report]) -> None:
    """Draw the reports and write the picture."""
    from matplotlib.figure import Figure  # noqa: PLC0415  (an extra, and slow to import)

    figure = Figure(figsize=(11, 8), dpi=_DPI, layout="constrained")
    above, below = figure.subplots(2, 1)
    _draw_waits(above, reports)
    _draw_loads(below, reports)
    handles, names = above.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", frameon=False, ncols=len(reports) + 1)
    figure.savefig(path)


def _draw_waits(axes: Axes, reports: Sequence[Report]) -> None:
    """Draw a bar for each mean, and a mark below which 95 of 100 waited."""
    by_mood = [each.live_by_mood or each.by_mood for each in reports]
    moods = [mood for mood in _WORSENING if mood in by_mood[0]]
    width = 0.8 / len(reports)
    for number, each in enumerate(reports):
        places = [at - 0.4 + width * (number + 0.5) for at in range(len(moods))]
        means = [by_mood[number][mood].mean or 0.0 for mood in moods]
        late = [by_mood[number][mood].p95 or 0.0 for mood in moods]
        colour = _COLOURS[number % len(_COLOURS)]
        axes.bar(places, means, width * 0.92, color=colour, label=each.policy)
        axes.scatter(places, late, s=260, color="#333333", marker="_")
        for place, mean in zip(places, means, strict=True):
            axes.text(place, mean, f"{mean:.3g}", ha="center", va="bottom", fontsize=9)
    axes.scatter([], [], s=260, color="#333333", marker="_", label="95 of 100 waited less")
    axes.set_xticks(range(len(moods)), moods)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("seconds")
    live = " on live channels" if reports[0].live_by_mood else ""
    axes.set_title(f"Mean wait by mood{live}", loc="left")
    _tidy(axes)


def _draw_loads(axes: Axes, reports: Sequence[Report]) -> None:
    """Draw a point for each agent, the busiest under the first policy first."""
    first = reports[0].by_agent
    agents = sorted(first, key=lambda agent: (-first[agent].load, agent))
    step = 0.5 / len(reports)
    for number, each in enumerate(reports):
        axes.plot(
            [at - 0.25 + step * (number + 0.5) for at in range(len(agents))],
            [100 * each.by_agent[agent].load for agent in agents],
            _MARKS[number % len(_MARKS)],
            color=_COLOURS[number % len(_COLOURS)],
            markersize=6 if len(agents) <= _NAMES_MAX else 3,
        )
    if len(agents) <= _UPRIGHT_MAX:
        axes.set_xticks(range(len(agents)), agents)
    elif len(agents) <= _NAMES_MAX:
        axes.set_xticks(range(len(agents)), agents, rotation=60, ha="right", fontsize=8)
    else:
        axes.set_xlabel(f"{len(agents)} agents")
    axes.set_ylim(0, 105)
    axes.set_ylabel("% of room in use")
    axes.set_title(f"Load by agent, the busiest under {reports[0].policy} first", loc="left")
    _tidy(axes)


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
