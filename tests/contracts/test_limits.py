"""Every relation between limits is really held: breaking one side stops the import.

Method: the module's source is run again with one limit changed, and must refuse with the
sentence of exactly that relation.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from maitred.contracts import limits

SOURCE = Path(limits.__file__).read_text()

BROKEN = {
    "a brief must have room for a handoff and for the last turn": ("HANDOFF_ENTRIES_MAX", "16"),
    "the deduplication window must outlast every provider's last retry": (
        "SLACK_RETRY_MS_MAX",
        "25 * HOUR_MS",
    ),
    "the deduplication table is rebuilt from what INBOUND still holds": (
        "INBOUND_AGE_MS",
        "1 * HOUR_MS",
    ),
    "an inline body in base64 and its headers must fit into one NATS payload": (
        "BODY_INLINE_BYTES_MAX",
        "800 * KIB",
    ),
    "a blob chunk and its headers must fit into one NATS payload": (
        "BLOB_CHUNK_BYTES",
        "1 * MIB",
    ),
    "a message whose every character JSON escapes must fit into one NATS payload": (
        "MESSAGE_TEXT_BYTES_MAX",
        "300 * KIB",
    ),
    "the largest mail must fit into a blob": ("BLOB_BYTES_MAX", "24 * MIB"),
    "a batch must stay below what the server takes": ("BATCH_MESSAGES_MAX", "1_000"),
    "what one event does must fit into one batch": ("EVENT_SAID_MAX", "300"),
    "a full group of ordinary messages must fit into one batch": ("GROUP_INPUTS_MAX", "129"),
    "a full conversation document must fit into one NATS payload": (
        "CONVERSATION_TURNS_MAX",
        "100",
    ),
    "a code that may still come back must be counted": ("CODE_AGE_MS", "2 * HOUR_MS"),
    "who may act for a customer may read what he wrote": ("PROOF_AGE_MS", "13 * HOUR_MS"),
    "a chat message must have room for all that its session proved, and for a claim": (
        "PROOFS_PER_SESSION_MAX",
        "13",
    ),
    "the largest file must fit into an upload, and an upload into a blob": (
        "CHAT_UPLOAD_BYTES_MAX",
        "24 * MIB",
    ),
    "nobody alone may take all places for files": ("CHAT_UPLOADS_PER_SOURCE_MAX", "8"),
    "nobody alone may take all sockets": ("CHAT_SOCKETS_PER_SOURCE_MAX", "20_000"),
    "a pace must be asked for in time": ("CHAT_UPLOAD_GRACE_MS", "2 * MINUTE_MS"),
    "no file of a chat message may be cut": ("CHAT_FILES_MAX", "100_000"),
    "a lease must survive one lost renewal": ("LEASE_RENEW_MS", "2 * SECOND_MS"),
    "a file of a reply that is sent later must still be there": (
        "SCHEDULED_MS_MAX",
        "40 * DAY_MS",
    ),
    "a command is one NATS message": ("COMMAND_BYTES_MAX", "1 * MIB"),
    "a stop must outlast the commit under way": ("STOP_TIMEOUT_MS", "10 * SECOND_MS"),
}


def _relations() -> set[str]:
    calls = [node for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.Call)]
    said = {
        ast.literal_eval(call.args[1])
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "_hold"
    }
    assert said
    return said


def test_every_relation_has_a_case_that_breaks_it() -> None:
    assert set(BROKEN) == _relations()


@pytest.mark.parametrize("sentence", sorted(BROKEN))
def test_breaking_a_relation_stops_the_import(sentence: str) -> None:
    name, value = BROKEN[sentence]
    changed, count = re.subn(rf"(?m)^{name}: Final = .*$", f"{name}: Final = {value}", SOURCE)
    assert count == 1
    with pytest.raises(AssertionError, match=re.escape(sentence)):
        exec(compile(changed, "limits.py", "exec"), {})  # noqa: S102  (our own source, changed)


def test_every_limit_is_a_positive_whole_number() -> None:
    named = {name: value for name, value in vars(limits).items() if name.isupper()}
    assert all(isinstance(value, int) and value > 0 for value in named.values()), named
