"""Bursts: messages that were said in one breath are one turn.

A long text message comes as several, cut where an SMS is full. An album of photos comes as one
message for each, with its caption on one of them: Twilio takes it apart (its help center, article
50592895951387), and a WhatsApp message holds one file (article 360017961894).

A turn of several messages keeps what each of them has in it, so that one can still be changed or
taken back without the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import msgspec

from maitred.contracts.conversation import Conversation, Share, Speaker, Turn
from maitred.contracts.ids import MessageId
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.limits import SECOND_MS, TURN_TEXT_CHARACTERS_MAX
from maitred.contracts.message import Message, MessageKind
from maitred.contracts.segments import BODY_CHARACTERS_MAX, room_of, taken
from maitred.identity.customers.writers import NAME_CHARACTERS_MAX

PART_GAP_MS_MAX: Final = 20 * SECOND_MS
"""Parts of one message leave the telephone together; nobody types 70 characters in that time."""
ALBUM_GAP_MS_MAX: Final = 10 * SECOND_MS
"""Between two files of one album: as long as a telephone takes to hand over a large one."""
TURN_ATTACHMENTS_MAX: Final = 20
"""Further files of an album begin a turn of their own."""
APART: Final = "\n"
"""What stands between the words of two messages that are no parts of one text."""
_CHANNEL: Final = "sms"


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one message of a turn says and brings."""

    message: MessageId
    share: Share
    text: str
    attachments: tuple[str, ...]


def turn_of(message: Message, speaker: Speaker, at: int) -> Turn:
    """Return the turn of one message; `at` is in UTC milliseconds."""
    names = tuple(attachment.name[:NAME_CHARACTERS_MAX] for attachment in message.attachments)
    return Turn(
        at=at,
        speaker=speaker,
        channel=message.channel,
        text=message.text[:TURN_TEXT_CHARACTERS_MAX],
        kind=message.kind,
        message=message.id,
        actor=message.actor_key if speaker is Speaker.CUSTOMER else None,
        name=message.name[:NAME_CHARACTERS_MAX],
        attachments=names[:TURN_ATTACHMENTS_MAX],
        cut=len(message.text) > TURN_TEXT_CHARACTERS_MAX
        or len(names) > TURN_ATTACHMENTS_MAX
        or "text_cut" in message.flags,
    )


def joined(conversation: Conversation, message: Message, at: int) -> Turn | None:
    """Return the customer's last turn going on with `message`; None if that stands for itself.

    Bounces and other people's words in between do not matter. `at` is in UTC milliseconds.
    """
    last = last_of_customer(conversation)
    if last is None or (between := joint(last, conversation.reply_to, message, at)) is None:
        return None
    return continued(last, between, message, at)


def last_of_customer(conversation: Conversation) -> Turn | None:
    """Return the last turn of the customer himself."""
    own = (turn for turn in reversed(conversation.turns) if turn.speaker is Speaker.CUSTOMER)
    return next(own, None)


def joint(turn: Turn, reply_to: ReplyTo, message: Message, at: int) -> str | None:
    """Return what belongs between a turn and `message`, if they are one; `reply_to` is its own.

    It is nothing where a word was cut, a space where the earlier part lost one, and the end of a
    line in an album. None means that the message stands for itself: somebody else wrote it, on
    another way or at another time, or both have words of their own.
    """
    if (
        turn.speaker is not Speaker.CUSTOMER
        or turn.actor != message.actor_key
        or turn.channel != message.channel
        or turn.kind is not MessageKind.MESSAGE
        or message.kind is not MessageKind.MESSAGE
        or reply_to != message.reply_to
    ):
        return None
    if turn.attachments or message.attachments:
        return APART if _is_album(turn, message, at) else None
    # Messengers have no segments.
    is_sms = message.channel == _CHANNEL and ":" not in reply_to.extra.get("from", "")
    if not is_sms or turn.cut or not 0 <= at - turn.at <= PART_GAP_MS_MAX:
        return None
    return _between(turn.text, message.text)


def continued(turn: Turn, between: str, message: Message, at: int) -> Turn:
    """Return a turn that goes on with `message`.

    Files stand in the order of their times, whichever came first; parts of a text in the order in
    which they came.
    """
    new = turn_of(message, turn.speaker, at)
    [piece] = _pieces(new)
    pieces = _pieces(turn)
    place = len(pieces)
    if between == APART:
        order = (at, piece.message)
        place = next((n for n, each in enumerate(pieces) if _order(each) > order), place)
    share = msgspec.structs.replace(piece.share, between=between)
    pieces.insert(place, replace(piece, share=share))
    whole = msgspec.structs.replace(
        turn, at=max(turn.at, at), name=turn.name or new.name, cut=turn.cut or new.cut
    )
    return _assembled(whole, pieces)


