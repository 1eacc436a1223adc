"""Moods: how a customer usually writes, how often he comes, and how he felt last.

What is kept stands with the identifier that brought it (`Writer`), in whole sums and in the latest
of sets, so that neither the order nor the batching of messages matters, and what was merged can be
parted again exactly. What it comes to is the router's to say.

Who cannot be told from others has no past: what others wrote from there is none of his.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from maitred.contracts.conversation import MoodSample
from maitred.contracts.documents import CustomerDoc, Writer
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.limits import CONTACTS_MAX, CONTACTS_WINDOW_MS, MOOD_EARLIER_MAX

VALENCE_MAX: Final = 0.5
"""One message counts for no more than this in how he usually writes: one rage is no habit."""
_THOUSAND: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of a customer's moods at a time, of all that he wrote before.

    `mood_total` is the sum of his messages' valences times their confidences, and `mood_weight`
    that of the confidences. `contacts` are the conversations that he opened in the last
    `CONTACTS_WINDOW_MS`, this time among them; he opened `opened_before` in the `windows_before`
    that went before, such spans of time. `moods` are those of his last messages, newest last.
    """

    mood_total: float = 0.0
    mood_weight: float = 0.0
    contacts: int = 1
    opened_before: int = 0
    windows_before: float = 0.0
    complaints: int = 0
    moods: tuple[MoodSample, ...] = ()


def past(customer: CustomerDoc, at: int) -> Past:
    """Return what is known of a customer who opens a conversation at `at` (UTC milliseconds)."""
    writers = customer.writers
    if customer.unidentified or not writers:
        return Past()
    since = at - CONTACTS_WINDOW_MS
    lately = sum(1 for writer in writers for each in writer.contacts if each > since)
    opened = sum(writer.opened for writer in writers)
    return Past(
        mood_total=sum(writer.mood_sum for writer in writers) / _THOUSAND,
        mood_weight=sum(writer.mood_weight for writer in writers) / _THOUSAND,
        contacts=max(lately, 1),
        opened_before=max(opened - lately, 0),
        windows_before=max(since - customer.first_seen_at, 0) / CONTACTS_WINDOW_MS,
        complaints=customer.complaints,
        moods=latest_moods(each for writer in writers for each in writer.moods),
    )


def felt(
    customer: CustomerDoc, key: IdentifierKey, sample: MoodSample, *, complains: bool
) -> CustomerDoc:
    """Return a customer after a message of his of that mood, which hangs on `key`.

    `complains` tells that it made its conversation an angry one.
    """
    writers = tuple(
        _felt(writer, sample, complains=complains) if writer.key == key else writer
        for writer in customer.writers
    )
    return replace(
        customer, writers=writers, complaints=sum(writer.complaints for writer in writers)
    )


def _felt(writer: Writer, sample: MoodSample, *, complains: bool) -> Writer:
    valence = min(max(sample.valence, -VALENCE_MAX), VALENCE_MAX)
    return replace(
        writer,
        mood_sum=writer.mood_sum + round(valence * sample.confidence * _THOUSAND),
        mood_weight=writer.mood_weight + round(sample.confidence * _THOUSAND),
        moods=latest_moods((*writer.moods, replace(sample, words=()))),
        complaints=writer.complaints + complains,
    )


def latest_moods(moods: Iterable[MoodSample]) -> tuple[MoodSample, ...]:
    """Return the last moods, newest last."""

    def age(each: MoodSample) -> tuple[int, float, float, float]:
        return (each.at, each.valence, each.confidence, each.arousal)

    return tuple(sorted(moods, key=age)[-MOOD_EARLIER_MAX:])


def latest_contacts(times: Iterable[int]) -> tuple[int, ...]:
    """Return the last times at which somebody came, newest last."""
    return tuple(sorted(times)[-CONTACTS_MAX:])
