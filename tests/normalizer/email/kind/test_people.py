"""People write about bounces, answer them and pass them on: they stay people."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maitred.contracts.message import MessageKind
from maitred.normalizer.email.kind import Kind

Sort = Callable[..., Kind]

_QUOTED = (
    "\n\n> Hi. This is the qmail-send program at mx.example.net.\n> I'm afraid I wasn't able to "
    "deliver your message.\n> <shop@example.org>:\n> 550 5.1.1 User unknown\n"
)
MAILS = [
    ("My mail came back", f"Hello, why did I get this?{_QUOTED}"),
    ("Re: Undelivered Mail Returned to Sender", f"What is wrong with your address?{_QUOTED}"),
    ("Fwd: failure notice", f"Can you help?{_QUOTED}"),
    ("AW: Unzustellbar: Bestellung 7", "Die Adresse stimmt doch?"),
    ("Re: Automatic reply: order 7", "When will you be back?"),
    ("Undeliverable: my parcel", "My parcel could not be delivered to 5 Main Street. Call me."),
    ("Delivery failed again", "The courier says delivery failed. My address is ada@example.com."),
    ("Mail delivery problem", "Your newsletter is not delivered to bob@example.com. Error 550?"),
    ("Out of office chairs", "I want to order chairs for when we are out of office."),
    ("Out of office", "I was out of office last week, hence my late answer."),
    ("Order 550", "I was out of the office, so the parcel was returned to sender."),
    ("Automatic reply feature", "How do I switch on the automatic reply?"),
    ("Vacation rental", "I am on vacation in May. Is the flat free?"),
    ("Read: this is urgent", "Please read my message of Monday."),
    ("Accepted: your offer", "We accept your offer of 3 May."),
    ("Complaint about message from your agent", "He was rude."),
    ("Abuse report", "Somebody abuses my account."),
    ("Spam", "Your mails land in spam, it says 554 5.7.1 Message rejected as spam."),
    ("Message rejected", "Your form says: message rejected. Status: 5.1.1"),
    ("Unsubscribe", "Please take me off your list."),
    ("Rückgabe", "Mein Urlaub war schön. Das Paket konnte nicht zugestellt werden."),
    ("Non remis", "Le colis n'a pas été remis."),
    ("Undelivered", "Where is it?\n\nAddress:\nAda Example, 5 Main Street\nada@example.com"),
    ("Delivery failed", "Your parcel could not be delivered: address not found. Mail us again."),
    ("Mail delivery failed", "It says 550 5.1.1 user unknown for bob@example.com. What is wrong?"),
    ("Undelivered", ""),
    ("", ""),
]


@pytest.mark.parametrize("field", ["", "Return-Path: <ada@example.com>\n", "Precedence: bulk\n"])
@pytest.mark.parametrize(("subject", "text"), MAILS)
def test_a_person_is_a_person(sort: Sort, subject: str, text: str, field: str) -> None:
    kind = sort(f"{field}Subject: {subject}", text)
    assert kind.kind is MessageKind.MESSAGE
    assert kind.flags == ()
    assert kind.bounce == ()


@pytest.mark.parametrize(
    "field",
    [
        "X-Auto-Response-Suppress: All",
        "Auto-Submitted: no",
        "X-MS-Exchange-Inbox-Rules-Loop: boss@example.com",
        "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent",
        "X-Loop: support@example.org",
        "Precedence: first-class",
        "Precedence: bulk",
        "X-Autoreply: no",
        "List-Unsubscribe: <mailto:stop@crm.example>",
        "Feedback-ID: 1:crm",
        "X-Mailer: Microsoft Outlook 16.0",
        "Return-Path: <>",
        "Disposition-Notification-To: ada@example.com",
        "Sender: postmaster@example.com",
    ],
)
def test_fields_that_people_s_mail_carries_make_no_machine(sort: Sort, field: str) -> None:
    kind = sort(f"{field}\nSubject: Where is my order?", "It should have come on Monday.")
    assert kind.kind is MessageKind.MESSAGE


def test_whoever_writes_as_postmaster_may_be_a_person(sort: Sort) -> None:
    header = "From: postmaster@example.com\nSubject: Your certificate\n"
    assert sort(header, "It expires on Monday.").kind is MessageKind.MESSAGE
    kind = sort(f"{header}In-Reply-To: <1@example.org>", "Thanks, the parcel was rejected.")
    assert kind.kind is MessageKind.MESSAGE


@pytest.mark.parametrize(
    ("author", "subject", "text"),
    [
        ("no-reply@parcels.example", "Delivery failed: your parcel", "Address not found. Call us."),
        ("no-reply@example.com", "Message rejected", "Access denied: your comment was rejected."),
        ("postmaster@example.com", "What is 543 times 344", "What is 543 times 344"),
        ("postmaster@example.com", "My account", "I am not sure why my account is blocked."),
    ],
)
def test_those_who_read_no_answers_write_of_other_things_too(
    sort: Sort, author: str, subject: str, text: str
) -> None:
    assert sort(f"From: {author}\nSubject: {subject}", text).kind is MessageKind.MESSAGE


def test_a_mail_that_encloses_a_bounce_is_a_mail(sort: Sort) -> None:
    kind = sort(
        'Subject: Is this yours?\nContent-Type: multipart/mixed; boundary="b"',
        "--b\n\nSee the bounce that I got.\n--b\nContent-Type: message/rfc822\n\nReturn-Path: <>\n"
        "From: MAILER-DAEMON@example.net\nSubject: failure notice\n\nUser unknown\n--b--",
    )
    assert kind.kind is MessageKind.MESSAGE
