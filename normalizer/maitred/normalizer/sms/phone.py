"""Telephone numbers and other senders of text messages, as a message names them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import phonenumbers

from maitred.contracts.identifiers import SenderKind, text_sender
from maitred.contracts.message import Correspondent

_REGION: Final = re.compile(r"[A-Z]{2}\Z")


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a text message: what sort of sender it is, and how it is shown."""

    kind: SenderKind
    correspondent: Correspondent


def party(written: str, *, region: str | None, name: str = "") -> Party:
    """Return who `written` names; numbers in E.164, national ones read in `region`."""
    kind, address = text_sender(written, region=region)
    return Party(kind, Correspondent(address=address, name=name))


@lru_cache(maxsize=64)
def own_number(written: str, *, region: str | None) -> Correspondent:
    """Return how a number of ours is shown, which is looked at once."""
    return party(written, region=region).correspondent


def region_of(countries: Iterable[str], *, number: str, otherwise: str | None) -> str | None:
    """Return in which country (ISO 3166-1) a number without country code is to be read.

    That is the first of `countries` that the provider names, else where our own `number` is,
    else the tenant's.
    """
    for country in countries:
        if _REGION.match(country) and country in phonenumbers.SUPPORTED_REGIONS:
            return country
    try:
        ours = phonenumbers.parse(text_sender(number)[1])
    except phonenumbers.NumberParseException:
        return otherwise
    return phonenumbers.region_code_for_number(ours) or otherwise
