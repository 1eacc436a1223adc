"""What people type in Slack's own message box reads as they see it."""

from __future__ import annotations

import pytest

from maitred.contracts.message import Message, PartKind
from tests.normalizer.slack.callbacks import Json, Read, event, points, quote, rich, section


def in_order(message: Message) -> list[tuple[PartKind, str]]:
    fields = {PartKind.TEXT: message.text}
    return [
        (part.kind, fields.get(part.kind, message.quoted)[part.start : part.end])
        for part in message.parts
    ]


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ({"type": "text", "text": "a <b> & c"}, "a <b> & c"),
        ({"type": "text", "text": "bold ", "style": {"bold": True}}, "*bold*"),
        ({"type": "text", "text": "x", "style": {"italic": True, "strike": True}}, "_~x~_"),
        ({"type": "text", "text": "x = 1", "style": {"code": True}}, "`x = 1`"),
        ({"type": "text", "text": "x", "style": {"bold": False, "underline": True}}, "x"),
        ({"type": "text", "text": " ", "style": {"bold": True}}, ""),
        ({"type": "user", "user_id": "U9"}, "@U9"),
        ({"type": "channel", "channel_id": "C9"}, "#C9"),
        ({"type": "usergroup", "usergroup_id": "S9"}, "@S9"),
        ({"type": "team", "team_id": "T9"}, "@T9"),
        ({"type": "broadcast", "range": "here"}, "@here"),
        ({"type": "link", "url": "https://a.example"}, "https://a.example"),
        ({"type": "link", "url": "https://a.example", "text": "it"}, "it (https://a.example)"),
        ({"type": "link", "url": "mailto:a@b.example", "text": "a@b.example"}, "a@b.example"),
        ({"type": "emoji", "name": "wave", "skin_tone": 3, "unicode": "1f44b-1f3fc"}, "👋🏼"),
        ({"type": "emoji", "name": "wave::skin-tone-2"}, "👋🏻"),
        ({"type": "emoji", "name": "our_logo"}, ":our_logo:"),
        ({"type": "emoji", "name": "smile", "unicode": "no-code-points"}, "😄"),
        ({"type": "color", "value": "#F405B3"}, "#F405B3"),
        (
            {"type": "date", "timestamp": 1720710212, "format": "{date_num} at {time}"},
            "2024-07-11 at 15:03 UTC",
        ),
        (
            {
                "type": "date",
                "timestamp": 1720710212,
                "format": "{date_num}",
                "fallback": "July",
                "url": "https://a.example",
            },
            "July (https://a.example)",
        ),
        ({"type": "of_next_year", "label": "a thing", "url": "https://a.example"},
         "a thing (https://a.example)"),
        ({"type": 7, "text": "odd"}, "odd"),
    ],
)  # fmt: skip
def test_each_element_is_shown(read: Read, element: Json, text: str) -> None:
    blocks = rich(section("say ", element))
    assert read(event(blocks=blocks, text="")).text == f"say {text}".rstrip()


def test_the_author_is_named_where_he_is_mentioned(read: Read) -> None:
    profile = {"display_name": "Kim", "real_name": "Kim Vo"}
    message = read(event(text="<@U1> and <@U2>", user_profile=profile))
    assert message.text == "@Kim and @U2"


def test_lists_keep_their_points_their_order_and_their_depth(read: Read) -> None:
    message = read(
        event(
            text="",
            blocks=rich(
                section("Two things:"),
                points("bullet", "late", "cold"),
                points("bullet", "very cold", indent=1),
                points("bullet", "as ice", indent=2),
                points("ordered", "refund", "excuse"),
                points("ordered", "in euros", "at once", indent=1),
                points("ordered", "by bank", indent=2, offset=3),
                points("ordered", "coffee", offset=2),
            ),
        )
    )
    assert message.text == (
        "Two things:\n• late\n• cold\n    ◦ very cold\n        ▪ as ice\n1. refund\n2. excuse\n"
        "    a. in euros\n    b. at once\n        iv. by bank\n3. coffee"
    )


def test_what_is_quoted_stands_apart_in_its_order(read: Read) -> None:
    message = read(
        event(
            text="&gt; Where is it?\nHere.\n&gt; When?\nNow.",
            blocks=rich(
                quote("Where is it?\nTell me."), section("Here."), quote("When?"), section("Now.")
            ),
        )
    )
    assert message.text == "Here.\n\nNow."
    assert in_order(message) == [
        (PartKind.QUOTE, "> Where is it?\n> Tell me."),
        (PartKind.TEXT, "Here."),
        (PartKind.QUOTE, "> When?"),
        (PartKind.TEXT, "Now."),
    ]


def test_a_list_within_a_quote_is_quoted(read: Read) -> None:
    message = read(event(text="", blocks=rich(points("bullet", "a", "b", border=1), section("No"))))
    assert (message.quoted, message.text) == ("> • a\n> • b", "No")


def test_code_stands_as_it_is(read: Read) -> None:
    code = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "> a:\n  :b:"}]}
    message = read(event(text="", blocks=rich(section("It says"), code)))
    assert message.text == "It says\n```> a:\n  :b:```"
    assert message.quoted == ""


def test_blocks_and_text_agree(read: Read) -> None:
    blocks = rich(
        section("Hi ", {"type": "user", "user_id": "U2"}, ", ",
                {"type": "text", "text": "please", "style": {"bold": True}}, " see ",
                {"type": "link", "url": "https://a.example/7", "text": "it"}, " ",
                {"type": "emoji", "name": "pray", "unicode": "1f64f"}, "\n"),
        quote("was"),
        section("is"),
    )  # fmt: skip
    text = "Hi <@U2>, *please* see <https://a.example/7|it> :pray:\n&gt; was\nis"
    of_blocks, of_text = read(event(text="", blocks=blocks)), read(event(text=text))
    assert (
        of_blocks.text == of_text.text == "Hi @U2, *please* see it (https://a.example/7) 🙏\n\nis"
    )
    assert of_blocks.parts == of_text.parts
    assert of_blocks.quoted == of_text.quoted


def test_a_text_that_was_cut_gives_way_to_the_blocks(read: Read) -> None:
    whole = "It is late. " * 50
    assert read(event(text="It is late...", blocks=rich(section(whole)))).text == whole.strip()


def test_blocks_without_the_words_give_way_to_the_text(read: Read) -> None:
    blocks = rich(section({"type": "of_next_year"}))
    assert read(event(text="all of the words", blocks=blocks)).text == "all of the words"
    assert read(event(text="words", blocks="odd")).text == "words"
