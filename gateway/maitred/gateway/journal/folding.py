"""Folding: the inputs of a group applied one after the other, each on what those before left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from maitred.contracts.view import NotRead
from maitred.gateway.journal.documents import DocumentCache, Drafts
from maitred.gateway.journal.effects import Effects
from maitred.gateway.journal.stage import Buried

P = TypeVar("P")


@dataclass(slots=True)
class Folded:
    """What came of it: the documents as they stand now, and the effects in order.

    While there is something `unread`, `asking` are the inputs that want it, and the others ran
    without what those before them change: what `failed` then need not be at fault.
    """

    drafts: Drafts
    effects: list[Effects] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    asking: list[int] = field(default_factory=list)
    failed: dict[int, Buried] = field(default_factory=dict)


def fold(
    inputs: Iterable[tuple[int, P]],
    apply: Callable[[P, Drafts], Effects],
    refused: Callable[[Exception], Buried],
    cache: DocumentCache,
) -> Folded:
    """Apply `inputs`, each with its sequence, to the documents of `cache`.

    `refused` says how an input that raises is buried.
    """
    folded = Folded(Drafts(cache))
    for sequence, prepared in inputs:
        try:
            each = apply(prepared, folded.drafts)
        except NotRead as error:
            folded.unread.update(error.subjects)
            folded.asking.append(sequence)
        except Exception as error:  # noqa: BLE001  (one bad input must not stop the rest)
            folded.failed[sequence] = refused(error)
        else:
            folded.drafts.keep(each.documents)
            folded.effects.append(each)
    if not folded.unread and not folded.failed:
        try:
            folded.drafts.changes()
        except NotRead as error:
            folded.unread.update(error.subjects)
    return folded
