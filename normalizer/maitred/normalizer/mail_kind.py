"""What sort of mail it is: from a person, or from one of several kinds of machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from maitred.contracts.message import MessageKind
from maitred.normalizer.headers import Headers
from maitred.normalizer.mime import Part

_DAEMONS: Final = frozenset(
    {
        "mailer-daemon",
        "mailer_daemon",
        "mailerdaemon",
        "mail-daemon",
        "maildaemon",
        "mail-delivery-subsystem",
        "postmaster",
        "bounce",
        "bounces",
    }
)
_AUTOMATIC_PRECEDENCE: Final = frozenset({"auto_reply", "auto-reply", "autoreply"})
_AUTOMATIC_FIELDS: Final = ("x-autoreply", "x-autorespond", "x-auto-reply")


def kind_of(root: Part, sender: str, facts: Mapping[str, str]) -> MessageKind:
    """Return the kind of a mail; `sender` is its From address or name, `facts` the transport's.

    * A complaint is a feedback report (RFC 5965, section 2).
    * A bounce is a delivery report (RFC 3464, section 2), or comes from a mailer daemon with an
      empty reverse path (RFC 5321, section 6.1: such mail must not be answered).
    * An automatic reply says so in Auto-Submitted (RFC 3834, section 5) or in the older fields
      that vendors use; a read receipt (RFC 8098) counts as one. X-Auto-Response-Suppress does
      not make one: people's own mail carries it too.
    """
    report = root.parameters.get("report-type", "").lower()
    kinds = {leaf.media_type for leaf in root.leaves()}
    if report == "feedback-report" or "message/feedback-report" in kinds:
        return MessageKind.COMPLAINT
    if report == "delivery-status" or kinds & {
        "message/delivery-status",
        "message/global-delivery-status",
    }:
        return MessageKind.BOUNCE
    if _has_null_path(root.headers, facts) and _is_daemon(sender):
        return MessageKind.BOUNCE
    if report == "disposition-notification" or "message/disposition-notification" in kinds:
        return MessageKind.AUTO_REPLY
    return MessageKind.AUTO_REPLY if _is_automatic(root.headers) else MessageKind.MESSAGE


def _has_null_path(headers: Headers, facts: Mapping[str, str]) -> bool:
    fact = facts.get("mail_from_null", "")
    if fact:
        return fact.lower() not in {"0", "false", "no"}
    return headers.first("return-path").replace(" ", "") == "<>"


def _is_daemon(sender: str) -> bool:
    return sender.lower().partition("@")[0] in _DAEMONS


def _is_automatic(headers: Headers) -> bool:
    submitted = headers.first("auto-submitted").lower()
    # RFC 3834 allows comments and parameters behind the word.
    word = submitted.replace("(", ";").partition(";")[0].strip()
    if word and word != "no":
        return True
    if headers.first("precedence").strip().lower() in _AUTOMATIC_PRECEDENCE:
        return True
    values = (headers.first(name).strip().lower() for name in _AUTOMATIC_FIELDS)
    return any(value and value != "no" for value in values)
