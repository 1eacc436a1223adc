"""Name servers for tests: what stands in a table, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from maitred.connectors.email.resolving import LookupFailed, Lookups

Table = Mapping[tuple[str, str], list[str] | None]


class Zone:
    """Answers from a table; None stands for name servers that do not answer."""

    def __init__(self, table: Table) -> None:
        self._table = {(name.lower(), kind): found for (name, kind), found in table.items()}
        self.asked: list[tuple[str, str]] = []

    def __call__(self, name: str, kind: str, lifetime_s: float) -> list[str]:
        assert lifetime_s > 0
        self.asked.append((name, kind))
        found = self._table.get((name.rstrip(".").lower(), kind), [])
        if found is None:
            raise LookupFailed
        return found

    def lookups(self) -> Lookups:
        """Return the lookups of one mail."""
        return Lookups(self, lambda: 0, 10_000)
