"""HTML becomes safe markup and readable text, in time that a stranger cannot stretch."""

from __future__ import annotations

import pytest

from maitred.normalizer.html import SOURCE_CHARACTERS_MAX, bound, readable, sanitise
from maitred.normalizer.html.load import ATTRIBUTES_MAX, MARKUP_MAX, is_hostile


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
        ("one<br><br><br><br>two", "one\n\ntwo"),
        ("<h1>Order</h1>your <h2>Lamp</h2>", "Order\n\nyour\n\nLamp"),
        ("<ul><li>one<ul><li>two<li>three</ul><li>four</ul>", "- one\n  - two\n  - three\n- four"),
        ('<ol start="3"><li>a<li value="7">b<li>c</ol>', "3. a\n7. b\n8. c"),
        (
            "<p>x</p><ul><li><p>one</p></li><li></li><li><p>two</p></li></ul>y",
            "x\n\n- one\n- two\n\ny",
        ),
        ("<pre>a\n\n\n  <b>b</b> c </pre>d", "a\n\n  b c\n\nd"),
        ('<div style="white-space: pre-wrap">a\n b</div>', "a\n b"),
        ("<ul><li></li></ul>after", "after"),
        ("a&nbsp;&nbsp;b &amp;lt; &euro;", "a b &lt; €"),
        ("so&shy;ft zero&#8203;width \u200c \u034f\u200c x", "soft zerowidth x"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ('<p dir="rtl">\u05e9\u05dc\u05d5\u05dd</p>', "\u05e9\u05dc\u05d5\u05dd"),
        ('<img alt="\U0001f600" data-emoji="x"> hi', "\U0001f600 hi"),
        ("<noscript>shown</noscript><iframe>not</iframe>", "shown"),
    ],
)
def test_html_reads_as_it_looks(source: str, text: str) -> None:
    assert readable(source) == text


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ('<a href="https://www.a.example/b?c=1">a.example/b</a>', "a.example/b"),
        (
            '<a href="https://a.example/very/long">https://a.example/ve…</a>',
            "https://a.example/ve…",
        ),
        ('<a href="https://evil.example">bank.example</a>', "bank.example (https://evil.example)"),
        ('<a href="https://a.example/here">here</a>', "here (https://a.example/here)"),
        ('<a href="https://a.example/a b">x</a>', "x (https://a.example/a%20b)"),
        ('<a href="mailto:a@b.example?subject=x">a@b.example</a>', "a@b.example"),
        ('<a href="tel:+15550100">call</a>', "call (+15550100)"),
        ('<a href="#top">up</a>', "up"),
        ('<a href="https://a.example"><img src="x"></a>', "https://a.example"),
        ('<a href="https://a.example"><img src="x" alt="Shop"></a>', "[Shop] (https://a.example)"),
        ('<a href="https://a.example"></a>', ""),
        (
            '<a href="https://a.example/1">one</a> <a href="https://a.example/1">two</a>',
            "one (https://a.example/1) two",
        ),
    ],
)
def test_an_address_is_written_once_and_only_where_the_words_do_not_say_it(
    link: str, text: str
) -> None:
    assert readable(link) == text


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("<table><tr><th>Item<th>Price<tr><td>Lamp<td>40 €</table>", "Item | Price\nLamp | 40 €"),
        (
            "<table><tr><td><p>Lamp</p></td><td><p>2</p></td></tr></table>after",
            "Lamp | 2\n\nafter",
        ),
        (
            "<table border=1><tr><td><p>Lamp</p><p>red</p><td>2<tr><td><td>3<tr><td>x<td></table>",
            "Lamp red | 2\n| 3\nx",
        ),
        ("a<table><tr><td>b</td></tr><tr><td>c</td></tr></table>d", "a\n\nb\nc\n\nd"),
        ('<table role="presentation"><tr><td>left<td>right</table>', "left\nright"),
        (
            "<table><tr><td><table><tr><td>Logo</table><td>&nbsp;<tr><td><p>One</p><p>Two</p></table>",
            "Logo\n\nOne\n\nTwo",
        ),
        (f"<table><tr><td>{'long ' * 50}<td>x</table>", f"{('long ' * 50).strip()}\nx"),
        ("<table><tr><td><td>only</table>", "only"),
        (
            "a<table><tr><td><table><tr><td>b</table><tr><td><table><tr><td>c</table></table>d",
            "a\n\nb\n\nc\n\nd",
        ),
    ],
)
def test_data_keeps_its_cells_and_a_layout_reads_as_paragraphs(table: str, text: str) -> None:
    assert readable(table) == text


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none !important;max-height:0">gone</div>',
        '<div style="DISPLAY: None">gone</div>',
        '<span style="visibility:hidden">gone</span>',
        '<span style="color:#fff; opacity: 0">gone</span>',
        '<div style="mso-hide:all">gone</div>',
        '<div style="max-height:0px; overflow:hidden">gone</div>',
        '<div style="font-size:0">gone</div>',
        '<div style="font:0/0 a">gone</div>',
        "<p hidden>gone</p>",
        "<style>@media print{.b{left:0}} .a, p.h{display:none}</style><p class='x H'>gone</p>",
        '<div style="/* x */display/**/:none">gone</div>',
    ],
)
def test_what_is_hidden_is_neither_read_nor_shown(hidden: str) -> None:
    source = f"{hidden}<p>seen</p>"
    assert readable(source) == "seen"
    assert "gone" not in sanitise(source)[0]
    assert "seen" in sanitise(source)[0]


@pytest.mark.parametrize(
    "shown",
    [
        '<td style="font-size:0px"><div style="font-size:13px">seen</div></td>',
        '<a style="mso-hide:all" href="https://a.example">seen</a>',
        '<p style="opacity:0.5;height:0;font-size:0.8em">seen</p>',
        "<style>@media print { .a { display:none } }</style><p class=a>seen</p>",
        '<p style="display:none-such">seen</p>',
    ],
)
def test_what_only_looks_hidden_is_read(shown: str) -> None:
    assert readable(shown).startswith("seen")
    assert "seen" in sanitise(shown)[0]


def test_words_between_any_tags_are_kept() -> None:
    source = "<x-y>un<section>known</x-y> elements <foo bar=1>speak</foo>"
    assert "".join(readable(source).split()) == "unknownelementsspeak"


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


def test_beyond_the_bound_of_markup_words_are_still_read() -> None:
    source = "<p>word &amp; more</p>" * (MARKUP_MAX // 2)
    assert len(readable(source).split()) == 3 * (MARKUP_MAX // 2)
    assert sanitise(source)[1] == ("html_cut",)


def test_ordinary_nesting_is_not_hostile() -> None:
    assert not is_hostile("<table><tr><td><div><p><b>x</b></p></div></td></tr></table>" * 3_000)
    assert not is_hostile("<blockquote>" * 100 + "x" * 1_000 + "</blockquote>" * 100)
