"""Delivery reports (RFC 3464) are read as mail systems write them, not only as the RFC says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maitred.contracts.limits import BOUNCED_RECIPIENTS_MAX
from maitred.contracts.message import BouncedRecipient, MessageKind
from maitred.normalizer.email.kind import Kind

Sort = Callable[..., Kind]
Report = Callable[..., Kind]


def _one(kind: Kind) -> BouncedRecipient:
    assert kind.kind is MessageKind.BOUNCE
    (found,) = kind.bounce
    return found


def test_a_report_names_recipient_code_action_and_verdict(report: Report) -> None:
    fields = """Final-Recipient: rfc822; nobody@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <nobody@example.net>: Recipient address rejected:
 User unknown in virtual mailbox table"""
    assert _one(report(fields)) == BouncedRecipient(
        recipient="nobody@example.net", status="5.1.1", permanent=True, action="failed"
    )


@pytest.mark.parametrize(
    ("fields", "recipient"),
    [
        ("Final-Recipient: rfc822; <a@example.net>", "a@example.net"),
        (
            "Final-Recipient: rfc822;a@example.net\nOriginal-Recipient: rfc822;b@example.net",
            "b@example.net",
        ),
        ("Final-Recipient : rfc/822; a@example.net", "a@example.net"),
        ("final-recipient: a@example.net", "a@example.net"),
        ("Final-Recipient: utf-8; gr\\x{FC}n@example.net", "grün@example.net"),
        (
            "Final-Recipient: rfc822; @local\nOriginal-Recipient: rfc822; c@example.net",
            "c@example.net",
        ),
        ("Original-Recipient: unknown\nFinal-Recipient: rfc822; a@example.net", "a@example.net"),
        ("X-Actual-Recipient: rfc822; d@example.net", "d@example.net"),
        ('Final-Recipient: rfc822; "two words"@example.net', '"two words"@example.net'),
    ],
)
def test_the_recipient_is_the_one_whom_the_sender_wrote_to(
    report: Report, fields: str, recipient: str
) -> None:
    assert _one(report(f"{fields}\nAction: failed\nStatus: 5.1.1")).recipient == recipient


@pytest.mark.parametrize(
    ("status", "diagnostic", "expected"),
    [
        ("5.0.0", "smtp; 550 5.1.1 User unknown", "5.1.1"),
        ("5.0.0", "smtp; 550 User unknown", "5.0.0"),
        ("5.0.0", "smtp; 5.1.0 - Unknown address error 550-'5.2.2 Mailbox full'", "5.2.2"),
        ("5.1.1 (bad destination mailbox address)", "smtp; 550 No such user", "5.1.1"),
        ("5.5.0", "smtp; 550 5.7.26 This mail is unauthenticated", "5.7.26"),
        ("4.4.7", "smtp; 450 4.7.1 Client host rejected", "4.7.1"),
        ("4.4.7", "smtp; 450 4.2.0 Greylisted", "4.2.0"),
        ("5.7.1", "smtp; 550 delivered by version 5.5.1", "5.7.1"),
        ("", "smtp; 550 #5.1.10 RESOLVER.ADR.RecipientNotFound", "5.1.10"),
        ("", "smtp; 552 Mailbox full", "5.2.2"),
        ("", "smtp; 451 Greylisted, try again later", "4.7.1"),
        ("2.1.5", "smtp; 550 5.1.1 User unknown", "5.1.1"),
        ("", "smtp; host 192.5.1.1 does not answer", ""),
    ],
)
def test_the_most_telling_code_is_taken(
    report: Report, status: str, diagnostic: str, expected: str
) -> None:
    fields = f"Final-Recipient: rfc822; a@example.net\nAction: failed\nStatus: {status}\n"
    assert _one(report(f"{fields}Diagnostic-Code: {diagnostic}", "See below.")).status == expected


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_what_is_late_or_has_arrived_is_a_bounce_but_kills_no_address(
    report: Report, action: str
) -> None:
    fields = f"Final-Recipient: rfc822; a@example.net\nAction: {action.title()}\nStatus: 4.1.1"
    found = _one(report(fields))
    assert found.action == action
    assert not found.permanent


def test_success_keeps_its_code(report: Report) -> None:
    fields = "Final-Recipient: rfc822; a@example.net\nAction: delivered\nStatus: 2.1.5"
    assert _one(report(fields)).status == "2.1.5"


def test_several_recipients_each_have_their_own_verdict(report: Report) -> None:
    fields = """Final-Recipient: rfc822; full@example.net
Action: failed
Status: 5.2.2

Final-Recipient: rfc822; gone@example.net
Action: failed
Status: 5.1.1

