"""DMARC (RFC 7489): whether what SPF and DKIM proved is about the domain of the author."""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from authheaders.dmarc_lookup import (  # type: ignore[import-untyped]
    DMARCException,
    answer_to_dict,
)
from publicsuffix2 import PublicSuffixList  # type: ignore[import-untyped]

from maitred.connectors.email.resolving import LookupFailed

_ALL_PERCENT: Final = "100"


@dataclass(frozen=True, slots=True)
class Proven:
    """The domains that SPF and DKIM stand for; `unsure` tells that a check could not be made."""

    spf: str = ""
    dkim: tuple[str, ...] = ()
    unsure: bool = False


class Suffixes:
    """The public suffixes, from the list that authheaders brings; read when first asked."""

    @cached_property
    def _list(self) -> PublicSuffixList:
        source = importlib.resources.files("authheaders") / "public_suffix_list.txt"
        with source.open(encoding="utf-8") as file:
            return PublicSuffixList(file)

    def organisation(self, domain: str) -> str:
        """Return the organisational domain (RFC 7489 section 3.2).

        The library takes all of a top-level domain that the list does not know for one
        organisation; the list's own rule is that such a domain is a suffix like any other.
        """
        found = str(self._list.get_public_suffix(domain) or domain)
        return found if "." in found else ".".join(domain.split(".")[-2:])


def dmarc(
    author: str,
    proven: Proven,
    lookup: Callable[[str, str], list[str]],
    suffixes: Suffixes,
) -> tuple[str, bool]:
    """Return the result for an author's domain, and whether that domain wants it refused.

    authheaders' own check is not used, only its reading of a record: it takes a domain to end
    at the first hyphen, so `home.example-evil.com` would be taken for `home.example`.
    """
    try:
        record, inherited = _record(author, lookup, suffixes)
    except LookupFailed:
        return "temperror", False
    except DMARCException:
        return "permerror", False
    if record.get("p") not in {"none", "quarantine", "reject"}:
        return "none", False

    def aligned(domain: str, mode: str) -> bool:
        if record.get(mode, "r") == "s":
            return domain == author
        return suffixes.organisation(domain) == suffixes.organisation(author)

    if proven.spf and aligned(proven.spf, "aspf"):
        return "pass", False
    if any(aligned(domain, "adkim") for domain in proven.dkim):
        return "pass", False
    if proven.unsure:
        return "temperror", False
    policy = record.get("sp", record["p"]) if inherited else record["p"]
    return "fail", policy == "reject" and record.get("pct", _ALL_PERCENT) == _ALL_PERCENT


def _record(
    author: str, lookup: Callable[[str, str], list[str]], suffixes: Suffixes
) -> tuple[Mapping[str, str], bool]:
    """Return the record for a domain, and whether it is its organisation's (section 6.6.3)."""
    for domain in dict.fromkeys((author, suffixes.organisation(author))):
        texts = lookup(f"_dmarc.{domain}", "TXT")
        found = [each for each in texts if each.startswith("v=DMARC1")]
        if len(found) == 1:
            return answer_to_dict(found[0]), domain != author
    return {}, False
