"""An album of photos comes from Twilio as one webhook a photo, and is one turn."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import msgspec
import pytest

from maitred.contracts.conversation import Conversation
from maitred.contracts.entry import JoinReason
from maitred.contracts.ids import ConversationId, CustomerId, message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Message
from maitred.identity.conversations.journey import add_turn
from maitred.identity.conversations.place import Placement
from maitred.normalizer.port import DecodeContext
from maitred.normalizer.sms.decoder import decode

PLACED = Placement(
    customer=CustomerId("cus_1"),
    conversation=ConversationId("cnv_1"),
    joined=JoinReason.OPEN_CONVERSATION,
)
Receive = Callable[..., Message]


@pytest.fixture
def receive(received: Callable[..., Inbound], context: DecodeContext) -> Receive:
    """Return a reader of the webhook of one medium; `number` counts the webhooks."""

    def read(number: int, *, channel: str, body: str, kind: str = "image/jpeg") -> Message:
        fields = {
            "From": f"{channel}+14155550123",
            "To": f"{channel}+14155550199",
            "MessageSid": f"MM{number}",
            "Body": body,
            "NumMedia": "1",
            "MediaUrl0": f"https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME{number}",
            "MediaContentType0": kind,
        }
        inbound = received("sms")
        inbound = msgspec.structs.replace(
            inbound,
            id=message_id(inbound.tenant, "sms", "main", f"MM{number}"),
            received_at=inbound.received_at + 700 * number,
        )
        return decode(inbound, urlencode(fields).encode(), number, context).message

    return read


@pytest.mark.parametrize("channel", ["whatsapp:", "", "rcs:"])
@pytest.mark.parametrize("captioned", [0, 2])
def test_an_album_is_one_turn(receive: Receive, channel: str, captioned: int) -> None:
    conversation: Conversation | None = None
    messages = [
        receive(number, channel=channel, body="It came like this" if number == captioned else "")
        for number in range(4)
    ]
    for message in messages:
        conversation = add_turn(conversation, message, PLACED, None, message.received_at)
    assert conversation is not None
    (turn,) = conversation.turns
    assert turn.text == "It came like this"
    assert turn.attachments == ("image.jpg",) * 4
    assert (turn.message, *turn.parts) == tuple(message.id for message in messages)
    assert conversation.left_out == 0
