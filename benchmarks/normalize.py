"""How fast, how even and how right are mails read?

* Our full decode beside the standard library's `policy.default` read of the same mails in the same
  run, and beside fast-mail-parser where that is installed.
* What each step of a decode takes.
* Memory over 100,000 messages, and the cost of a mail by its size, in several shapes.
* Agreement with Stalwart's parser, and quotes told from new words, where `../shared/data` is.

    python -m benchmarks.normalize [--quick] [--json]
"""

from __future__ import annotations

import argparse
import gc
import itertools
import math
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from benchmarks import agreement, mails, quotes, readers
from maitred.contracts.inbound import Inbound
from maitred.gateway import logs

MIB: Final = 1024 * 1024
SIZES: Final = (10_000, 100_000, 1_000_000, 5_000_000, 20_000_000)
QUICK_SIZES: Final = (10_000, 100_000, 1_000_000, 5_000_000)
RATIO_AIM: Final = 4.0


class Bar:
    """The progress of the whole run."""

    def __init__(self, progress: Progress, steps: int) -> None:
        self._progress = progress
        self._task: TaskID = progress.add_task("reading", total=steps)

    def step(self, what: str) -> None:
        """Say what comes next."""
        self._progress.update(self._task, advance=1, description=what)


def _seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def speed(raws: list[bytes], rounds: int) -> dict[str, Any]:
    """Measure the readers in turn on each mail; figures are in milliseconds a mail."""
    inbounds = [readers.received(raw) for raw in raws]
    fast = readers.fast_mail_parser()
    names = ["ours", "ours_plain", "standard", *(["fast_mail_parser"] if fast else [])]
    best = {name: [math.inf] * len(raws) for name in names}
    refused = dict.fromkeys(names, 0)
    for _ in range(rounds):
        for index, (raw, inbound) in enumerate(zip(raws, inbounds, strict=True)):
            for name in names:
                taken, failed = _read(name, raw, inbound, fast)
                best[name][index] = min(best[name][index], taken)
                refused[name] += failed
    ratios = [theirs / own for theirs, own in zip(best["standard"], best["ours"], strict=True)]
    return {
        "mails": len(raws),
        "median_ms": {name: statistics.median(best[name]) * 1e3 for name in names},
        "mean_ms": {name: statistics.mean(best[name]) * 1e3 for name in names},
        "slowest_ours_ms": max(best["ours"]) * 1e3,
        "refused": {name: count // rounds for name, count in refused.items()},
        "ratio_of_medians": statistics.median(best["standard"]) / statistics.median(best["ours"]),
        "ratio_of_means": sum(best["standard"]) / sum(best["ours"]),
        "median_ratio": statistics.median(ratios),
        "median_ratio_plain": statistics.median(
            theirs / own for theirs, own in zip(best["standard"], best["ours_plain"], strict=True)
        ),
    }


def _read(
    name: str, raw: bytes, inbound: Inbound, fast: Callable[[bytes], Any] | None
) -> tuple[float, bool]:
    run: dict[str, Callable[[], object]] = {
        "ours": lambda: readers.ours(raw, inbound),
        "ours_plain": lambda: readers.ours_plain(raw),
        "standard": lambda: readers.standard(raw),
    }
    if fast is not None:
        run["fast_mail_parser"] = lambda: fast(raw)
    start = time.perf_counter()
    try:
        run[name]()
    except Exception:  # noqa: BLE001  (other readers raise what they like)
        return time.perf_counter() - start, True
    return time.perf_counter() - start, False


def steps(raws: list[bytes], rounds: int) -> dict[str, float]:
    """Return what each step of a decode takes, in milliseconds a mail."""
    inbounds = [readers.received(raw) for raw in raws]
    with readers.timed_steps() as spent:
        whole = _seconds(
            lambda: [
                readers.ours(raw, inbound)
                for _ in range(rounds)
                for raw, inbound in zip(raws, inbounds, strict=True)
            ]
        )
    each = 1e3 / (rounds * len(raws))
    figures = {name: seconds * each for name, seconds in spent.items()}
    return figures | {"the rest": whole * each - sum(figures.values())}


def memory(raws: list[bytes], count: int) -> dict[str, Any]:
    """Decode `count` messages; return how memory grew behind the first tenth of them."""
    inbounds = [readers.received(raw) for raw in raws]
    samples: list[tuple[int, int]] = []
    total = 0
    start = time.perf_counter()
    for number in range(count):
        index = number % len(raws)
        total += readers.size_of(readers.ours(raws[index], inbounds[index]))
        if number % max(count // 50, 1) == 0:
            gc.collect()
            samples.append((number, _resident()))
    taken = time.perf_counter() - start
    late = [sample for sample in samples if sample[0] >= count // 10]
    return {
        "messages": count,
        "message_bytes": total // count,
        "messages_per_second": count / taken,
        "resident_mib": samples[-1][1] / MIB,
        "slope_bytes_per_message": statistics.linear_regression(*zip(*late, strict=True)).slope,
    }


def _resident() -> int:
    """Return resident bytes; the highest ever where the system does not tell the present ones."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def scaling(sizes: tuple[int, ...], rounds: int, bar: Bar) -> dict[str, Any]:
    """Measure mails of growing size: milliseconds, and the exponent that the cost grows with."""
    figures: dict[str, Any] = {}
    for shape, make in mails.SHAPES.items():
        bar.step(f"size: {shape}")
        points: list[tuple[int, float]] = []
        for size in sizes:
            raw = make(size)
            inbound = readers.received(raw)
            taken = min(_seconds(lambda: readers.ours(raw, inbound)) for _ in range(rounds))  # noqa: B023  (run at once)
            points.append((len(raw), taken))
        logs_ = [(math.log(size), math.log(seconds)) for size, seconds in points]
        figures[shape] = {
            "ms": {f"{size / 1e6:.2f} MB": seconds * 1e3 for size, seconds in points},
            "exponent": statistics.linear_regression(*zip(*logs_, strict=True)).slope,
            "worst_step": max(
                math.log(later[1] / earlier[1]) / math.log(later[0] / earlier[0])
                for earlier, later in itertools.pairwise(points)
            ),
        }
    return figures


def measure(*, quick: bool, bar: Bar) -> dict[str, Any]:
    """Run everything and return the figures."""
    bar.step("speed")
    real = mails.real()
    made = mails.made(60)
    for raw in made[:6]:
        readers.ours(raw, readers.received(raw))
    rounds = 3 if quick else 9
    figures: dict[str, Any] = {"made": speed(made, rounds)}
    if real:
        figures["real"] = speed(real, rounds)
    bar.step("steps")
    figures["steps_ms"] = steps([raw for raw in real if len(raw) < MIB] or made, rounds)
    figures["scaling"] = scaling(QUICK_SIZES if quick else SIZES, 2 if quick else 3, bar)
    bar.step("memory")
    figures["memory"] = memory(made, 10_000 if quick else 100_000)
    bar.step("agreement")
    if real:
        found = agreement.compare(
            lambda raw: readers.ours(raw, readers.received(raw)).message
        ).figures()
        figures["agreement_with_stalwart"] = found
    quoted = quotes.accuracy()
    if quoted:
        figures["quotes"] = quoted
    return figures


def _print(figures: dict[str, Any]) -> None:
    console = Console()
    for name in ("real", "made"):
        if name in figures:
            console.print(_speed_table(f"{figures[name]['mails']} {name} mails", figures[name]))
    table = Table("step of a full decode", "ms a mail", box=None)
    for name, value in sorted(figures["steps_ms"].items(), key=lambda item: -item[1]):
        table.add_row(name, f"{value:.3f}")
    console.print(table)
    table = Table("cost by size", "exponent", "worst step", "largest", box=None)
    for shape, found in figures["scaling"].items():
        size, taken = list(found["ms"].items())[-1]
        worst = f"{found['worst_step']:.2f}"
        table.add_row(shape, f"{found['exponent']:.2f}", worst, f"{size} in {taken:.0f} ms")
    console.print(table)
    kept = figures["memory"]
    console.print(
        f"memory: {kept['slope_bytes_per_message']:.1f} bytes a message over "
        f"{kept['messages']:,} messages, {kept['resident_mib']:.0f} MiB resident, "
        f"{kept['messages_per_second']:,.0f} messages a second"
    )
    for name in ("agreement_with_stalwart", "quotes"):
        if name in figures:
            told = ", ".join(f"{key} {value}" for key, value in figures[name].items())
            console.print(f"{name.replace('_', ' ')}: {told}")


def _speed_table(title: str, found: dict[str, Any]) -> Table:
    table = Table(title, "median ms", "mean ms", "refused", box=None)
    titles = {
        "ours": "ours, full decode",
        "ours_plain": "ours, the same questions only",
        "standard": "standard library, policy.default",
        "fast_mail_parser": "fast-mail-parser",
    }
    for name, median in found["median_ms"].items():
        mean = found["mean_ms"][name]
        table.add_row(titles[name], f"{median:.3f}", f"{mean:.3f}", str(found["refused"][name]))
    if "fast_mail_parser" not in found["median_ms"]:
        table.add_row("fast-mail-parser (not installed)", "", "", "")
    aim = "reached" if found["median_ratio"] >= RATIO_AIM else "missed"
    table.add_row(
        f"times as fast as the standard library (aim {RATIO_AIM:.0f}: {aim})",
        f"{found['median_ratio']:.1f}",
        f"{found['ratio_of_means']:.1f}",
        "",
    )
    table.add_row("  the same questions only", f"{found['median_ratio_plain']:.1f}", "", "")
    return table


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    logs.configure("error", "text")
    with Progress(transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = Bar(progress, steps=4 + len(mails.SHAPES))
        figures = measure(quick=arguments.quick, bar=bar)
    if arguments.json:
        sys.stdout.write(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _print(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
