"""Outgoing: what an agent wants to say, made ready for the journal.

Templates become texts and files go to BLOBS, so that the journal holds what will be read, and no
bytes. Whether the channel can carry it, and the customer wants to hear, is found out here, so that
the agent hears of it at once; what is found stands in the journal with the command, so that the
same command is always judged the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from msgspec.structs import replace

from maitred.connectors.port import Capabilities
from maitred.contracts.agents import Admitted, Command, CommandFile, Verb
from maitred.contracts.conversation import Conversation
from maitred.contracts.ids import ConversationId, IdentifierKey, is_conversation_id
from maitred.contracts.inbound import BlobRef, ReplyTo
from maitred.contracts.limits import FILE_NAME_CHARACTERS_MAX, REPLY_FILES_MAX
from maitred.contracts.outbound import Content, OutboundFile, OutboundKind
from maitred.contracts.routing import RoutingDoc
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import blobs
from maitred.gateway.delivery import allowing, consent
from maitred.gateway.delivery.templates import Template, content_of, rendered

BAD_FILE: Final = "bad_file"
NO_CHANNEL: Final = "no_channel"
_KINDS: Final = {Verb.REPLY: OutboundKind.REPLY, Verb.EDIT: OutboundKind.EDIT}
_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}\Z")
"""RFC 6838, section 4.2: the names of a media type; parameters have no place here."""
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Controls, and marks of direction, which make one name look like another."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What the house can send: by which channels, and which texts of its own.

    `carrier` is the template that carries an agent's free text where none goes through; empty for
    none.
    """

    channels: Mapping[str, Capabilities]
    templates: Mapping[str, Template]
    carrier: str = ""

    def wanted(self, admitted: Admitted, subjects: Subjects) -> Iterable[str]:
        """Name what a command is judged by."""
        if (about := _about(admitted)) is not None:
            yield subjects.routing(about)
            yield subjects.conversation(about)

    def judged(self, admitted: Admitted, view: View, subjects: Subjects) -> Admitted:
        """Return a command with its text, and with why it cannot go out, if it cannot.

        Raises:
            NotRead: a document has not been loaded.
        """
        about = _about(admitted)
        if about is None or admitted.refusal:
            return admitted
        routing = view.read(subjects.routing(about), RoutingDoc)
        said = view.read(subjects.conversation(about), Conversation)
        if routing is None or said is None:
            return admitted
        command, refusal = self._with_text(admitted.command, said.language)
        admitted = replace(admitted, command=command, refusal=refusal)
        if refusal:
            return admitted
        to = routing.reply_to or said.reply_to
        if why := self._refusal(admitted, to, view, subjects):
            return replace(admitted, refusal=why)
        return self._within_window(admitted, said, to)

    def _within_window(self, admitted: Admitted, said: Conversation, to: ReplyTo) -> Admitted:
        """Return a command with what goes out in place of its text where none goes through.

        Where nothing can, and it is to go now, that is refused. Until a later time the customer
        may have written again.
        """
        closes = allowing.closes_at(self.channels[to.channel], to, said.last_at)
        if closes is None or admitted.verb is not Verb.REPLY:
            return admitted
        content = None if admitted.files else self._content(admitted.command, said.language, closes)
        if content is None and closes <= admitted.at and admitted.command.send_at <= admitted.at:
            return replace(admitted, refusal=allowing.OUTSIDE_WINDOW)
        return replace(admitted, content=content)

    def _content(self, command: Command, language: str, after: int) -> Content | None:
        language = command.language or language
        if (own := self.templates.get(command.template)) is not None:
            return content_of(own, language, command.variables, after)
        if (carrier := self.templates.get(self.carrier)) is None:
            return None
        return content_of(carrier, language, {carrier.variables[0]: command.text}, after)

    def _with_text(self, command: Command, language: str) -> tuple[Command, str]:
        if not command.template:
            return command, ""
        if command.text:
            return command, "bad_command"
        wanted = command.language or language
        text, refusal = rendered(self.templates, command.template, wanted, command.variables)
        return replace(command, text=text), refusal

    def _refusal(self, admitted: Admitted, to: ReplyTo, view: View, subjects: Subjects) -> str:
        able = self.channels.get(to.channel)
        if able is None:
            return NO_CHANNEL
        if consent.is_stopped(to.key, view, subjects):
            return consent.OPTED_OUT
        kind = _KINDS[admitted.verb]
        return allowing.refusal(able, kind, admitted.command.text, admitted.files)


async def with_files_stored(admitted: Admitted, backbone: Backbone) -> Admitted:
    """Return a command whose files are in BLOBS, under the conversation that they are part of.

    Raises:
        StoreUnavailable: they could not be stored; try again.
    """
    command, about = admitted.command, _about(admitted)
    if not command.files:
        return admitted
    bare = replace(admitted, command=replace(command, files=()))
    if about is None or not _are_sound(command.files):
        return replace(bare, refusal=BAD_FILE)
    owner = IdentifierKey(about)
    stored: list[OutboundFile] = []
    for each in command.files:
        sha256, size, _ = await blobs.put(backbone.publisher, backbone.subjects, owner, each.data)
        blob = BlobRef(owner=owner, sha256=sha256, size=size)
        kind = each.content_type.lower()
        stored.append(OutboundFile(name=_safe_name(each.name), content_type=kind, blob=blob))
    return replace(bare, files=tuple(stored))


def _about(admitted: Admitted) -> ConversationId | None:
    """Return the conversation in which a command says something, if it does."""
    named = admitted.command.conversation
    is_said = admitted.verb in _KINDS and named is not None and is_conversation_id(named)
    return named if is_said else None


def _are_sound(files: Sequence[CommandFile]) -> bool:
    return len(files) <= REPLY_FILES_MAX and all(
        each.data and _safe_name(each.name) and _TYPE.match(each.content_type.lower())
        for each in files
    )


def _safe_name(name: str) -> str:
    """Return a file's name without folders, controls and tricks, cut to its bound."""
    plain = PurePosixPath(_UNSAFE.sub("", name).replace("\\", "/")).name
    return plain[-FILE_NAME_CHARACTERS_MAX:]
