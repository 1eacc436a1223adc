"""Testing: one conformance suite for every connector, ours and yours.

Write a `Door`, which knocks at your connector in its protocol's words and plays its provider, and
run every case on it: `python -m maitred.connectors.testing your_package.tests:YourDoor`, or with
pytest by `maitred.connectors.testing.with_pytest`. `docs/connectors.md` goes through it.

Nothing here but `with_pytest` needs pytest.
"""

from maitred.connectors.testing.door import (
    THROTTLE_S,
    Answer,
    Door,
    Knock,
    Mood,
    Proof,
    Received,
    SignalDoor,
    Verdict,
)
from maitred.connectors.testing.patience import shortened
from maitred.connectors.testing.recording import RecordingContext
from maitred.connectors.testing.suite import CASES, Outcome, run

__all__ = [
    "CASES",
    "THROTTLE_S",
    "Answer",
    "Door",
    "Knock",
    "Mood",
    "Outcome",
    "Proof",
    "Received",
    "RecordingContext",
    "SignalDoor",
    "Verdict",
    "run",
    "shortened",
]
