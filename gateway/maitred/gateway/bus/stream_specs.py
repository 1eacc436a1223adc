"""The five streams, as data in the words of JetStream's API (ADR-31 and its successors)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from maitred.contracts import limits
from maitred.contracts.subjects import BLOBS, COMMANDS, DEAD, INBOUND, JOURNAL, ROOT

JOURNAL_KINDS: Final = (
    "identifier",
    "component",
    "customer",
    "thread",
    "claim",
    "proof",
    "codes",
    "operation",
    "erasure",
    "conversation",
    "routing",
    "agent",
    "delivery",
    "scheduled",
    "consent",
    "memory",
    "position",
    "lease",
    "message",
    "revision",
    "suppressed",
    "admitted",
    "change",
    "assign",
    "decision",
    "due",
    "policy",
    "shadow",
    "outbound",
    "report",
    "undelivered",
)
COMMANDS_AGE_MS: Final = 30 * limits.DAY_MS
CONSUMERS_MAX: Final = 20_000
"""On the JOURNAL: a durable one for each agent (`AGENTS_MAX`), and readers that come and go."""

_UNBOUNDED: Final = -1


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A stream's name and the fields of its configuration that Maitred insists on.

    Other fields (compression, placement, description, metadata) are the operator's.
    """

    name: str
    config: Mapping[str, Any]


def specs(*, replicas: int, inbound_age_ms: int, partitions: int) -> tuple[StreamSpec, ...]:
    """Return the streams of an installation with `partitions` intake partitions."""
    return (
        _spec(
            INBOUND,
            replicas,
            subjects=[f"{ROOT}.*.inbound.>"],
            max_age=_ns(inbound_age_ms),
            allow_atomic=True,
            subject_transform={
                "src": f"{ROOT}.*.inbound.*.*",
                # The server hashes the sender's key, the third wildcard: all that one sender
                # says stays in one partition, whatever the channel.
                "dest": f"{ROOT}.{{{{wildcard(1)}}}}.inbound.{{{{partition({partitions},3)}}}}"
                ".{{wildcard(2)}}.{{wildcard(3)}}",
            },
        ),
        _spec(
            JOURNAL,
            replicas,
            subjects=[f"{ROOT}.*.{kind}.>" for kind in JOURNAL_KINDS],
            max_consumers=CONSUMERS_MAX,
            allow_atomic=True,
            allow_rollup_hdrs=True,
            allow_msg_ttl=True,
        ),
        _spec(
            BLOBS,
            replicas,
            subjects=[f"{ROOT}.*.blob.>"],
            # A chunk may be stored by one message and referred to by a later one that finds it
            # there: it must outlive both.
            max_age=_ns(inbound_age_ms + limits.DEDUPLICATION_WINDOW_MS),
        ),
        _spec(
            COMMANDS,
            replicas,
            subjects=[f"{ROOT}.*.command.>"],
            max_age=_ns(COMMANDS_AGE_MS),
            max_msg_size=limits.COMMAND_BYTES_MAX,
        ),
        _spec(DEAD, replicas, subjects=[f"{ROOT}.*.dead.>"]),
    )


def _spec(name: str, replicas: int, **fields: object) -> StreamSpec:
    standard: dict[str, Any] = {
        "name": name,
        "retention": "limits",
        "storage": "file",
        "discard": "old",
        "num_replicas": replicas,
        "max_age": 0,
        "max_msgs": _UNBOUNDED,
        "max_bytes": _UNBOUNDED,
        "max_msgs_per_subject": _UNBOUNDED,
        "max_msg_size": _UNBOUNDED,
        "duplicate_window": _ns(limits.DEDUPLICATION_WINDOW_MS),
        "allow_direct": True,
        "allow_atomic": False,
        "allow_rollup_hdrs": False,
        "allow_msg_ttl": False,
        "allow_msg_schedules": False,
        "allow_msg_counter": False,
        "subject_delete_marker_ttl": 0,
        "no_ack": False,
        "sealed": False,
        "deny_delete": False,
        "deny_purge": False,
    }
    return StreamSpec(name=name, config={**standard, **fields})


def _ns(milliseconds: int) -> int:
    return milliseconds * 1_000_000
