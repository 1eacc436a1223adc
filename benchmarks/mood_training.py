"""Make the built-in mood model: `python -m benchmarks.mood_training`; it takes some minutes.

The same data gives the same bytes (with the same numpy on the same kind of processor).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from benchmarks import mood_sources
from maitred.router.mood import artefact, linear
from maitred.router.mood.learning.teaching import taught

TARGET = Path(linear.__file__).with_name(linear.WEIGHTS)


def main() -> int:
    """Teach, and write the artefact to where the package has it."""
    if not mood_sources.present():
        print(f"{mood_sources.FOLDER} is not there; nothing to train on")
        return 1
    try:
        sources = mood_sources.everything()
    except ModuleNotFoundError:
        print(mood_sources.INSTALL_VADER)
        return 1
    began = time.monotonic()

    def watch(what: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {what}", flush=True)

    raw = artefact.to_bytes(taught(sources, seed=mood_sources.SEED, watch=watch))
    TARGET.write_bytes(raw)
    watch(f"wrote {len(raw):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