def rewritten(turn: Turn, target: MessageId, text: str | None, at: int, *, cut: bool) -> Turn:
    """Return a turn after a message in it was changed to `text`, or deleted (None).

    `at` is when that was done, in UTC milliseconds: an older change never overtakes a newer one,
    and what was taken back stays so. Files go with a deleted message, and stay with a changed one.
    """
    share = _share_of(turn, target)
    if share is None or share.deleted or (text is not None and at < share.edited_at):
        return turn
    changed = msgspec.structs.replace(share, edited_at=max(at, share.edited_at))
    if text is None:
        changed = msgspec.structs.replace(changed, deleted=True)
    return _with_piece(turn, target, text, changed, cut=cut)


def reread(turn: Turn, message: MessageId, text: str, *, cut: bool) -> Turn:
    """Return a turn with a newer reading of a message in it, which nobody changed."""
    share = _share_of(turn, message)
    return turn if share is None else _with_piece(turn, message, text, share, cut=cut)


def words_in(turn: Turn, message: MessageId) -> str | None:
    """Return what a message has to say in a turn; None if it has no part in it."""
    return next((each.text for each in _pieces(turn) if each.message == message), None)


def _is_album(turn: Turn, message: Message, at: int) -> bool:
    """Whether they are files with one caption at most, near each other, and not too many."""
    first = turn.shares[0].at if turn.shares else turn.at
    says, brings = bool(message.text.strip()), bool(message.attachments)
    said, brought = bool(turn.text.strip()), bool(turn.attachments)
    return (
        first - ALBUM_GAP_MS_MAX <= at <= turn.at + ALBUM_GAP_MS_MAX
        and not (says and said)
        and (says or brings)
        and (said or brought)
        and len(turn.attachments) + len(message.attachments) <= TURN_ATTACHMENTS_MAX
    )


def _between(earlier: str, later: str) -> str | None:
    if not earlier or not later:
        return None
    # A telephone writes the whole in one alphabet, which one character of either part decides.
    room = room_of(earlier + later)
    used = taken(earlier, room)
    if len(earlier) >= BODY_CHARACTERS_MAX or any(used % each == 0 for each in room):
        return ""
    if any((used + 1) % each == 0 for each in room):
        return "" if taken(later[0], room) > 1 else " "
    return None


def _share_of(turn: Turn, message: MessageId) -> Share | None:
    """Return what a message has in a turn; older turns of several do not tell."""
    if turn.parts and not turn.shares:
        return None
    return next((each.share for each in _pieces(turn) if each.message == message), None)


def _with_piece(
    turn: Turn, message: MessageId, text: str | None, share: Share, *, cut: bool
) -> Turn:
    """Return a turn in which a message says `text` instead, or nothing (None) at all."""
    pieces = _pieces(turn)
    place = next(n for n, each in enumerate(pieces) if each.message == message)
    files = () if text is None else pieces[place].attachments
    pieces[place] = _Piece(message, share, text or "", files)
    # Of a turn of several it is not known whose words, or which files, were left out.
    others = bool(turn.parts) or len(files) == TURN_ATTACHMENTS_MAX
    return _assembled(msgspec.structs.replace(turn, cut=cut or (turn.cut and others)), pieces)


def _order(piece: _Piece) -> tuple[int, MessageId]:
    return (piece.share.at, piece.message)


def _pieces(turn: Turn) -> list[_Piece]:
    """Take a turn apart into its messages."""
    if turn.message is None:
        return []
    if not turn.shares:
        share = Share(
            at=turn.at,
            characters=len(turn.text),
            attachments=len(turn.attachments),
            edited_at=turn.edited_at,
            deleted=turn.deleted,
        )
        return [_Piece(turn.message, share, turn.text, turn.attachments)]
    pieces, at, files = [], 0, list(turn.attachments)
    for message, share in zip((turn.message, *turn.parts), turn.shares, strict=False):
        if at and share.characters:
            at += len(share.between)
        words = turn.text[at : at + share.characters]
        at += share.characters
        own, files = files[: share.attachments], files[share.attachments :]
        pieces.append(_Piece(message, share, words, tuple(own)))
    return pieces


def _assembled(turn: Turn, pieces: list[_Piece]) -> Turn:
    """Put the messages of a turn together again, as much of them as a turn may hold."""
    text, cut, shares = "", turn.cut, []
    for piece in pieces:
        words = (piece.share.between if text else "") + piece.text if piece.text else ""
        kept = words[: TURN_TEXT_CHARACTERS_MAX - len(text)]
        cut |= len(kept) < len(words)
        own = len(kept) - (len(words) - len(piece.text))
        text += kept if own > 0 else ""
        shares.append(
            msgspec.structs.replace(
                piece.share, characters=max(own, 0), attachments=len(piece.attachments)
            )
        )
    return msgspec.structs.replace(
        turn,
        text=text,
        message=pieces[0].message,
        parts=tuple(piece.message for piece in pieces[1:]),
        shares=tuple(shares) if len(pieces) > 1 else (),
        attachments=tuple(name for piece in pieces for name in piece.attachments),
        edited_at=max(share.edited_at for share in shares),
        deleted=all(share.deleted for share in shares),
        cut=cut,
    )
