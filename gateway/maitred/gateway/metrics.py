"""Metrics, in the names and units that Prometheus advises; labels never hold personal data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from maitred.connectors.abilities import Ailment
from maitred.router.replaying.shadow import Asked

_BUCKETS: Final = (
    0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0,
)  # fmt: skip
_NEEDS_MAX: Final = 200
"""Different needs shown at once; a rule set with more is summed up under `other`."""


class Metrics:
    """What this process counts, in a registry of its own."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self._queue_source: Callable[[], Mapping[str, int]] = dict
        self._ailing_source: Callable[[], Iterable[tuple[str, Ailment]]] = tuple
        self._accepted = Counter(
            "maitred_accepted_total",
            "Messages stored and acknowledged at a door.",
            ["channel", "account"],
            registry=self.registry,
        )
        self._duplicates = Counter(
            "maitred_duplicates_total",
            "Messages that a provider sent again and the store already held.",
            ["channel", "account"],
            registry=self.registry,
        )
        self._refused = Counter(
            "maitred_refused_total",
            "What a door refused, by reason.",
            ["channel", "account", "reason"],
            registry=self.registry,
        )
        self._dead = Counter(
            "maitred_dead_total",
            "Inputs quarantined, by stage and reason.",
            ["stage", "reason"],
            registry=self.registry,
        )
        self._store = Histogram(
            "maitred_store_seconds",
            "How long a door waited for the durable store.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._stage = Histogram(
            "maitred_stage_seconds",
            "From the store of a stage's input to the commit of its effects.",
            ["stage"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._assignments = Counter(
            "maitred_assignments_total",
            "Events told to agents, by what they tell.",
            ["state"],
            registry=self.registry,
        )
        self._offer = Histogram(
            "maitred_acceptance_to_offer_seconds",
            "From the acknowledged message to the offer of its conversation.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._deliveries = Counter(
            "maitred_deliveries_total",
            "Replies by channel and what became of them.",
            ["channel", "state"],
            registry=self.registry,
        )
        self._circuits = Gauge(
            "maitred_delivery_circuit_open",
            "Whether an account rests after failures in a row.",
            ["channel", "account"],
            registry=self.registry,
        )
        self._circuits_opened = Counter(
            "maitred_delivery_circuit_opened_total",
            "How often an account was left alone after failures in a row.",
            ["channel", "account"],
            registry=self.registry,
        )
        self._shadow = Counter(
            "maitred_shadow_decisions_total",
            "Decisions that the shadow policy would have made the same way, or otherwise.",
            ["verdict"],
            registry=self.registry,
        )
        self._shadow_running = Gauge(
            "maitred_shadow_running",
            "Whether a shadow policy is asked: 0 where there is none, or it was dropped.",
            registry=self.registry,
        )
        self._queue = Gauge(
            "maitred_queue_conversations",
            "Conversations without a holder, by what they need.",
            ["need"],
            registry=self.registry,
        )
        self._ailing = Gauge(
            "maitred_channel_ailing",
            "What of a channel does not work now: 1 for each part, with why.",
            ["channel", "account", "part", "reason"],
            registry=self.registry,
        )
        self._gap = Gauge(
            "maitred_ledger_gap",
            "Accepted messages that are nowhere: must be 0.",
            registry=self.registry,
        )
        self._in_flight = Gauge(
            "maitred_ledger_in_flight",
            "Accepted messages that intake has not handled yet.",
            registry=self.registry,
        )

    def accepted(self, channel: str, account: str, *, seconds: float, duplicate: bool) -> None:
        """Count a stored message and how long its sender waited."""
        (self._duplicates if duplicate else self._accepted).labels(channel, account).inc()
        self._store.observe(seconds)

    def refused(self, channel: str, account: str, reason: str) -> None:
        """Count a refusal."""
        self._refused.labels(channel, account, reason).inc()

    def dead(self, stage: str, reason: str) -> None:
        """Count a quarantined input."""
        self._dead.labels(stage, reason).inc()

    def stage(self, stage: str, milliseconds: int) -> None:
        """Record how long an input took through a stage."""
        self._stage.labels(stage).observe(max(0, milliseconds) / 1000)

    def assignment(self, state: str) -> None:
        """Count an event told to an agent."""
        self._assignments.labels(state).inc()

    def offered(self, milliseconds: int) -> None:
        """Record how long a customer's message took to an agent's eyes."""
        self._offer.observe(max(0, milliseconds) / 1000)

    def delivery(self, channel: str, state: str) -> None:
        """Count what became of a reply."""
        self._deliveries.labels(channel, state).inc()

    def circuit(self, channel: str, account: str, *, is_open: bool) -> None:
        """Show whether an account rests, and count the times that it had to."""
        self._circuits.labels(channel, account).set(is_open)
        if is_open:
            self._circuits_opened.labels(channel, account).inc()

    def shadow(self, asked: Asked) -> None:
        """Count what a shadow policy said of decisions."""
        different = len(asked.elsewhere)
        self._shadow.labels("same").inc(asked.decisions - different)
        self._shadow.labels("different").inc(different)

    def shadow_running(self, *, running: bool) -> None:
        """Show whether a shadow policy is asked."""
        self._shadow_running.set(running)

    def queue_from(self, source: Callable[[], Mapping[str, int]]) -> None:
        """Take the queue, by need, from `source` whenever the metrics are read."""
        self._queue_source = source

    def ailing_from(self, source: Callable[[], Iterable[tuple[str, Ailment]]]) -> None:
        """Take what ails the channels from `source` whenever the metrics are read."""
        self._ailing_source = source

    def _show_ailing(self) -> None:
        self._ailing.clear()
        for channel, each in self._ailing_source():
            self._ailing.labels(channel, each.account, each.part, each.reason).set(1)

    def _show_queue(self) -> None:
        self._queue.clear()
        ordered = sorted(self._queue_source().items(), key=lambda item: (-item[1], item[0]))
        for need, count in ordered[:_NEEDS_MAX]:
            self._queue.labels(need).set(count)
        if rest := sum(count for _, count in ordered[_NEEDS_MAX:]):
            self._queue.labels("other").set(rest)

    def ledger(self, *, gap: int, in_flight: int) -> None:
        """Show the balance."""
        self._gap.set(gap)
        self._in_flight.set(in_flight)

    def render(self) -> bytes:
        """Return everything in Prometheus' text format."""
        self._show_queue()
        self._show_ailing()
        return generate_latest(self.registry)
