"""One target under the fuzzer, in a process of its own.

`python -m tests.fuzz.target NAME CORPUS [libFuzzer's options]`; a file instead of a corpus runs
that one input.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Fuzz one target; libFuzzer ends the process."""
    import atheris  # noqa: PLC0415  (not on every machine that runs the tests)

    # Only what is imported in here is watched for new paths.
    with atheris.instrument_imports(
        include=["maitred.normalizer", "maitred.connectors", "aioimaplib"]
    ):
        from tests.fuzz.checks import TARGETS  # noqa: PLC0415

    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
