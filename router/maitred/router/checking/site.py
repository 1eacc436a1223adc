"""The site: what of the rest of the configuration rules speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Channels with their accounts, and the languages that are told apart.

    `channels` has for each channel its accounts, and for each account the addresses or numbers at
    which customers reach it; None where that is not known. Nothing is known without any.
    """

    channels: Mapping[str, Mapping[str, frozenset[str] | None]] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
