"""Fuzz all that reads what strangers write, each for its share of a bounded time.

`python -m tests.fuzz --seconds 300 [NAME …]` (`make fuzz`). A failing input is kept in the folder
that is named at the end; `python -m tests.fuzz.target NAME FILE` runs it again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import track

from tests.fuzz.checks import TARGETS, seeds

BYTES_MAX = 65_536
INPUT_SECONDS_MAX = 5
RSS_MEBIBYTES_MAX = 2_048


def main() -> int:
    """Run the targets one after the other; return 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=300, help="for all targets together")
    parser.add_argument("targets", nargs="*", metavar="NAME", help=", ".join(TARGETS))
    asked = parser.parse_args()
    unknown = [name for name in asked.targets if name not in TARGETS]
    if unknown:
        parser.error(f"no target {unknown[0]!r}; there are {', '.join(TARGETS)}")
    names = asked.targets or list(TARGETS)
    console = Console(stderr=True)
    kept = Path(tempfile.mkdtemp(prefix="maitred-fuzz-"))
    failed = []
    for name in track(names, description="fuzzing", console=console):
        code = _run(name, kept / name, max(1, asked.seconds // len(names)))
        console.print(f"{name}: {'clean' if code == 0 else 'FAILED'}")
        failed += [name] if code else []
    if failed:
        console.print(f"inputs that failed: {kept}")
    return 1 if failed else 0


def _run(name: str, folder: Path, seconds: int) -> int:
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    for number, seed in enumerate(seeds(name)):
        (corpus / f"seed-{number}").write_bytes(seed)
    with (folder / "log").open("wb") as log:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.fuzz.target",
                name,
                str(corpus),
                f"-max_total_time={seconds}",
                f"-timeout={INPUT_SECONDS_MAX}",
                f"-rss_limit_mb={RSS_MEBIBYTES_MAX}",
                f"-max_len={BYTES_MAX}",
                f"-artifact_prefix={folder}/",
            ],
            stdout=log,
            stderr=log,
            timeout=seconds + 120,
            check=False,
        )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
