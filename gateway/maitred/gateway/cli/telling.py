"""A journey in lines, for people: what was said and done, under the conversations it belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from maitred.contracts.conversation import Speaker
from maitred.contracts.message import MessageKind
from maitred.contracts.outbound import DeliveryState
from maitred.gateway.cli.feeling import past_lines
from maitred.gateway.cli.printing import one_line, one_line_after, when
from maitred.gateway.reading import Journey
from maitred.identity.timeline.moments import Moment, Said

INDENT: Final = " " * 6
"""What stands before what belongs to the line above: ids, and what was said before."""
_WHO_COLUMNS: Final = 10
_OUTCOMES: Final = {
    DeliveryState.SENDING: "sending",
    DeliveryState.WAITING: "waiting",
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.READ: "read",
    DeliveryState.FAILED: "failed",
    DeliveryState.UNKNOWN: "outcome unknown",
}


def journey_lines(
    found: Journey,
    width: int,
    *,
    last: int | None = None,
    versions: bool = False,
    ids: bool = False,
) -> Iterator[str]:
    """Yield a journey, moment by moment; of a long one the `last` ones.

    `versions` adds what was said before it was changed or taken back, `ids` the messages' ids.
    """
    customer = found.customer
    said = sum(len(each.parts) for each in found.moments if each.speaker is Speaker.CUSTOMER)
    yield one_line_after(f"customer   {customer.id}  ", customer.name or "(no name)", width)
    yield f"since      {when(customer.first_seen_at)} UTC"
    yield f"channels   {', '.join(customer.channels) or 'none'}"
    yield f"known by   {_known_by(found)}"
    yield f"wrote      {counted(said, 'message')}"
    yield from past_lines(found.mood, width)
    shown = found.moments if last is None else found.moments[-last:]
    yield from _left_out(len(found.moments) - len(shown), found.unread)
    current: str | None = ""
    for moment in shown:
        if moment.conversation != current:
            current = moment.conversation
            yield ""
            yield current or "(no conversation)"
        yield from _moment_lines(moment, width, versions=versions, ids=ids)
    claimed = found.claimed if last is None else found.claimed[-last:]
    if claimed:
        yield ""
        yield "said by others, whom nothing proves to be this customer"
        yield from _left_out(len(found.claimed) - len(claimed), 0)
    for moment in claimed:
        yield from _moment_lines(moment, width, versions=versions, ids=ids)


def counted(count: int, what: str, several: str = "") -> str:
    """Return a number of things in words; `several` is their plural, where an s does not do."""
    return f"{count:,} {what if count == 1 else several or what + 's'}"


def _known_by(found: Journey) -> str:
    if found.customer.unidentified:
        return "nothing that tells him from others; this is one conversation"
    return counted(len(found.identifiers), "identifier")


def _left_out(earlier: int, unread: int) -> Iterator[str]:
    told = [f"{earlier:,} earlier"] if earlier else []
    if unread:
        told.append(f"{counted(unread, 'older entry', 'older entries')} not read")
    if told:
        yield ""
        yield f"… {' and '.join(told)}; `--all` shows everything"


def _moment_lines(moment: Moment, width: int, *, versions: bool, ids: bool) -> Iterator[str]:
    who = one_line(_who(moment), _WHO_COLUMNS)
    marks = "".join(f"({mark}) " for mark in _marks(moment))
    head = f"  {when(moment.at)}  {moment.channel:<6}  {who:<{_WHO_COLUMNS}}  {marks}"
    text = f"{moment.text}{_extras(moment.parts)}"
    yield one_line_after(head, text, width).rstrip()
    for part in moment.parts:
        if ids:
            yield f"{INDENT}{part.id}"
        if versions:
            yield from _version_lines(part, width)


def _who(moment: Moment) -> str:
    """Return who speaks, and of the customer rather how he feels."""
    match moment.speaker:
        case Speaker.CUSTOMER:
            entry = moment.parts[0].entry
            affect = entry.message.affect if entry is not None else None
            return affect.label.value if affect is not None else "-"
        case Speaker.AGENT:
            return f"→ {moment.agent}"
        case Speaker.CLAIMED:
            return moment.name or "-"
    return moment.speaker.value


def _marks(moment: Moment) -> Iterator[str]:
    if moment.kind is not MessageKind.MESSAGE:
        yield moment.kind.value
    deleted = sum(part.deleted_at > 0 for part in moment.parts)
    if moment.is_deleted:
        yield "deleted"
    elif deleted:
        yield f"{deleted} of {len(moment.parts)} deleted"
    if moment.is_edited and not moment.is_deleted:
        yield "edited"
    delivery = moment.delivery
    if delivery is not None and delivery.state in _OUTCOMES:
        why = f": {one_line(delivery.error)}" if delivery.error else ""
        yield f"{_OUTCOMES[delivery.state]}{why}"


def _extras(parts: Sequence[Said]) -> str:
    """Return the files that came with it, and what people thought of it."""
    files = [name or "unnamed" for part in parts for name in part.attachments]
    signs = [f"{each.text} {each.name}".strip() for part in parts for each in part.reactions]
    return "".join(f" [{', '.join(each)}]" for each in (files, signs) if each)


def _version_lines(said: Said, width: int) -> Iterator[str]:
    """Yield what a message said before, each with the time from which on it did."""
    former = said.versions if said.deleted_at else said.versions[:-1]
    for version in former:
        yield one_line_after(f"{INDENT}said {when(version.at)}  ", version.text, width).rstrip()
    if said.deleted_at:
        yield f"{INDENT}deleted {when(said.deleted_at)}"
