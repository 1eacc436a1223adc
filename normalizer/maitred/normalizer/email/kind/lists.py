"""Mailing lists and newsletters, and group addresses of our own that look like lists."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from maitred.normalizer.email.headers import Headers
from maitred.normalizer.email.kind.mail_signs import Signs, addresses

LIST: Final = "list"
VIA_LIST: Final = "via_list"

# RFC 2369, RFC 2919, and what list managers wrote before and beside them.
_LIST: Final = frozenset(
    {
        "list-id",
        "list-post",
        "list-help",
        "list-archive",
        "list-subscribe",
        "list-owner",
        "mailing-list",
        "x-mailing-list",
        "x-mailman-version",
        "x-beenthere",
        "x-list-id",
        "x-listname",
        "x-ml-name",
        "x-mlserver",
        "x-google-group-id",
        "x-sympa-to",
        "x-listserver",
    }
)
# What senders of newsletters add: each of them only beside a way to unsubscribe.
_CAMPAIGN: Final = frozenset(
    {
        "list-unsubscribe-post",  # RFC 8058
        "feedback-id",
        "x-campaign",
        "x-campaign-id",
        "x-campaignid",
        "x-mc-user",
        "x-mailchimp-campaign-id",
        "x-csa-complaints",
        "x-mailgun-tag",
        "x-sg-eid",
        "x-ses-outgoing",
        "x-cm-id",
        "x-newsletter",
        "x-job",
        "x-mailin-campaign",
        "x-hubspot-campaign-id",
        "x-sfmc-stack",
        "x-emarsys-identify",
    }
)
_ANY: Final = _LIST | {"list-unsubscribe", "precedence"}
_PUBLIC: Final = frozenset({"googlegroups.com", "groups.io", "yahoogroups.com", "freelists.org"})
"""Where everybody may have a list: its domain says nothing of whose it is."""
_MAILTO: Final = re.compile(r"mailto:([^\s<>?,]{1,320})", re.IGNORECASE)
_ID: Final = re.compile(r"<([^<>\s]{1,255})>\s*$")
_CONTACT: Final = re.compile(r"list\s+([^\s;,]{1,320}@[^\s;,]{1,255})", re.IGNORECASE)


def sort_of(signs: Signs, recipients: Collection[str]) -> str:
    """Return `LIST` for what was written to many, `VIA_LIST` for a customer's mail, or nothing.

    `recipients` are those of the envelope. A group address of our own company (a Google group such
    as support@ours) adds the same fields as a list does to the mail that customers write to it: a
    list at a domain of the envelope's recipients is ours. So is a Google group at a domain of its
    own to which the mail is addressed. And whoever answers a mail of ours and addresses us writes
    to us, even if his list has a copy. When in doubt it is no list: a newsletter that is shown
    costs less than a customer who is not heard.
    """
    headers = signs.headers
    if _ANY.isdisjoint(headers.fields):
        return ""
    present = _ANY & headers.fields.keys()
    if not (_is_list(headers, present) or _is_campaign(headers, present)):
        return ""
    if not present & _LIST and headers.first("precedence").strip().lower() != "list":
        return LIST
    ours = {_domain(each) for each in recipients} - {""}
    named = _named(headers)
    addressed = set(addresses(headers, "to", "cc"))
    if any(_same(_domain(each), own) for each in named for own in ours):
        return VIA_LIST
    if "x-google-group-id" in headers.fields and any(
        each in addressed and _domain(each) not in _PUBLIC for each in named
    ):
        return VIA_LIST
    if "in-reply-to" in headers.fields and addressed & {each.lower() for each in recipients}:
        return VIA_LIST
    return LIST


def _is_list(headers: Headers, present: frozenset[str]) -> bool:
    return bool(present & _LIST) or headers.first("precedence").strip().lower() == "list"


def _is_campaign(headers: Headers, present: frozenset[str]) -> bool:
    """Tell whether it is a newsletter: a way to unsubscribe, and another sign of bulk.

    Alone the way to unsubscribe proves little: sales programs put it into one person's mail, and
    into his answers.
    """
    if "list-unsubscribe" not in present or "in-reply-to" in headers.fields:
        return False
    bulk = headers.first("precedence").strip().lower() in {"bulk", "junk", "list"}
    return bulk or bool(_CAMPAIGN & headers.fields.keys())


def _named(headers: Headers) -> set[str]:
    """Return the addresses of the list; of an id (RFC 2919) the dot may stand for the at."""
    found = {each.lower() for each in _MAILTO.findall(headers.first("list-post"))}
    found |= {each.lower() for each in _CONTACT.findall(headers.first("mailing-list"))}
    found |= set(addresses(headers, "x-beenthere"))
    match = _ID.search(headers.first("list-id"))
    if match:
        name, _, host = match[1].lower().partition(".")
        found.add(f"{name}@{host}")
    return found


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _same(domain: str, own: str) -> bool:
    """Tell whether two domains are one, or one lies below the other."""
    return domain == own or domain.endswith(f".{own}") or own.endswith(f".{domain}")
