"""Whether an address is dead is told by what was said, when, and with which code."""

from __future__ import annotations

import pytest

from maitred.normalizer.email.kind.bounce_reason import judge

DEAD = [
    "550 5.1.1 <x@example.net>: Recipient address rejected: User unknown",
    "550 No such user here",
    "550-5.1.1 The email account that you tried to reach does not\n550-5.1.1 exist. Please try",
    "550 Requested action not taken: mailbox unavailable",
    "550 5.4.1 [x@example.net]: Recipient address rejected: Access denied",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "554 delivery error: dd This user doesn't have an account (x@example.net) [0]",
    "551 5.1.6 Recipient has moved to a new address",
    "556 5.1.10 Domain does not accept mail (nullMX)",
    "Sorry, no mailbox here by that name. (#5.1.1)",
    "Sorry, I couldn't find any host named nowhere.example. (#5.1.2)",
    "Host or domain name not found. Name service error for name=nowhere.example: Host not found",
    "DNS Error: DNS type 'mx' lookup of nowhere.example responded with code NXDOMAIN",
    "550 5.1.1",
    "550 5.1.1 Denied by policy",
    "User x (x@example.net) not listed in Domino Directory",
    "550 Empfänger unbekannt",
    "550 5.5.0 Adresse d'au moins un destinataire invalide",
    "550 Такого пользователя нет",
    "550 ユーザーが見つかりません",
    "550 用户不存在",
    "550 Der Empfängername wurde nicht erkannt",
    "550 ada@example.net...User unknown",
    "550 #5.1.0 Address rejected.",
    "192.0.2.1 does not like recipient.\nRemote host said: 550 sorry\nGiving up on 192.0.2.1.",
    "No MX or A records found for domain nowhere.example",
    "Recipient has moved, please use the new address",
    "this email address is wrong or no longer valid",
    "550 Unknown user (Exim 4.94.2)",
    "551 not our user",
    "550 Nie ma takiego konta",
    "L'adresse de messagerie ci-dessus n'existe pas",
]
ALIVE = [
    "552 5.2.2 Mailbox full",
    "550 5.1.1 User x is over quota",
    "452 4.2.2 The email account that you tried to reach is over quota",
    "550 5.2.1 The email account that you tried to reach is disabled",
    "550 5.7.1 Message rejected as spam by content filtering, user unknown",
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example.net",
    "550 5.7.26 Unauthenticated email from example.com is not accepted due to DMARC policy",
    "550 5.7.25 Reverse DNS validation failed",
    "550 5.7.1 Relaying denied",
    "553 5.1.8 Domain of sender address us@example.org does not exist",
    "550 5.1.7 No such domain",
    "501 Invalid domain name: my name was rejected",
    "552 5.3.4 Message size exceeds fixed limit",
    "550 5.2.0 User unknown",
    "550 User unknown (in reply to end of DATA command)",
    "421 4.7.0 Too many connections, user unknown",
    "connection timed out",
    "retry timeout exceeded",
    "554 5.4.6 Too many hops, mail loop detected",
    "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required",
    "x-unix; procmail: no such user",
    "550 Postfach ist voll",
    "192.0.2.1 does not like recipient.\nRemote host said: 550 5.7.1 Rejected by local policy",
    "192.0.2.1 does not like recipient.\nRemote host said: 550 High probability of spam",
    "This person's account is exceeding their quota.",
    "550 5.1.0 192.0.2.1 is not allowed to send mail",
    "550 mailbox for postmaster-unknown-user@example.net is full: see https://e.example/user-unknown",
    "",
]


@pytest.mark.parametrize("diagnostic", DEAD)
def test_these_words_mean_that_the_address_is_dead(diagnostic: str) -> None:
    assert judge(diagnostic).permanent


@pytest.mark.parametrize("diagnostic", ALIVE)
def test_these_words_say_nothing_of_the_address(diagnostic: str) -> None:
    assert not judge(diagnostic).permanent


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_an_address_is_dead_only_when_the_server_has_given_up(action: str) -> None:
    assert not judge("550 5.1.1 User unknown", action=action).permanent


def test_a_temporary_code_kills_an_address_only_with_words_that_do() -> None:
    assert not judge("", status="4.1.1").permanent
    assert judge("450 4.1.1 User unknown", status="4.1.1").permanent


def test_a_code_about_the_address_outweighs_that_it_came_late() -> None:
    assert judge("550 5.1.1 User unknown (in reply to end of DATA command)").permanent


@pytest.mark.parametrize(
    ("diagnostic", "status"),
    [
        ("550 No such user here", "5.1.1"),
        ("550 Host unknown", "5.1.2"),
        ("551 User has moved", "5.1.6"),
        ("This domain does not accept mail (nullMX)", "5.1.10"),
        ("552 Mailbox full", "5.2.2"),
        ("452 Mailbox full", "4.2.2"),
        ("450 Greylisted, see policy", "4.7.1"),
        ("554 Message looks like spam", "5.7.1"),
        ("554 Message too large", "5.3.4"),
        ("retry timeout exceeded", "5.4.7"),
        ("550 SPF check failed", "5.7.26"),
        ("550 no PTR record for your host", "5.7.25"),
        ("550 sorry", "5.0.0"),
        ("450 sorry", "4.0.0"),
        ("sorry", ""),
        ("550 sorry\nGiving up on 192.0.2.1.", "5.0.0"),
        ("550 sorry (Exim 4.94.2)", "5.0.0"),
        ("550 sorry, 5.10.23", "5.0.0"),
    ],
)
def test_a_code_is_derived_where_none_is_given(diagnostic: str, status: str) -> None:
    assert judge(diagnostic).status == status


def test_what_is_late_gets_a_code_of_its_class() -> None:
    assert judge("The message has been delayed", action="delayed").status == "4.4.7"


@pytest.mark.parametrize(
    "text",
    ["running version 5.5.1", "from 192.5.1.1", "mail server v4.6.1", "on 14.5.2.1 port 25"],
)
def test_not_every_three_numbers_are_a_code(text: str) -> None:
    assert not judge(text).status
