"""Bounces without a report are read from what they say to people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from maitred.contracts.message import MessageKind
from maitred.normalizer.email.kind import Kind, kind_of
from maitred.normalizer.email.mime import tree

Sort = Callable[..., Kind]

_RETURNED = """Return-Path: <us@example.org>
Received: from us.example.org by mx.example.net; Thu, 1 Jan 2026 10:00:00 +0000
Message-ID: <1@example.org>
From: us@example.org
To: gone@example.net
Subject: Your invoice

Dear customer, user unknown and mailbox full are words that must not count.
"""
NOTICES = sorted((Path(__file__).parent / "fixtures").glob("*.eml"))


@pytest.mark.parametrize("path", NOTICES, ids=lambda path: path.stem)
def test_a_free_text_bounce_names_its_recipient_and_code(path: Path) -> None:
    kind = kind_of(tree(path.read_bytes())[0], (), {})
    assert kind.kind is MessageKind.BOUNCE
    assert [(each.recipient, each.status, each.permanent) for each in kind.bounce] == [
        ("gone@example.net", "5.1.1", True)
    ]


def test_each_recipient_of_a_text_is_judged_by_his_own_lines(sort: Sort) -> None:
    text = (
        "Hi. This is the qmail-send program at mx.example.net.\n\n<full@example.net>:\n"
        "Remote host said: 552 5.2.2 Mailbox full\n\n<gone@example.net>:\nRemote host said: "
        f"550 5.1.1 User unknown\n\n--- Below this line is a copy of the message.\n\n{_RETURNED}"
    )
    kind = sort("Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nSubject: failure notice", text)
    assert [(each.recipient, each.status, each.permanent) for each in kind.bounce] == [
        ("full@example.net", "5.2.2", False),
        ("gone@example.net", "5.1.1", True),
    ]


def test_a_transcript_gives_each_recipient_his_own_line(sort: Sort) -> None:
    text = (
        "   ----- Transcript of session follows -----\n"
        "554 <slow@example.net>... Connection reset by peer\n"
        "550 nowhere.example (smtp)... 550 Host unknown\n"
        "554 <lost@nowhere.example>... 550 Host unknown (Authoritative answer)\n"
        f"   ----- Unsent message follows -----\n{_RETURNED}"
    )
    kind = sort("From: MAILER-DAEMON@example.net\nSubject: Returned mail: Host unknown", text)
    assert [(each.recipient, each.permanent) for each in kind.bounce] == [
        ("slow@example.net", False),
        ("lost@nowhere.example", True),
    ]


def test_whom_the_mail_went_to_is_taken_from_the_returned_mail_at_last(sort: Sort) -> None:
    kind = sort(
        "Return-Path: <>\nFrom: postmaster@example.net\nSubject: Undeliverable Mail",
        f"Undeliverable: no such user.\n\nOriginal message follows.\n\n{_RETURNED}",
    )
    assert [each.recipient for each in kind.bounce] == ["gone@example.net"]


def test_the_addresses_of_the_bounce_itself_are_no_recipients(sort: Sort) -> None:
    kind = sort(
        "Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nTo: us@example.org\nSubject: failure",
        "Hello us@example.org,\nyour message could not be delivered to gone@example.net.\n"
        "Questions? Contact postmaster@example.net\n550 User unknown\n",
    )
    assert [each.recipient for each in kind.bounce] == ["gone@example.net"]


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (
            "From: Virus_Wall@example.net\nSubject: Delivery failure notification",
            (
                "Your message with Subject: News\ncould not be delivered to the following "
                "recipients:\n\ngone@example.net\n\nPlease do not resend it.\n"
            ),
        ),
        (
            "From: Notification <notification@example.net>\nSubject: Mail could not be delivered",
            (
                "Sent >>> RCPT TO:<gone@example.net>\nReceived <<< 550 5.1.1 User unknown\n\n"
                f"--- Original message follows ---\n\n{_RETURNED}"
            ),
        ),
        (
            "From: Firewall <noreply@example.net>\nSubject: **Message you sent blocked**",
            (
                "Your message to: gone@example.net\nwas blocked by our Spam Firewall. It has NOT "
                "BEEN DELIVERED.\n"
            ),
        ),
        (
            "From: Mail Delivery System <>\nSubject: Mail Error",
            "Your mail cannot be delivered to the following address(es):\n\n gone@example.net\n",
        ),
        (
            "From: MDaemon@example.net\nSubject: Warning: gone@example.net - User unknown!",
            f"gone@example.net - no such user here.\n\nOriginal message:\n\n{_RETURNED}",
        ),
        (
            "From: Postmaster <postmaster@example.net>\nSubject: Undeliverable Mail",
            (
                "Unknown user: gone@example.net\n\nRCPT TO generated following response:\n"
                f"553 5.3.0 Addressee unknown\n\nOriginal message follows.\n\n{_RETURNED}"
            ),
        ),
        (
            "From: MAILER-DAEMON@example.net",
            "I'm afraid I wasn't able to deliver the following message to gone@example.net",
        ),
        (
            "From: Post_Office <post_office@example.net>\nSubject: Undeliverable Message",
            "Error: No valid recipients. Message could not be delivered.\nTo: gone@example.net\n",
        ),
        (
            "From: System Administrator <postmaster@example.net>\nSubject: Undeliverable: News",
            (
                "Your message\n\n  To:      list@example.com\n  Subject: News\n\ndid not reach the "
                "following recipient(s):\n\nc=US;a= ;p=Example;dda:SMTP=gone@example.net; on Fri\n"
                "    The recipient name is not recognized\n"
            ),
        ),
        (
            "From: Mailer-Daemon@example.net\nSubject: Mail delivery failed",
            (
                "A message that you sent could not be delivered. This address failed:\n\n"
                "  an undisclosed address\n    (generated from gone@example.net)\n"
            ),
        ),
    ],
)
def test_systems_write_bounces_in_many_ways(sort: Sort, header: str, text: str) -> None:
    kind = sort(header, text)
    assert kind.kind is MessageKind.BOUNCE
    assert [each.recipient for each in kind.bounce] == ["gone@example.net"]


def test_a_part_that_returns_the_mail_names_its_recipient(sort: Sort) -> None:
    kind = sort(
        "From: MAILER-DAEMON@example.net\nSubject: Mail delivery failed\n"
        'Content-Type: multipart/mixed; boundary="b"',
        "--b\n\nYour mail could not be delivered: not a valid user of the system.\n"
        f"--b\nContent-Type: message/rfc822\n\n{_RETURNED}\n--b--",
    )
    assert [(each.recipient, each.permanent) for each in kind.bounce] == [
        ("gone@example.net", True)
    ]


def test_dots_behind_an_address_are_no_part_of_it(sort: Sort) -> None:
    kind = sort(
        "Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nSubject: failure notice",
        "Your mail could not be delivered.\n\n550 gone@example.net...User unknown\n",
    )
    assert [(each.recipient, each.permanent) for each in kind.bounce] == [
        ("gone@example.net", True)
    ]


def test_a_mail_that_is_postponed_is_late(sort: Sort) -> None:
    kind = sort(
        "From: postmaster@example.net\nSubject: Mail Delivery Warning",
        'Delivery of email to this address\n\n"late@example.net"\n\nhas been postponed due to a '
        "full mailbox.\n",
    )
    assert [(each.recipient, each.status, each.action) for each in kind.bounce] == [
        ("late@example.net", "4.2.2", "delayed")
    ]


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (
            "Warning: message 1abc delayed 24 hours",
            (
                "A message that you sent has not yet been delivered to one of its recipients.\n"
                "The address to which it has not yet been delivered is:\n\n  late@example.net\n"
            ),
        ),
        (
            "Delivery Status Notification (Delay)",
            (
                "THIS IS A WARNING MESSAGE ONLY.\n\nDelivery to the following recipient has been "
                "delayed:\n\n  late@example.net\n\nMessage will be retried for 2 more day(s)\n"
            ),
        ),
    ],
)
def test_a_warning_says_that_the_mail_is_late(sort: Sort, subject: str, text: str) -> None:
    kind = sort(f"Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nSubject: {subject}", text)
    (found,) = kind.bounce
    assert (found.recipient, found.action) == ("late@example.net", "delayed")
    assert found.status.startswith("4.")
    assert not found.permanent


@pytest.mark.parametrize(
    "path", ["<>", "<null>", "<MAILER-DAEMON>", "<MAILER-DAEMON@mx.example.net>", "< >"]
)
def test_a_reverse_path_is_empty_in_several_ways(sort: Sort, path: str) -> None:
    kind = sort(
        f"Return-Path: {path}\nFrom: robot@example.net\nSubject: News",
        "Your message could not be delivered:\n\n<gone@example.net>: 550 5.1.1 User unknown\n",
    )
    assert kind.kind is MessageKind.BOUNCE
