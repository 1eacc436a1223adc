"""Whatever a decoder does with a message, the message ends somewhere and the next one is read."""

from __future__ import annotations

import zlib

import pytest

from maitred.contracts.errors import BadPayload, Permanent
from maitred.contracts.inbound import Inbound
from maitred.gateway import workbench
from maitred.gateway.decoding import Undecodable
from maitred.normalizer.port import DecodeContext, Decoded

CONTEXT = DecodeContext(keys=workbench.keys())


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (BadPayload("no such thing", code="bad_field"), "bad_field"),
        (Permanent("too much", code="too_large"), "too_large"),
        (ValueError("secret words"), "decoder_failed"),
        (OverflowError("a date beyond all dates"), "decoder_failed"),
        (ZeroDivisionError(), "decoder_failed"),
        (zlib.error("broken"), "decoder_failed"),
        (RuntimeError("dictionary changed"), "decoder_failed"),
        (AssertionError(), "decoder_failed"),
        (MemoryError(), "decoder_failed"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_a_decoder_that_raises_costs_the_message_and_nothing_else(
    fault: Exception, code: str
) -> None:
    def decode(inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext) -> Decoded:
        raise fault

    found = workbench.normalize(decode, "email", b"hello", context=CONTEXT, at=1)
    assert isinstance(found, Undecodable)
    assert found.code == code
    assert "secret words" not in found.reason
