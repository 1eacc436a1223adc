"""Lists and newsletters stand apart, and customers who come through a list of ours do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maitred.contracts.message import MessageKind
from maitred.normalizer.email.kind import Kind

Sort = Callable[..., Kind]

US = ("support@shop.example",)


@pytest.mark.parametrize(
    "header",
    [
        "List-Id: Users <users.lists.example.org>",
        "List-Post: <mailto:users@lists.example.org>",
        "Precedence: list",
        "X-Mailman-Version: 2.1\nPrecedence: list",
        (
            "Mailing-List: list users@googlegroups.com; contact users+owners@googlegroups.com\n"
            "X-Google-Group-Id: 1\nTo: users@googlegroups.com"
        ),
        "List-Unsubscribe: <https://n.example/u>\nPrecedence: bulk",
        "List-Unsubscribe: <https://n.example>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "List-Unsubscribe: <https://n.example/u>\nFeedback-ID: 1:2:campaign:esp",
        "List-Unsubscribe: <https://n.example/u>\nX-Campaign: spring",
        "X-Mailing-List: linux@vger.example",
        "List-Id: <users.lists.example.org>\nAuto-Submitted: auto-generated",
        "List-Id: <users.lists.example.org>\nTo: support@shop.example",
    ],
)
def test_what_was_written_to_many_is_a_list(sort: Sort, header: str) -> None:
    kind = sort(f"{header}\nSubject: News", to=US)
    assert kind.kind is MessageKind.MAILING_LIST


@pytest.mark.parametrize(
    "header",
    [
        "List-Post: <mailto:support@shop.example>\nTo: support@shop.example",
        (
            "List-Id: <support.shop.example>\nMailing-List: list support@shop.example; contact x\n"
            "Precedence: list\nX-Google-Group-Id: 1\nList-Unsubscribe: <mailto:x@shop.example>"
        ),
        "List-Id: <help.mail.shop.example>",
        "List-Post: <mailto:info@brand.example>\nX-Google-Group-Id: 7\nTo: info@brand.example",
        (
            "List-Id: <users.lists.example.org>\nIn-Reply-To: <1@shop.example>\n"
            "To: support@shop.example\nCc: users@lists.example.org"
        ),
    ],
)
def test_a_customer_who_comes_through_a_list_of_ours_is_a_person(sort: Sort, header: str) -> None:
    kind = sort(f"{header}\nSubject: Where is my order?", to=US)
    assert kind.kind is MessageKind.MESSAGE
    assert kind.flags == ("via_list",)


@pytest.mark.parametrize(
    "header",
    [
        "List-Unsubscribe: <mailto:stop@crm.example>",
        "List-Unsubscribe: <mailto:stop@crm.example>\nFeedback-ID: 1:crm\nIn-Reply-To: <1@x>",
        "X-Yahoo-Newman-Property: ymail-3\nX-Yahoo-Newman-Id: 1",
        "Feedback-ID: 1:crm\nPrecedence: bulk",
    ],
)
def test_what_a_sales_program_adds_to_a_person_s_mail_makes_no_newsletter(
    sort: Sort, header: str
) -> None:
    assert sort(f"{header}\nSubject: Your offer", to=US).kind is MessageKind.MESSAGE


def test_a_machine_that_answers_with_a_list_s_fields_is_a_machine(sort: Sort) -> None:
    kind = sort("List-Id: <users.lists.example.org>\nAuto-Submitted: auto-replied")
    assert kind.kind is MessageKind.AUTO_REPLY


def test_an_absence_that_comes_through_our_own_list_is_an_absence(sort: Sort) -> None:
    header = "List-Id: <support.shop.example>\nSubject: Automatic reply: order 7"
    assert sort(header, "I am away.", to=US).kind is MessageKind.AUTO_REPLY
