"""What sort of mail it is: from a person, or from one of several kinds of machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from maitred.contracts.message import BouncedRecipient, MessageKind
from maitred.normalizer.email.kind import (
    amazon,
    auto_reply,
    bounce,
    calendar,
    complaint,
    lists,
    out_of_office,
    receipt,
)
from maitred.normalizer.email.kind.mail_signs import Signs, signs_of
from maitred.normalizer.email.kind.out_of_office_words import SUBJECTS
from maitred.normalizer.email.mime import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The kind of a mail, and what goes with it: bounced recipients, flags, `channel_extra`."""

    kind: MessageKind
    bounce: tuple[BouncedRecipient, ...] = ()
    flags: tuple[str, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)


def kind_of(root: Part, recipients: Collection[str], facts: Mapping[str, str]) -> Kind:
    """Return the kind of a mail; `recipients` are those of its envelope, `facts` the transport's.

    The order matters, since many carry the signs of several kinds. What declares itself by its
    structure comes first: complaint (RFC 5965), receipt (RFC 8098), bounce (RFC 3464), then what
    goes round in a circle, calendar (RFC 5546). Answers of machines come before lists, since some
    are sent with a list's fields, and lists before notices (`auto-generated`), since newsletters
    are notices too.
    """
    signs = signs_of(root.headers, facts)
    leaves = tuple(root.leaves()) if root.children else (root,)
    found = _reported(root, leaves, signs)
    if found is not None:
        return found
    if auto_reply.comes_back(root.headers, facts):
        return Kind(kind=MessageKind.AUTO_REPLY, flags=(auto_reply.COMES_BACK,))
    meeting = calendar.sort_of(leaves, signs)
    if meeting == calendar.ANSWER:
        return Kind(kind=MessageKind.CALENDAR_ANSWER)
    answer = _automatic(root, leaves, signs)
    if answer is not None:
        return answer
    listed = lists.sort_of(signs, recipients)
    if listed == lists.LIST:
        return Kind(kind=MessageKind.MAILING_LIST)
    flags = tuple(filter(None, (meeting, listed)))
    # Google sends the invitations of people as generated, which they are not for us.
    written = bool(meeting) or not auto_reply.submitted(root.headers)
    return Kind(kind=MessageKind.MESSAGE if written else MessageKind.AUTO_REPLY, flags=flags)


def _reported(root: Part, leaves: tuple[Part, ...], signs: Signs) -> Kind | None:
    said = complaint.read(root, leaves, signs)
    if said is not None:
        return Kind(kind=MessageKind.COMPLAINT, extra=said)
    if receipt.is_receipt(root, leaves, signs) and not bounce.rejects(leaves, signs):
        return Kind(kind=MessageKind.READ_RECEIPT)
    bounced = bounce.read(root, leaves, signs)
    if bounced is not None:
        return Kind(kind=MessageKind.BOUNCE, bounce=bounced)
    told = amazon.read(leaves, signs)
    if told is None:
        return None
    return Kind(kind=told.kind, bounce=told.bounce, extra=told.extra)


def _automatic(root: Part, leaves: tuple[Part, ...], signs: Signs) -> Kind | None:
    """Return the kind of what a machine answers: somebody is away, or something was received.

    A program's prefix or a header is enough. Being away in the words of a subject and a text is
    not: that takes a machine's sign too, an empty reverse path being the strongest.
    """
    headers, subject = signs.headers, signs.subject
    if auto_reply.is_statistics(root, subject):
        return Kind(kind=MessageKind.AUTO_REPLY)
    if out_of_office.has_prefix(subject) or auto_reply.is_answer(headers):
        opened = out_of_office.opening(leaves)
        away = out_of_office.is_away(opened) or out_of_office.is_named(signs)
        if not away or out_of_office.acknowledges(opened):
            return Kind(kind=MessageKind.AUTO_REPLY)
        return _away(opened)
    named = signs.speaks_of(SUBJECTS) and not signs.answers
    hinted = auto_reply.has_weak_sign(headers) and (named or signs.unattended)
    if not (signs.null_path or hinted):
        return None
    opened = out_of_office.opening(leaves)
    if out_of_office.is_away(opened) and (signs.null_path or named):
        return _away(opened)
    if out_of_office.acknowledges(opened) and (signs.null_path or signs.unattended):
        return Kind(kind=MessageKind.AUTO_REPLY)
    return _away(opened) if named and signs.null_path else None


def _away(opened: str) -> Kind:
    day = out_of_office.back_on(opened)
    return Kind(
        kind=MessageKind.AUTO_REPLY,
        flags=(out_of_office.FLAG,),
        extra={"back_on": day} if day else {},
    )
