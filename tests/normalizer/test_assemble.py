"""The last step of every decoder: whatever a draft holds, the message fits."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import (
    ATTACHMENTS_MAX,
    MESSAGE_REST_BYTES_MAX,
    MESSAGE_TEXT_BYTES_MAX,
    NATS_HEADER_BYTES_MAX,
    NATS_PAYLOAD_BYTES_MAX,
)
from maitred.contracts.message import Attachment, Correspondent
from maitred.normalizer.assemble import LISTED_MAX, Draft, finish
from maitred.normalizer.port import DecodeContext

PEOPLE = tuple(
    Correspondent(name="𐍈" * 200, address=f"{'ü' * 200}{number}@mail.example")
    for number in range(100)
)
FILES = tuple(
    Attachment(name="𐍈" * 200, content_type="image/png", size=1, remote="https://" + "x" * 2_000)
    for _ in range(ATTACHMENTS_MAX)
)
WORDS = '"' * (MESSAGE_TEXT_BYTES_MAX - 1)


@pytest.mark.parametrize(
    ("draft", "cut"),
    [
        (Draft(text=WORDS, to=PEOPLE, cc=PEOPLE, attachments=FILES), True),
        (Draft(text=WORDS, attachments=FILES), True),
        (Draft(text=WORDS, to=PEOPLE[:20]), False),
        (Draft(text=WORDS, to=PEOPLE[:30], attachments=FILES[:10]), False),
    ],
)
def test_however_much_is_listed_the_words_keep_their_room(
    received: Callable[..., Inbound], context: DecodeContext, draft: Draft, *, cut: bool
) -> None:
    message = finish(received("email"), 1, context, draft).message
    assert ("lists_cut" in message.flags) is cut
    assert message.text == WORDS
    assert len(message.to) == min(len(draft.to), LISTED_MAX if cut else len(draft.to))
    rest = msgspec.structs.replace(message, text="")
    assert len(msgspec.json.encode(rest)) <= MESSAGE_REST_BYTES_MAX
    assert len(msgspec.json.encode(message)) < NATS_PAYLOAD_BYTES_MAX - NATS_HEADER_BYTES_MAX
