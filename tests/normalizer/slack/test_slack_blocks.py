"""What apps build of blocks and attachments reads as text; what people pass on is told apart."""

from __future__ import annotations

import pytest

from maitred.contracts.message import MessageKind
from tests.normalizer.slack.callbacks import Json, Read, event, rich, section

MRKDWN = {"type": "mrkdwn", "text": "*Order* <https://a.example/7|#7> :truck:"}
PLAIN = {"type": "plain_text", "text": "R&amp;D :wave:", "emoji": True}


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ({"type": "section", "text": MRKDWN}, "*Order* #7 (https://a.example/7) 🚚"),
        ({"type": "section", "fields": [MRKDWN, PLAIN]},
         "*Order* #7 (https://a.example/7) 🚚\nR&D 👋"),
        ({"type": "header", "text": PLAIN}, "R&D 👋"),
        ({"type": "context", "elements": [PLAIN, {"type": "image", "alt_text": "cat"}, PLAIN]},
         "R&D 👋 cat R&D 👋"),
        ({"type": "image", "image_url": "https://a.example/i.png", "alt_text": "a cat"},
         "a cat (https://a.example/i.png)"),
        ({"type": "image", "slack_file": {"id": "F1"}, "title": PLAIN, "alt_text": "a"}, "R&D 👋"),
        ({"type": "markdown", "text": "**all** of it"}, "**all** of it"),
        ({"type": "video", "title": PLAIN, "title_url": "https://a.example/v",
          "description": {"type": "plain_text", "text": "how to"}},
         "R&D 👋 (https://a.example/v)\nhow to"),
        ({"type": "table", "rows": [
            [{"type": "raw_text", "text": "item"}, {"type": "raw_text", "text": "price"}],
            [{"type": "rich_text", "elements": [section("cup")]},
             {"type": "raw_number", "value": 7}]]},
         "item | price\ncup | 7"),
        ({"type": "container", "title": PLAIN, "child_blocks": [
            {"type": "carousel", "elements": [
                {"type": "card", "title": PLAIN, "body": MRKDWN, "actions": [
                    {"type": "button", "text": PLAIN}]}]}]},
         "R&D 👋\nR&D 👋\n*Order* #7 (https://a.example/7) 🚚"),
        ({"type": "input", "label": PLAIN, "element": {"type": "plain_text_input"}}, "R&D 👋"),
        ({"type": "of_next_year", "text": "words"}, "words"),
        ({"type": "divider"}, ""),
        ({"type": "actions", "elements": [{"type": "button", "text": PLAIN}]}, ""),
    ],
)  # fmt: skip
def test_each_block_is_shown(read: Read, block: Json, text: str) -> None:
    message = read(event(text="", bot_id="B1", blocks=[block]))
    assert (message.kind, message.text) == (MessageKind.AUTO_REPLY, text)


def test_a_quote_in_a_section_stands_apart(read: Read) -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "You wrote\n&gt; late\nNoted."}}
    message = read(event(text="", bot_id="B1", blocks=[block]))
    assert (message.text, message.quoted) == ("You wrote\n\nNoted.", "> late")


def test_of_text_and_blocks_the_one_that_says_more_is_kept(read: Read) -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "Ticket"}}
    assert read(event(text="New ticket: no heat", blocks=[header])).text == "New ticket: no heat"
    assert read(event(text="New", blocks=[header])).text == "Ticket"


def test_a_classic_attachment_of_an_app_is_its_message(read: Read) -> None:
    attachment = {
        "fallback": "Ticket 7",
        "pretext": "New:",
        "title": "Ticket 7",
        "title_link": "https://a.example/7",
        "text": "no <https://a.example/h|heat>",
        "fields": [{"title": "Who", "value": "Kim"}, {"title": "", "value": "now"}, 7],
    }
    message = read(event(text="", subtype="bot_message", bot_id="B1", attachments=[attachment]))
    assert message.text == (
        "New:\nTicket 7 (https://a.example/7)\nno heat (https://a.example/h)\nWho: Kim\nnow"
    )
    only = read(event(text="", bot_id="B1", attachments=[{"fallback": "Ticket 7"}]))
    assert only.text == "Ticket 7"
    blocks = [{"type": "section", "text": MRKDWN}]
    built = read(event(text="", bot_id="B1", attachments=[{"fallback": "-", "blocks": blocks}]))
    assert built.text == "*Order* #7 (https://a.example/7) 🚚"


@pytest.mark.parametrize(
    "preview",
    [
        {"from_url": "https://a.example", "service_name": "A", "text": "their words"},
        {"is_app_unfurl": True, "app_unfurl_url": "https://a.example", "text": "their words"},
        {"original_url": "https://a.example", "title": "their words"},
        {
            "is_msg_unfurl": True,
            "from_url": "https://acme.slack.com/archives/C1/p1700000000123456?thread_ts=1&cid=C1",
            "text": "their words",
            "message_blocks": [{"message": {"blocks": rich(section("their words"))}}],
        },
    ],
)
def test_the_preview_of_a_link_is_nobodys_words(read: Read, preview: Json) -> None:
    link = "see <https://acme.slack.com/archives/C1/p1700000000123456?thread_ts=1&amp;cid=C1>"
    message = read(event(text=link, attachments=[preview]))
    assert message.text.startswith("see https://acme")
    assert "their words" not in message.text + message.quoted


SHARE = {
    "is_msg_unfurl": True,
    "is_share": True,
    "from_url": "https://acme.slack.com/archives/C2/p1600000000000001",
    "author_id": "U2",
    "author_name": "Bo",
    "text": "the boiler is &gt; out",
    "message_blocks": [
        {"team": "T1", "channel": "C2", "message": {"blocks": rich(section("the boiler is > out"))}}
    ],
    "files": [{"id": "F2", "name": "boiler.jpg", "size": 3}],
}


@pytest.mark.parametrize("share", [SHARE, {**SHARE, "is_share": False},
                                   {**SHARE, "message_blocks": []}])  # fmt: skip
def test_a_message_that_is_passed_on_is_forwarded(read: Read, share: Json) -> None:
    message = read(event(text="can you help?", attachments=[share]))
    assert message.text == "can you help?"
    assert message.quoted == "Bo:\nthe boiler is > out"
    assert message.flags == ("forwarded",)
    assert [file.name for file in message.attachments] == ["boiler.jpg"]


def test_a_message_can_be_passed_on_without_a_word(read: Read) -> None:
    message = read(event(text="", attachments=[SHARE]))
    assert (message.text, message.quoted) == ("", "Bo:\nthe boiler is > out")
