"""Files that come with a chat message become its attachments, or the whole is quarantined."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.errors import BadPayload
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import CHAT_FILES_MAX
from maitred.normalizer.chat.brought_files import CONTENT_TYPE, brought_files
from maitred.normalizer.chat.decoder import decode
from maitred.normalizer.port import DecodeContext

OWNER = IdentifierKey("a" * 32)


def _raw(files: Any, content: bytes, text: str = "Look") -> bytes:
    head = orjson.dumps({"type": "message", "id": "m1", "text": text, "files": files})
    return head + b"\n" + content


def _entry(name: str, size: int) -> dict[str, Any]:
    return {"name": name, "type": "text/plain", "size": size}


def test_files_become_attachments_with_their_bytes(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    inbound = msgspec.structs.replace(received("chat"), content_type=CONTENT_TYPE)
    raw = _raw([_entry("one.txt", 4), _entry("two.txt", 3)], b"one\ntwo", "")
    decoded = decode(inbound, raw, 1, context)
    first, second = decoded.message.attachments
    assert (first.name, first.content_type, first.size) == ("one.txt", "text/plain", 4)
    assert first.blob is not None
    assert second.blob is not None
    assert first.blob.owner == inbound.sender_key
    assert decoded.contents == {first.blob.sha256: b"one\n", second.blob.sha256: b"two"}
    assert decoded.message.text == ""


def test_a_list_of_files_in_an_ordinary_frame_is_nothing(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    raw = b'{"type":"message","text":"Look","files":[{"name":"x","type":"y","size":1}]}'
    assert decode(received("chat"), raw, 1, context).message.attachments == ()


@pytest.mark.parametrize(
    ("files", "content"),
    [
        (None, b""),
        ([], b""),
        ({}, b""),
        ([_entry("x", 2)], b"x"),
        ([_entry("x", 1)], b"xy"),
        ([_entry("x", -1)], b""),
        (["x"], b"x"),
        ([{"name": "x", "size": "1"}], b"x"),
        ([_entry("x", 0)] * (CHAT_FILES_MAX + 1), b""),
    ],
)
def test_a_list_that_does_not_fit_its_bytes_is_no_message(
    received: Callable[..., Inbound], context: DecodeContext, files: Any, content: bytes
) -> None:
    inbound = msgspec.structs.replace(received("chat"), content_type=CONTENT_TYPE)
    with pytest.raises(BadPayload) as refusal:
        decode(inbound, _raw(files, content), 1, context)
    assert refusal.value.code == "bad_files"


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=CHAT_FILES_MAX))
def test_what_is_put_together_comes_apart_again(contents: list[bytes]) -> None:
    frame: dict[str, object] = {"files": [_entry("x", len(each)) for each in contents]}
    found = brought_files(frame, b"".join(contents), OWNER)
    assert [each.data for each in found] == contents
    assert [each.sha256 for each in found] == [
        hashlib.sha256(each).hexdigest() for each in contents
    ]
