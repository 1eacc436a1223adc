"""The figures of the identity benchmark, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.identity_models import EXACT
from benchmarks.identity_world import Attack


def show(figures: Mapping[str, Any], console: Console) -> None:
    """Print all of them."""
    found = figures["accuracy"]
    console.print(
        f"{found['customers']:,} customers, {found['messages']:,} messages, "
        f"mean of {found['seeds']} worlds"
    )
    console.print(_models(found["models"]))
    total = sum(found["false_pairs_of_the_hard_layer"].values())
    table = Table("false pairs of the hard layer, by what the two share", "share", box=None)
    for name, count in found["false_pairs_of_the_hard_layer"].items():
        table.add_row(name, f"{count / total:.0%}")
    console.print(table)
    table = Table("typed addresses that are proven", "precision", "recall", box=None)
    for name, each in figures["proof"].items():
        table.add_row(name, f"{each['precision']:.3f}", f"{each['recall']:.3f}")
    console.print(table)
    table = Table(
        "known identifiers", "limit /s", "resolve /s", "by cache /s", "place /s", box=None
    )
    for name, each in figures["resolutions"].items():
        rates = (each["limit"], each["resolve"], each["resolve_by_cache"], each["place"])
        table.add_row(name, *(f"{rate:,.0f}" for rate in rates))
    console.print(table)
    table = Table("members of a component", "edges", "touched, ms", "settled, ms", box=None)
    for name, each in figures["touched"].items():
        costs = (f"{each['resolve']:.3f}", f"{each['settled']:.4f}")
        table.add_row(name, f"{each['edges']:.0f}", *costs)
    console.print(table)
    table = Table("customers read", "documents kept", "MiB", "KiB a document", box=None)
    for name, each in figures["cached"].items():
        table.add_row(
            name, f"{each['documents']:,}", f"{each['mib']:.1f}", f"{each['kib_a_document']:.2f}"
        )
    console.print(table)
    kept = {name: round(value) for name, value in figures["stored"].items()}
    console.print(
        f"store: {kept['together']:,} bytes a known identifier (pointer {kept['pointer']}, "
        f"component {kept['component']}, customer {kept['customer']}, claims {kept['claims']}) "
        f"over {kept['identifiers']:,} identifiers"
    )
    table = Table("target", "found", "", box=None)
    for target in figures["targets"]:
        reached = "reached" if target["reached"] else "MISSED"
        table.add_row(target["name"], f"{target['value']:,.4g}", reached)
    console.print(table)


def _models(models: Mapping[str, Mapping[str, Any]]) -> Table:
    heads = ("pair P", "pair R", "F1", "B3 P", "B3 R", "B3 F1", "false clusters", "msgs in them")
    more = ("takeover (claim/From/SMS)", "largest", "false pairs", "order", "fragments")
    table = Table("model", *heads, *more, box=None)
    base = models[EXACT]["false_pairs"]
    names = ("pair_precision", "pair_recall", "pair_f1", "b3_precision", "b3_recall", "b3_f1")
    for name, each in models.items():
        taken = each["takeover"]
        by_kind = "/".join(f"{taken[kind]:.2f}" for kind in Attack)
        table.add_row(
            name,
            *(f"{each[which]:.3f}" for which in (*names, "false_clusters", "false_messages")),
            f"{taken['all']:.3f} ({by_kind})",
            f"{each['largest']}",
            f"{each['false_pairs'] / base:.2f}x",
            f"{each['unstable']:.3f}",
            f"{each['fragments']:.2f}",
        )
    return table
