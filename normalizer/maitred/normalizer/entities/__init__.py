"""Entities: what a text names that somebody or something can look up.

`find` is the only entrance. Each kind has a module; a kind that is looked for earlier wins the
characters that two of them would claim. Everything is linear in the length of the text: what is
in digits is looked for at runs of digits, with bounded looks to both sides, and every repetition
of a pattern is bounded or possessive.
"""

from __future__ import annotations

from typing import Final

from maitred.contracts.limits import ENTITIES_MAX
from maitred.contracts.message import Entity, EntityKind
from maitred.normalizer.entities.amounts import find_amounts
from maitred.normalizer.entities.emails import find_emails
from maitred.normalizer.entities.links import find_links
from maitred.normalizer.entities.named_dates import find_dates
from maitred.normalizer.entities.orders import find_orders
from maitred.normalizer.entities.patterns import find_configured
from maitred.normalizer.entities.phones import find_phones
from maitred.normalizer.entities.sought import Habits, Sought
from maitred.normalizer.entities.tracking import find_tracking
from maitred.normalizer.entities.unnamed import take_unnamed
from maitred.normalizer.patterns import NumberPattern

_MATTERING: Final = (
    *(EntityKind.ORDER, EntityKind.TRACKING, EntityKind.PHONE, EntityKind.EMAIL),
    *(EntityKind.AMOUNT, EntityKind.DATE, EntityKind.LINK),
)
"""Of too many, the kinds that are kept first: a newsletter has a hundred links."""


def find(
    text: str,
    region: str | None = None,
    *,
    more_regions: tuple[str, ...] = (),
    language: str = "",
    at: int | None = None,
    patterns: tuple[NumberPattern, ...] = (),
) -> tuple[Entity, ...]:
    """Return what `text` names, each once, at most `ENTITIES_MAX`, in the order of the text.

    Links have scheme and host in small letters and no password, mail addresses are in lower case,
    amounts read `12.50 EUR`, phone numbers are in E.164 (national ones only with a region), dates
    are ISO 8601 days, tracking and order numbers are in capitals without blanks or hash.

    `region` and `more_regions` (ISO 3166-1), the text's `language` (ISO 639-1, empty when it is
    not sure) and when it was written (`at`, UTC milliseconds) decide what is ambiguous: national
    numbers, dollars and crowns, 3/4/2026, a date without a year. What they leave open is not
    told. `patterns` are the tenant's own numbers.
    """
    regions = (region, *more_regions) if region else more_regions
    sought = Sought.of(text, Habits(regions, language, at))
    find_links(sought)
    find_emails(sought)
    find_configured(sought, patterns)
    if sought.runs:
        take_unnamed(sought)
        find_tracking(sought)
        find_dates(sought)
        find_amounts(sought)
        find_orders(sought)
        find_phones(sought)
    return _in_order(sought.found)


def _in_order(found: list[tuple[int, Entity]]) -> tuple[Entity, ...]:
    if len(found) <= 1:
        return tuple(entity for _, entity in found)
    first: dict[tuple[EntityKind, str], tuple[int, Entity]] = {}
    for start, entity in sorted(found, key=lambda each: each[0]):
        first.setdefault((entity.kind, entity.value), (start, entity))
    kept = list(first.values())
    if len(kept) > ENTITIES_MAX:
        kept.sort(key=lambda each: _MATTERING.index(each[1].kind))
        kept = sorted(kept[:ENTITIES_MAX], key=lambda each: each[0])
    return tuple(entity for _, entity in kept)
