"""Metrics: what is counted, what the text says, and that the operators' page names each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from maitred.connectors.abilities import Ailment
from maitred.gateway.metrics import Metrics
from maitred.router.replaying.shadow import Asked

TEXT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
ROW = re.compile(r"(?m)^\| `(maitred_\w+)` \| (\w+) \|([^|]*)\| ([^|]+) \|$")
PERSONAL = {"address", "phone", "email", "name", "text", "sender", "customer", "recipient"}


def used() -> Metrics:
    """Return metrics of which each has been used once."""
    metrics = Metrics()
    metrics.accepted("chat", "shop", seconds=0.02, duplicate=False)
    metrics.accepted("chat", "shop", seconds=0.03, duplicate=True)
    metrics.refused("sms", "main", "signature")
    metrics.dead("intake", "bad_payload")
    metrics.stage("intake", 12)
    metrics.assignment("offered")
    metrics.offered(40)
    metrics.delivery("email", "sent")
    metrics.circuit("email", "support", is_open=True)
    metrics.queue_from(lambda: {"billing/en": 3})
    metrics.ailing_from(lambda: [("slack", Ailment("main", "socket", "socket_invalid_auth"))])
    metrics.ledger(gap=0, in_flight=2)
    metrics.shadow(Asked(3))
    metrics.shadow_running(running=True)
    return metrics


def families() -> dict[str, Metric]:
    """Return ours; `_created` is what the library adds to each counter and histogram."""
    found = text_string_to_metric_families(used().render().decode())
    return {each.name: each for each in found if not each.name.endswith("_created")}


def name_of(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


OURS = sorted(name_of(each) for each in families().values())


def documented() -> dict[str, tuple[str, set[str]]]:
    return {
        name: (kind, set(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels, _ in ROW.findall(TEXT)
    }


def test_the_page_names_every_metric_and_no_other() -> None:
    assert sorted(documented()) == OURS


@pytest.mark.parametrize("name", OURS)
def test_type_and_labels_are_as_the_page_says(name: str) -> None:
    family = families()[name.removesuffix("_total")]
    labels = {label for sample in family.samples for label in sample.labels} - {"le"}
    assert documented()[name] == (family.type, labels)


def test_no_label_is_named_after_something_personal() -> None:
    labels = {
        label
        for family in families().values()
        for sample in family.samples
        for label in sample.labels
    }
    assert labels.isdisjoint(PERSONAL)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_a_duplicate_is_not_counted_as_accepted() -> None:
    metrics = used()
    place = {"channel": "chat", "account": "shop"}
    assert value(metrics, "maitred_accepted_total", **place) == 1
    assert value(metrics, "maitred_duplicates_total", **place) == 1
    assert value(metrics, "maitred_store_seconds_count") == 2


def test_times_are_in_seconds_and_never_negative() -> None:
    metrics = Metrics()
    metrics.stage("intake", -5)
    metrics.stage("intake", 1500)
    assert value(metrics, "maitred_stage_seconds_sum", stage="intake") == 1.5


def test_the_queue_shows_what_is_now_and_forgets_what_was() -> None:
    metrics = used()
    metrics.render()
    metrics.queue_from(lambda: {"shipping/de": 1})
    metrics.render()
    assert value(metrics, "maitred_queue_conversations", need="billing/en") is None
    assert value(metrics, "maitred_queue_conversations", need="shipping/de") == 1


def test_very_many_different_needs_are_summed_up() -> None:
    metrics = Metrics()
    metrics.queue_from(lambda: {f"skill{number}": 1 for number in range(250)})
    metrics.render()
    assert value(metrics, "maitred_queue_conversations", need="other") == 50


def test_two_gateways_in_a_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.refused("sms", "main", "signature")
    labels = {"channel": "sms", "account": "main", "reason": "signature"}
    assert value(one, "maitred_refused_total", **labels) == 1
    assert value(other, "maitred_refused_total", **labels) is None
