"""Mrkdwn reads as Slack shows it."""

from __future__ import annotations

import pytest

from maitred.contracts.message import PartKind
from maitred.normalizer.slack.date import SECONDS_MAX, shown
from maitred.normalizer.slack.mrkdwn import pieces, plain
from tests.normalizer.growth import RATIO_MAX, ratio

TEXT, QUOTE = PartKind.TEXT, PartKind.QUOTE


@pytest.mark.parametrize(
    ("mrkdwn", "text"),
    [
        ("<@U1>", "@U1"),
        ("<@U1|ada>", "@ada"),
        ("<@U7>", "@Kim Vo"),
        ("<#C1|general>", "#general"),
        ("<#C1|>", "#C1"),
        ("<https://a.example>", "https://a.example"),
        ("<https://a.example|a.example>", "https://a.example"),
        ("<https://a.example/?a=1&amp;b=:smile:|the page>", "the page (https://a.example/?a=1&b=:smile:)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<mailto:a@b.example|write us>", "write us (a@b.example)"),
        ("<tel:+14155550123|+14155550123>", "+14155550123"),
        ("<!here>", "@here"),
        ("<!here|here>", "here"),
        ("<!channel>", "@channel"),
        ("<!subteam^S1|@crew>", "@crew"),
        ("<!subteam^S1>", "@S1"),
        ("<!date^1^{date}|today>", "today"),
        ("&amp;lt;", "&lt;"),
        ("a < b > c", "a < b > c"),
        ("1 &lt; 2 &amp; 3 &gt; 2", "1 < 2 & 3 > 2"),
        ("*bold* _it_ ~no~ `x`", "*bold* _it_ ~no~ `x`"),
        ("<https://a.example", "<https://a.example"),
        ("<>", "<>"),
    ],
)  # fmt: skip
def test_mrkdwn_reads_as_it_looks(mrkdwn: str, text: str) -> None:
    assert plain(mrkdwn, {"U7": "Kim Vo"}) == text


@pytest.mark.parametrize(
    ("mrkdwn", "text"),
    [
        (":smile:", "😄"),
        (":+1::+1::skin-tone-6:", "👍👍🏿"),
        ("well :wave::skin-tone-3:!", "well 👋🏼!"),
        (":flag-de: :uk: :us: :flag-england:", "🇩🇪 🇬🇧 🇺🇸 🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
        (":heart: :white_check_mark: :star-struck: :100:", "❤️ ✅ 🤩 💯"),
        (":man-woman-girl-boy: :female-doctor::skin-tone-2:", "👨‍👩‍👧‍👦 👩🏻‍⚕️"),
        (":party_parrot: :party_parrot::smile:", ":party_parrot: :party_parrot:😄"),
        (":-:smile:", ":-😄"),
        ("at 10:100:30 of fe80:a:b:1", "at 10:100:30 of fe80:a:b:1"),
        ("`:smile:` and ```:wave:\n:wave:``` :wave:", "`:smile:` and ```:wave:\n:wave:``` 👋"),
        ("``` :wave:", "``` 👋"),
        (": smile :", ": smile :"),
        ("`<https://a.example|a.example>`", "`https://a.example`"),
    ],
)
def test_standard_emoji_are_characters_and_a_workspaces_own_keep_their_name(
    mrkdwn: str, text: str
) -> None:
    assert plain(mrkdwn) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Posted {date_num} {time_secs}", "Posted 2014-02-18 14:39:42 UTC"),
        ("{date} at {time}", "February 18th, 2014 at 14:39 UTC"),
        ("{date_slash}", "18/02/2014"),
        ("{date_short}", "Feb 18, 2014"),
        ("{date_long}", "Tuesday, February 18th, 2014"),
        ("{date_long_full}", "February 18, 2014"),
        ("{date_pretty}", "February 18th, 2014"),
        ("{date_short_pretty}", "Feb 18, 2014"),
        ("{date_long_pretty}", "Tuesday, February 18th, 2014"),
        ("{day_divider_pretty}", "Tuesday, February 18th, 2014"),
        ("{ago}", "2014-02-18 14:39 UTC"),
        ("{date_num} {nonsense}", "2014-02-18 {nonsense}"),
    ],
)
def test_a_date_without_a_fallback_is_written_out_in_utc(template: str, text: str) -> None:
    assert plain(f"<!date^1392734382^{template}>") == text
    link = "https://a.example/e"
    assert plain(f"<!date^1392734382^{template}^{link}>") == f"{text} ({link})"
    assert plain(f"<!date^1392734382^{template}^{link}|then>") == f"then ({link})"


@pytest.mark.parametrize(
    ("day", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (21, "21st"), (31, "31st")],
)
def test_days_have_their_endings(day: int, text: str) -> None:
    assert shown((day - 1) * 86_400, "{date}") == f"January {text}, 1970"


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("<!date^soon^{date}>", "{date}"),
        ("<!date^99999999999999^{date}>", "{date}"),
        (f"<!date^{SECONDS_MAX}^{{date_num}}>", "9999-12-31"),
        (f"<!date^{SECONDS_MAX + 1}^{{date_num}}>", "{date_num}"),
        ("<!date^1^tomorrow>", "tomorrow"),
        ("<!date>", "@date"),
    ],
)
def test_a_date_that_no_calendar_holds_stays_as_it_is_written(token: str, text: str) -> None:
    assert plain(token) == text


@pytest.mark.parametrize(
    ("mrkdwn", "parts"),
    [
        ("plain", [(TEXT, "plain")]),
        ("&gt; you said\nI say", [(QUOTE, "> you said\n"), (TEXT, "I say")]),
        ("> old form\nI say", [(QUOTE, "> old form\n"), (TEXT, "I say")]),
        (
            "one\n&gt;a\n&gt; b :smile:\ntwo",
            [(TEXT, "one\n"), (QUOTE, ">a\n"), (QUOTE, "> b 😄\n"), (TEXT, "two")],
        ),
        ("no &gt; quote", [(TEXT, "no > quote")]),
        (
            "see\n&gt;&gt;&gt; all\nof this\n",
            [(TEXT, "see\n"), (QUOTE, ">>> all\n"), (QUOTE, "of this\n")],
        ),
        ("```\n&gt; code\n```", [(TEXT, "```\n"), (TEXT, "> code\n"), (TEXT, "```")]),
        ("``` open\n&gt; quote", [(TEXT, "``` open\n"), (QUOTE, "> quote")]),
    ],
)
def test_what_is_quoted_stands_apart(mrkdwn: str, parts: list[tuple[PartKind, str]]) -> None:
    assert list(pieces(mrkdwn)) == parts


@pytest.mark.parametrize(
    "unit",
    ["<", "<a", "`", "```", "```<", ":", ":a", ":smile:", "<@U1>", "&gt;\n", "`a", "<!date^1^"],
)
def test_work_grows_with_the_length_alone(unit: str) -> None:
    assert ratio(lambda size: pieces(unit * (size // len(unit))), 25_000) < RATIO_MAX
