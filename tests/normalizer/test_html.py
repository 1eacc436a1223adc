"""HTML becomes safe markup and readable text, in time that a stranger cannot stretch."""

from __future__ import annotations

import pytest

from maitred.contracts.limits import MESSAGE_HTML_BYTES_MAX
from maitred.normalizer.html import SOURCE_CHARACTERS_MAX, bound, readable, sanitise
from maitred.normalizer.html_load import ATTRIBUTES_MAX, is_hostile


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("one<br>two", "one\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div>one<br></div><div>two</div>", "one\ntwo"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("<p>one</p>\n<p>two\n three</p>", "one\n\ntwo three"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
        ('<a href="https://a.example/b">there</a>!', "there (https://a.example/b)!"),
        ('<a href="https://a.example/">https://a.example</a>', "https://a.example"),
        ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
        ('<a href="javascript:alert(1)">press</a>', "press"),
        ("<table><tr><td>a<td>b<tr><th>c<th>d</table>", "a | b\nc | d"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<style>p{}</style><script>x()</script><title>t</title>seen", "seen"),
        ("<!-- hidden -->1 &lt; 2 &amp; 3", "1 < 2 & 3"),
        ('a <img src="x" alt="smile"> b', "a [smile] b"),
        ("<b>bo</b>ld", "bold"),
        ("", ""),
    ],
)
def test_html_reads_as_it_looks(source: str, text: str) -> None:
    assert readable(source) == text


def test_words_between_any_tags_are_kept() -> None:
    source = "<x-y>un<section>known</x-y> elements <foo bar=1>speak</foo>"
    assert "".join(readable(source).split()) == "unknownelementsspeak"


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "<svg onload=alert(1)>",
        '<iframe src="https://e.example"></iframe>',
        '<img src="https://t.example/pixel.gif">',
        '<div style="background:url(https://t.example/p)">x</div>',
        "<form action=/x><input name=q></form>",
        '<math><mtext></p><style><img src=x onerror="alert(1)"></style>',
    ],
)
def test_nothing_that_acts_or_loads_survives(attack: str) -> None:
    safe = sanitise(attack)[0].lower()
    for banned in (
        "script",
        "onerror",
        "onload",
        "iframe",
        "t.example",
        "<form",
        "<input",
        "style",
    ):
        assert banned not in safe


def test_images_of_the_mail_itself_stay() -> None:
    assert 'src="cid:logo@x"' in sanitise('<img src="cid:logo@x">')[0]


def test_long_html_is_cut_where_it_stays_whole() -> None:
    safe, flags = sanitise("<p><b>word</b></p>" * 20_000)
    assert flags == ("html_cut",)
    assert len(safe.encode()) <= MESSAGE_HTML_BYTES_MAX
    assert safe.count("<b>") == safe.count("</b>") > 1_000


def test_the_source_is_bounded() -> None:
    source, flags = bound("x" * (SOURCE_CHARACTERS_MAX + 1))
    assert len(source) == SOURCE_CHARACTERS_MAX
    assert flags == ("html_cut",)


@pytest.mark.parametrize(
    "bomb",
    [
        "<div>" * 60_000 + "words",
        "<p>" + "".join(f"<font color={n}>" for n in range(500)) + "<p>words" * 20_000,
        "<p " + " ".join(f"a{n}" for n in range(ATTRIBUTES_MAX * 2)) + ">words",
        '<p x=">" ' + "/".join(f"a{n}" for n in range(ATTRIBUTES_MAX * 2)) + ">words",
        "".join(f"<body a{n}>" for n in range(ATTRIBUTES_MAX * 2)) + "words",
    ],
)
def test_html_built_to_be_slow_is_read_without_a_parser(bomb: str) -> None:
    assert is_hostile(bomb)
    assert sanitise(bomb) == ("", ("html_hostile",))
    assert "words" in readable(bomb)


def test_ordinary_nesting_is_not_hostile() -> None:
    assert not is_hostile("<table><tr><td><div><p><b>x</b></p></div></td></tr></table>" * 3_000)
    assert not is_hostile("<blockquote>" * 100 + "x" * 1_000 + "</blockquote>" * 100)
