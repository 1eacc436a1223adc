"""What the demo says at the end: who wrote, who answered, who is who, and whether it adds up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from demo.cast import Tally
from demo.proving import Proving
from demo.whose import Belongings, faults_of_identity
from maitred.gateway.ledger import Ledger
from maitred.gateway.live import Live


@dataclass(frozen=True, slots=True)
class Ending:
    """How it stands when everybody has gone."""

    live: Live
    tally: Tally
    proving: Proving
    ledger: Ledger
    held: Belongings

    def faults(self) -> list[str]:
        """Return everything that must not be, in plain words."""
        found = faults_of_identity(self.held, self.proving.proofs, self.proving.impostures)
        if self.ledger.gap or self.ledger.in_flight:
            found.append(f"the ledger does not balance: {self.ledger}, gap {self.ledger.gap}")
        return found


def show(console: Console, ending: Ending) -> None:
    """Print all of it."""
    console.print("\n[bold]Summary[/bold]")
    console.print(_counts(ending.live))
    console.print(_agents(ending.live))
    for line in (*_figures(ending), *_identity(ending.proving, ending.held)):
        console.print(line)


def _counts(live: Live) -> Table:
    channels = Table("messages in", "count", box=None)
    for name, count in sorted(live.messages.items()):
        channels.add_row(name, str(count))
    return channels


def _agents(live: Live) -> Table:
    agents = Table("agent", "offered", "assigned", "completed", box=None)
    for name in sorted(live.offered):
        agents.add_row(
            name, str(live.offered[name]), str(live.accepted[name]), str(live.completed[name])
        )
    return agents


def _figures(ending: Ending) -> Iterator[str]:
    live, tally, ledger = ending.live, ending.tally, ending.ledger
    p50, p99 = live.percentile(0.5), live.percentile(0.99)
    yield f"acknowledged         {tally.acknowledged}, refused {tally.refused}"
    yield f"journeys             {live.journey_count()}, across channels {live.crossed()}"
    yield f"acceptance to offer  p50 {p50} ms, p99 {p99} ms, with the wait for a free agent"
    yield (
        f"ledger               accepted {ledger.accepted} = journalled {ledger.journalled} "
        f"+ suppressed {ledger.suppressed} + dead {ledger.dead} "
        f"+ in flight {ledger.in_flight}; gap {ledger.gap}"
    )


def _identity(proving: Proving, held: Belongings) -> Iterator[str]:
    by = Counter(each.by for each in proving.proofs)
    joined = sum(held.is_one_journey(each) for each in proving.proofs)
    over = Counter(each.channel for each in proving.impostures)
    inside = sum(held.got_in(each) for each in proving.impostures)
    yield (
        f"proved who they are  {by.total()}: {by['code']} by a code, {by['site']} by the site; "
        f"mail and chat joined {joined}"
    )
    yield (
        f"impostors            {over.total()}: {over['chat']} by chat, {over['email']} by mail; "
        f"got in {inside}"
    )
