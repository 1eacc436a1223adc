"""No mail, however built, makes the search for its kind fail, differ or grow without bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.limits import BOUNCED_RECIPIENTS_MAX
from maitred.normalizer.email.kind import kind_of
from maitred.normalizer.email.mime import tree

_PIECES = st.sampled_from(
    [
        b"Final-Recipient: rfc822; a@example.net\n",
        b"Status: 5.1.1\n",
        b"Diagnostic-Code: smtp; 550 5.1.1 User unknown\n",
        b"<gone@example.net>: ",
        b"550 5.1.1 User unknown\n",
        b"could not be delivered\n",
        b"--b\n",
        b"--b\nContent-Type: message/delivery-status\n\n",
        b"--b\nContent-Type: text/calendar; method=REPLY\n\n",
        b"--b\nContent-Type: message/rfc822\n\nReceived: x\nMessage-ID: <1@b>\n",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Return-Path: <>\n",
        b"From: MAILER-DAEMON@example.net\n",
        b"Subject: failure notice\n",
        b"Subject: Automatic reply: x\n",
        b"List-Id: <a.example>\n",
        b"Status: 5.999.999 5..1\n",
        b"\\x{110000}@example.net",
        b"\n",
        b"\n\n",
    ]
)


@given(st.lists(_PIECES | st.binary(max_size=20), max_size=40).map(b"".join))
def test_any_bytes_have_one_kind(raw: bytes) -> None:
    root, _ = tree(raw)
    kind = kind_of(root, ("us@example.org",), {})
    assert kind == kind_of(root, ("us@example.org",), {})
    assert len(kind.bounce) <= BOUNCED_RECIPIENTS_MAX
    for each in kind.bounce:
        assert not each.status or each.status.count(".") == 2


_HEAD = b"Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice\n"
_REPORT = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"


@pytest.mark.parametrize(
    "unit",
    [
        b"<a@b.example>:\n550 x\n",
        b"a@b.example ",
        b"!",
        b" ",
        b"-",
        b"----- \n",
        b"X-A: b\n",
        b"550 5.1.1",
        b'"a',
        b"5.1.",
        b"Final-Recipient: rfc822; a@b.example\n\n",
        b"\n Final-Recipient",
    ],
)
@pytest.mark.parametrize("head", [_HEAD + b"\n", _HEAD + _REPORT], ids=["text", "report"])
def test_a_long_bounce_is_read_up_to_a_bound(head: bytes, unit: bytes) -> None:
    # Two megabytes; what is quadratic in them would not end within the test's time.
    root, _ = tree(head + unit * (2_000_000 // len(unit)))
    assert len(kind_of(root, (), {}).bounce) <= BOUNCED_RECIPIENTS_MAX
