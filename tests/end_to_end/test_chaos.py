"""Killed at random moments under load: nothing acknowledged is lost, doubled or out of order.

The long version of the same is `make chaos`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.chaos import run, table

SECONDS = 6.0


# A killed peer leaves sockets behind that the client libraries close late.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", [11, 12])
async def test_what_was_acknowledged_survives_every_kill_once_and_in_order(
    tmp_path: Path, seed: int
) -> None:
    report = await run(tmp_path / "house", seconds=SECONDS, seed=seed)
    print(f"seed {seed}: {dict(report.kills)}, {dict(report.acknowledged)}")  # noqa: T201  (shown when it fails)
    assert report.faults == [], f"seed {seed}"
    assert report.kills.total() >= 1
    assert set(report.acknowledged) == {"email", "chat", "sms", "slack"}
    assert report.inside is not None
    assert len(report.inside.replies) > 10
    assert table(report).row_count > 10
