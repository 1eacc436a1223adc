"""SMS, MMS, WhatsApp and RCS by Twilio: one webhook form in, one message out.

Sources: twilio.com/docs/messaging/guides/webhook-request for the fields, and
twilio.com/docs/messaging/tutorials/advanced-opt-out for `OptOutType`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from maitred.contracts import thread_evidence
from maitred.contracts.errors import BadPayload
from maitred.contracts.ids import MessageId, message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import MessageKind, ThreadHints
from maitred.normalizer.assemble import Draft, finish
from maitred.normalizer.payload import FIELD_CHARACTERS_MAX
from maitred.normalizer.pieces import FORWARDED
from maitred.normalizer.port import DecodeContext, Decoded
from maitred.normalizer.sms.consent import Consent, consent
from maitred.normalizer.sms.form import kept, read_form
from maitred.normalizer.sms.location import location_line
from maitred.normalizer.sms.media import media, media_flags, media_sids
from maitred.normalizer.sms.phone import Party, own_number, party, region_of
from maitred.normalizer.sms.segments import CONTINUES, fills_its_segment

NO_REPLY: Final = "no_reply"
"""Whoever sent it cannot be written to: a name instead of a number, or none at all."""
HELP_ASKED: Final = "help_asked"
"""The word HELP or its like, which Twilio answers by itself."""
START_ASKED: Final = "start_asked"
"""The word START in a messenger: to who has said stop it means that he wants to hear again, to
anybody else it is a greeting."""
FREQUENTLY_FORWARDED: Final = "frequently_forwarded"

_KIND_OF_TYPE: Final = {
    "STOP": MessageKind.OPT_OUT,
    "START": MessageKind.OPT_IN,
    "HELP": MessageKind.MESSAGE,
}
_REACTION: Final = "reaction"
_SERVICE: Final = re.compile(r"MG[0-9A-Za-z]{1,64}\Z")
_CARRIES: Final = (
    *("MediaUrl0", "ButtonText", "ButtonPayload", "ListId", "ListTitle", "InteractiveData"),
    *("Latitude", "Address", "Label"),
)
"""Fields that make a message without a `Body`."""


def decode(inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext) -> Decoded:
    """Read an incoming-message webhook's form.

    A media file stays at the provider: its attachment names the address in `remote`.

    Raises:
        BadPayload: it is not a form in UTF-8, lacks `From`, `To` or everything that it could
            say, or reports what became of a message of ours.
    """
    fields = read_form(raw)
    _check(fields)
    origin, ours = fields["From"], fields["To"]
    region = region_of(
        (fields.get("FromCountry", ""), fields.get("ToCountry", "")),
        number=ours,
        otherwise=context.region,
    )
    sender = party(origin, region=region, name=fields.get("ProfileName", ""))
    asked = _consent(fields, context)
    kind = _kind(fields, asked)
    attachments = media(fields)
    extra = {
        **kept(fields),
        "sender_kind": sender.kind.value,
        "sender_as_written": "" if origin == sender.correspondent.address else origin,
        "media_sids": media_sids(attachments),
    }
    return finish(
        inbound,
        sequence,
        context,
        Draft(
            text=_text(fields),
            name=fields.get("ProfileName", ""),
            kind=kind,
            sender=sender.correspondent,
            to=(own_number(ours, region=region),),
            recipients=(ours,),
            attachments=attachments,
            thread=_thread(fields),
            target=_target(inbound, fields) if kind is MessageKind.REACTION else None,
            reply_extra=_way_back(fields),
            flags=(*_flags(fields, sender, asked), *media_flags(fields, attachments)),
            channel_extra=extra,
        ),
    )


def _check(fields: Mapping[str, str]) -> None:
    if "Body" not in fields and "MessageStatus" in fields:
        raise BadPayload("a report about a message of ours", code="unsupported_type")
    says_something = "Body" in fields or any(fields.get(name) for name in _CARRIES)
    if not fields.get("From") or not fields.get("To") or not says_something:
        raise BadPayload("not a form of an incoming message", code="bad_field")


def _is_text(fields: Mapping[str, str]) -> bool:
    """Tell SMS and MMS, whose numbers have no prefix, from the messengers."""
    return ":" not in fields["From"]


def _kind(fields: Mapping[str, str], asked: Consent | None) -> MessageKind:
    named = fields.get("OptOutType", "").strip().upper()
    if named:
        return _KIND_OF_TYPE.get(named, MessageKind.MESSAGE)
    if fields.get("MessageType", "").strip().lower() == _REACTION:
        return MessageKind.REACTION
    if asked is Consent.OPT_OUT:
        return MessageKind.OPT_OUT
    return MessageKind.OPT_IN if asked is Consent.OPT_IN else MessageKind.MESSAGE


def _consent(fields: Mapping[str, str], context: DecodeContext) -> Consent | None:
    return consent(_said(fields), context.languages, by_text=_is_text(fields))


def _is_start(fields: Mapping[str, str]) -> bool:
    """Tell a word that would opt in by text, in a messenger, where it can mean something else."""
    return not _is_text(fields) and consent(_said(fields), ()) is Consent.OPT_IN


def _said(fields: Mapping[str, str]) -> str:
    body = fields.get("Body", "")
    return body if body.strip() else fields.get("ButtonText", "")


def _text(fields: Mapping[str, str]) -> str:
    """Return what was written; or else the button or row that was chosen; and the place."""
    choices = (fields.get(name, "") for name in ("Body", "ButtonText", "ListTitle"))
    words = next((each for each in choices if each.strip()), "")
    place = location_line(
        latitude=fields.get("Latitude", ""),
        longitude=fields.get("Longitude", ""),
        label=fields.get("Label", ""),
        address=fields.get("Address", ""),
    )
    if not place or words.strip() in {fields.get("Label", ""), fields.get("Address", "")}:
        # WhatsApp repeats the place's name in the body.
        return place or words
    return f"{words}\n\n{place}" if words else place


def _flags(fields: Mapping[str, str], sender: Party, asked: Consent | None) -> tuple[str, ...]:
    said = {
        NO_REPLY: not sender.kind.can_be_answered,
        HELP_ASKED: fields.get("OptOutType", "").strip().upper() == "HELP" or asked is Consent.HELP,
        START_ASKED: asked is None and _is_start(fields),
        FORWARDED: _true(fields, "Forwarded") or _true(fields, "FrequentlyForwarded"),
        FREQUENTLY_FORWARDED: _true(fields, "FrequentlyForwarded"),
        CONTINUES: _is_text(fields) and fills_its_segment(fields.get("Body", "")),
    }
    return tuple(flag for flag, holds in said.items() if holds)


def _way_back(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the number that was written to, and the messaging service that it belongs to."""
    service = fields.get("MessagingServiceSid", "")
    found = {"service": service} if _SERVICE.match(service) else {}
    return {"from": fields["To"][:FIELD_CHARACTERS_MAX], **found}


def _true(fields: Mapping[str, str], name: str) -> bool:
    return fields.get(name, "").strip().lower() in {"true", "1"}


def _thread(fields: Mapping[str, str]) -> ThreadHints:
    """Return which message is answered; only messengers let somebody choose one.

    So only there the message's own id is worth remembering, for answers to come.
    """
    replied = _bounded(fields, "OriginalRepliedMessageSid")
    own = "" if _is_text(fields) else _bounded(fields, "MessageSid")
    return ThreadHints(
        own=(own,) if own else (),
        refers_to=(replied,) if replied else (),
        evidence=(thread_evidence.answers(replied),) if replied else (),
    )


def _target(inbound: Inbound, fields: Mapping[str, str]) -> MessageId | None:
    replied = _bounded(fields, "OriginalRepliedMessageSid")
    if not replied:
        return None
    return message_id(inbound.tenant, inbound.channel, inbound.account, replied)


def _bounded(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name, "")
    return value if len(value) <= FIELD_CHARACTERS_MAX else ""