Final-Recipient: rfc822; late@example.net
Action: delayed
Status: 4.4.1"""
    found = report(fields).bounce
    assert [(each.recipient[:4], each.status, each.permanent) for each in found] == [
        ("full", "5.2.2", False),
        ("gone", "5.1.1", True),
        ("late", "4.4.1", False),
    ]


def test_recipients_without_a_blank_line_between_them_are_told_apart(report: Report) -> None:
    one = "Final-Recipient: rfc822; {}@example.net\nAction: failed\nStatus: 5.1.1\n"
    found = report(one.format("a") + one.format("b")).bounce
    assert [each.recipient for each in found] == ["a@example.net", "b@example.net"]


def test_a_blank_line_within_the_fields_of_a_recipient_parts_nothing(report: Report) -> None:
    fields = "Final-Recipient: rfc822; a@example.net\n\nAction: failed\nStatus: 5.1.1"
    assert _one(report(fields)).status == "5.1.1"


def test_codes_that_stand_only_in_the_text_are_found_for_the_right_recipient(
    report: Report,
) -> None:
    one = "Final-Recipient: rfc822; {}@example.net\nAction: failed\nStatus: 5.0.0\n\n"
    text = (
        "An error has occurred while attempting to deliver a message for:\n\n"
        "full@example.net: 552 5.2.2 Mailbox full\n\n"
        "gone@example.net: 550 5.1.1 User unknown\n"
    )
    found = report(one.format("gone") + one.format("full"), text).bounce
    assert [(each.status, each.permanent) for each in found] == [("5.1.1", True), ("5.2.2", False)]


def test_fields_without_a_recipient_belong_to_the_one_in_the_text(report: Report) -> None:
    text = "Could not be delivered to the following address:\n\n  <gone@example.net>\n"
    found = _one(report("Action: failed\nStatus: 5.1.1", text))
    assert (found.recipient, found.status) == ("gone@example.net", "5.1.1")


def test_no_more_recipients_are_listed_than_a_message_may_hold(report: Report) -> None:
    fields = "\n\n".join(
        f"Final-Recipient: rfc822; {number}@example.net\nStatus: 5.1.1" for number in range(200)
    )
    assert len(report(fields).bounce) == BOUNCED_RECIPIENTS_MAX


_FIELDS = "Final-Recipient: rfc822; gone@example.net\nAction: failed\nStatus: 5.1.1"
_DAEMON = "Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nSubject: failure notice\n"


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (
            'Content-Type: multipart/mixed; boundary="b"',
            f"--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n{_FIELDS}\n--b--",
        ),
        (
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            f"--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n{_FIELDS}",
        ),
        (
            'Content-Type: multipart/report; report-type=delivery-status; boundary="other"',
            f"--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n{_FIELDS}\n--b--",
        ),
        ('Content-Type: multipart/mixed; boundary="b"', f"--b\n\nTechnical report:\n\n{_FIELDS}"),
        ("Content-Type: text/plain", f"Could not deliver.\n\n{_FIELDS}\n"),
        (
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            f"--b\n\nSorry.\n--b\nContent-Type: message/global-delivery-status\n\n{_FIELDS}\n--b--",
        ),
        (
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            (
                "--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n"
                "Content-Transfer-Encoding: base64\n\n"
                "RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGdvbmVAZXhhbXBsZS5uZXQKQWN0aW9uOiBmYWlsZWQK"
                "U3RhdHVzOiA1LjEuMQo=\n--b--"
            ),
        ),
    ],
    ids=["misdeclared", "cut off", "broken", "in the text", "pasted", "global", "base64"],
)
def test_a_report_is_found_wherever_it_stands(sort: Sort, header: str, body: str) -> None:
    found = _one(sort(f"{_DAEMON}{header}", body))
    assert (found.recipient, found.status, found.permanent) == ("gone@example.net", "5.1.1", True)


def test_what_follows_a_report_with_a_wrong_boundary_is_no_field(report: Report) -> None:
    fields = f"{_FIELDS}\n--other\nContent-Type: message/rfc822\n\nStatus: 5.2.2\n"
    assert _one(report(fields)).status == "5.1.1"


def test_a_report_that_somebody_passes_on_is_his_mail(sort: Sort) -> None:
    kind = sort(
        "Return-Path: <ada@example.com>\nSubject: Fwd: failure notice\n"
        'Content-Type: multipart/mixed; boundary="b"',
        "--b\n\nWhat does this mean?\n--b\nContent-Type: message/delivery-status\n\n"
        f"{_FIELDS}\n--b--",
    )
    assert kind.kind is MessageKind.MESSAGE


def test_each_of_many_recipients_keeps_his_code(report: Callable[..., Kind]) -> None:
    kind = report(
        "\n".join(
            f"Final-Recipient: rfc822; a{number}@example.net\nAction: failed\nStatus: 5.0.0\n"
            f"Diagnostic-Code: smtp; 550 5.1.1 User unknown {'x' * 3_000}\n"
            for number in range(70)
        )
    )
    assert len(kind.bounce) == 70
    assert {(each.status, each.permanent) for each in kind.bounce} == {("5.1.1", True)}
