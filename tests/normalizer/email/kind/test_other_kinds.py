"""Complaints, receipts and calendar mail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maitred.contracts.message import MessageKind
from maitred.normalizer.email.kind import Kind

Sort = Callable[..., Kind]

_ARF = 'Content-Type: multipart/report; report-type=feedback-report; boundary="b"'


@pytest.mark.parametrize(
    "word", ["abuse", "fraud", "virus", "opt-out", "not-spam", "auth-failure", "other"]
)
def test_a_complaint_says_its_type_and_who_complains(sort: Sort, word: str) -> None:
    kind = sort(
        f"From: fbl@example.net\n{_ARF}",
        "--b\n\nThis is an abuse report.\n--b\nContent-Type: message/feedback-report\n\n"
        f"Feedback-Type: {word.title()}\nUser-Agent: fbl/1.0\nVersion: 1\n"
        "Original-Rcpt-To: <a@example.net>\nOriginal-Rcpt-To: Somebody <b@example.net>\n"
        "--b\nContent-Type: message/rfc822\n\nSubject: News\n--b--",
    )
    assert kind.kind is MessageKind.COMPLAINT
    assert kind.extra == {
        "feedback_type": word,
        "complaint_recipients": "a@example.net b@example.net",
    }
    assert kind.bounce == ()


def test_a_complaint_without_its_report_part_is_one_all_the_same(sort: Sort) -> None:
    kind = sort(f"From: fbl@example.net\n{_ARF}", "--b\n\nFeedback-Type: abuse\n--b--")
    assert kind.kind is MessageKind.COMPLAINT
    assert kind.extra["feedback_type"] == "abuse"


def test_outlook_s_complaint_is_the_mail_with_a_header_in_it(sort: Sort) -> None:
    kind = sort(
        "From: staff@mail.example\nSubject: complaint about message from 192.0.2.1\n"
        'Content-Type: multipart/mixed; boundary="b"',
        "--b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: a@example.net\n"
        "From: us@example.org\n\nNews\n--b--",
    )
    assert kind.kind is MessageKind.COMPLAINT
    assert kind.extra["complaint_recipients"] == "a@example.net"


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (
            'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"',
            (
                "--b\n\nRead.\n--b\nContent-Type: message/disposition-notification\n\n"
                "Disposition: manual-action/MDN-sent-manually; displayed\n--b--"
            ),
        ),
        (
            'Content-Type: multipart/mixed; boundary="b"',
            "--b\n\nRead.\n--b\nContent-Type: message/disposition-notification\n\nx: y\n--b--",
        ),
        ("Content-Type: application/pkcs7-mime; smime-type=signed-receipt", "MIIB"),
        (
            "Return-Path: <>\nSubject: Read: Your order",
            "Your message was read on Thursday, 1 January 2026.",
        ),
        (
            "Return-Path: <>\nSubject: Gelesen: Ihre Bestellung",
            "Ihre Nachricht wurde gelesen am Donnerstag.",
        ),
        ("X-MS-TNEF-Correlator: <1>\nSubject: Not read: Your order", "Your message to Ada"),
        ("Auto-Submitted: auto-replied\nSubject: Return Receipt (displayed) - Order", ""),
    ],
)
def test_a_receipt_says_that_a_mail_was_read(sort: Sort, header: str, text: str) -> None:
    assert sort(header, text).kind is MessageKind.READ_RECEIPT


@pytest.mark.parametrize(
    ("disposition", "text", "kind"),
    [
        ("automatic-action/MDN-sent-automatically; deleted", "was rejected: Quota exceeded", "B"),
        ("automatic-action/MDN-sent-automatically; deleted", "was deleted unread", "R"),
        ("manual-action/MDN-sent-manually; deleted", "was rejected by me", "R"),
        ("manual-action/MDN-sent-manually; displayed", "was read", "R"),
    ],
)
def test_a_filter_that_refuses_a_mail_bounces_it_in_a_receipt(
    sort: Sort, disposition: str, text: str, kind: str
) -> None:
    found = sort(
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <ada@example.net>\nSubject: Your mail\n"
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"',
        f"--b\n\nYour message to <ada@example.net> {text}\n"
        "--b\nContent-Type: message/disposition-notification\n\n"
        f"Final-Recipient: rfc822; ada@example.net\nDisposition: {disposition}\n--b--",
    )
    expected = {"B": MessageKind.BOUNCE, "R": MessageKind.READ_RECEIPT}[kind]
    assert found.kind is expected
    assert [each.recipient for each in found.bounce] == ["ada@example.net"] * (kind == "B")


def _calendar(parameter: str, method: str, *, disposition: str = "") -> tuple[str, str]:
    body = (
        "--b\n\nI shall come.\n--b\n"
        f"Content-Type: text/calendar; charset=utf-8{parameter}\n{disposition}\n"
        f"BEGIN:VCALENDAR\nPRODID:x\nMETHOD{method}\nBEGIN:VEVENT\nMETHOD:REQUEST\n"
        "END:VEVENT\nEND:VCALENDAR\n--b--"
    )
    return 'Subject: Meeting\nContent-Type: multipart/mixed; boundary="b"', body


@pytest.mark.parametrize(
    ("parameter", "method", "expected", "flags"),
    [
        ("; method=REPLY", ":REPLY", MessageKind.CALENDAR_ANSWER, ()),
        ("", ":REPLY", MessageKind.CALENDAR_ANSWER, ()),
        ("", ";X-A=1:COUNTER", MessageKind.CALENDAR_ANSWER, ()),
        ('; method="declinecounter"', ":x", MessageKind.CALENDAR_ANSWER, ()),
        ("; method=REQUEST", ":REQUEST", MessageKind.MESSAGE, ("calendar_invitation",)),
        ("", ":REQUEST", MessageKind.MESSAGE, ("calendar_invitation",)),
        ("; method=CANCEL", ":CANCEL", MessageKind.MESSAGE, ("calendar_cancellation",)),
        ("; method=PUBLISH", ":PUBLISH", MessageKind.MESSAGE, ()),
        ("", "S:REPLY", MessageKind.MESSAGE, ()),
    ],
)
def test_a_calendar_s_method_tells_answers_from_invitations(
    sort: Sort, parameter: str, method: str, expected: MessageKind, flags: tuple[str, ...]
) -> None:
    kind = sort(*_calendar(parameter, method))
    assert kind.kind is expected
    assert kind.flags == flags


def test_an_invitation_that_a_calendar_service_generates_is_its_author_s(sort: Sort) -> None:
    header, body = _calendar("; method=REQUEST", ":REQUEST")
    kind = sort(f"Auto-Submitted: auto-generated\n{header}", body)
    assert kind.kind is MessageKind.MESSAGE
    assert kind.flags == ("calendar_invitation",)


def test_outlook_s_answer_in_a_winmail_is_an_answer(sort: Sort) -> None:
    kind = sort(
        "Subject: Accepted: Meeting\nContent-Class: urn:content-classes:calendarmessage\n"
        "Content-Type: application/ms-tnef",
        "x\x9f>\0IPM.Schedule.Meeting.Resp.Pos\0",
    )
    assert kind.kind is MessageKind.CALENDAR_ANSWER


_SNS = "From: AWS <no-reply@sns.amazonaws.com>\nSubject: AWS Notification Message"
_BOUNCE = (
    '{\\"notificationType\\":\\"Bounce\\",\\"bounce\\":{\\"bouncedRecipients\\":'
    '[{\\"emailAddress\\":\\"gone@example.net\\",\\"action\\":\\"failed\\",\\"status\\":\\"5.1.1\\",'
    '\\"diagnosticCode\\":\\"smtp; 550 5.1.1 user un!\n known\\"}]}}'
)
_COMPLAINT = (
    '{\\"notificationType\\":\\"Complaint\\",\\"complaint\\":{\\"complainedRecipients\\":'
    '[{\\"emailAddress\\":\\"a@example.net\\"}],\\"complaintFeedbackType\\":\\"fraud\\"}}'
)
_DELIVERY = (
    '{\\"notificationType\\":\\"Delivery\\",\\"delivery\\":{\\"recipients\\":[\\"a@example.net\\"],'
    '\\"smtpResponse\\":\\"250 2.6.0 Message received\\"}}'
)


def test_amazon_s_notifications_are_what_they_notify_of(sort: Sort) -> None:
    bounce = sort(_SNS, f'{{"Type":"Notification","Message":"{_BOUNCE}"}}')
    assert bounce.kind is MessageKind.BOUNCE
    assert [(each.recipient, each.status, each.permanent) for each in bounce.bounce] == [
        ("gone@example.net", "5.1.1", True)
    ]
    complaint = sort(_SNS, f'{{"Message":"{_COMPLAINT}"}}')
    assert complaint.kind is MessageKind.COMPLAINT
    assert complaint.extra["feedback_type"] == "fraud"
    delivery = sort(_SNS, f'{{"Message":"{_DELIVERY}"}}')
    assert [(each.action, each.status) for each in delivery.bounce] == [("delivered", "2.6.0")]


@pytest.mark.parametrize("text", ["", "{", '{"Message":"no"}', '{"a":' * 9_999, "[]", '{"x":1}'])
def test_what_amazon_did_not_write_is_no_notification(sort: Sort, text: str) -> None:
    assert sort(_SNS, text).kind is MessageKind.MESSAGE
