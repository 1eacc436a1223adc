"""Items: what one channel's delivery reads, and what is known of each in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from maitred.contracts.documents import ThreadDoc
from maitred.contracts.outbound import DeliveryDoc, Outbound, Report, Sent


@dataclass(slots=True)
class Reply:
    """A reply that the position has not passed; `doc` is what will be, or was, written of it.

    `answer` is there from the moment at which the provider is called, until that call is of no
    more use. `in_doubt` is a reply that was handed over and of which nobody knows whether it left.
    `found_away` counts how often it found its provider away.
    """

    sequence: int
    outbound: Outbound
    doc: DeliveryDoc
    revision: int
    answer: asyncio.Future[Sent] | None = None
    sent: Sent | None = None
    in_doubt: bool = False
    found_away: int = 0
    concluded: bool = False


@dataclass(slots=True)
class Heard:
    """Something that was said later of a reply."""

    sequence: int
    report: Report
    concluded: bool = False


@dataclass(slots=True)
class Buried:
    """An entry that was no reply; it is in the quarantine, and the position moves over it."""

    sequence: int
    concluded: bool = True


Item = Reply | Heard | Buried


def concluded(reply: Reply, threads: Mapping[str, ThreadDoc]) -> DeliveryDoc:
    """Return what is written of a settled reply."""
    doc, sent = reply.doc, reply.sent
    if sent is None:
        return doc
    names = tuple(subject.rpartition(".")[2] for subject in threads)
    return replace(
        doc,
        provider_id=sent.provider_id,
        segments=sent.segments,
        threads=names,
        sent_at=doc.sent_at or doc.at,
    )
