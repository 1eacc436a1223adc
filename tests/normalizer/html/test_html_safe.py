"""Nothing in a sanitised mail acts, and nothing in it loads."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from maitred.contracts.limits import MESSAGE_HTML_BYTES_MAX
from maitred.normalizer.html import bound, pieces, read, readable, safe, sanitise

_ELEMENTS = frozenset(
    "html head body a abbr acronym article aside b bdi bdo blockquote br caption center cite code "  # noqa: SIM905  (legible)
    "col colgroup data dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 "
    "h5 h6 header hgroup hr i img ins kbd li mark nav ol p pre q rp rt rtc ruby s samp small span "
    "strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
_ATTRIBUTES = frozenset(
    "dir lang title href rel alt src width height data-remote colspan rowspan start color".split()  # noqa: SIM905  (legible)
)
_ADDRESSES = ("http://", "https://", "mailto:", "tel:", "cid:")


def assert_harmless(markup: str) -> None:
    """Assert of the tree that a browser makes of `markup` that it neither acts nor loads."""
    root = LexborHTMLParser(markup).root
    assert root is not None
    for node in root.traverse():
        assert node.tag in _ELEMENTS, node.tag
        for name, value in node.attributes.items():
            assert name in _ATTRIBUTES, name
            written = (value or "").lower()
            if name == "src":
                assert node.tag == "img"
                assert written.startswith("cid:")
            if name == "href":
                assert node.tag == "a"
                assert written.startswith(_ADDRESSES)
                assert node.attributes["rel"] == "noopener noreferrer nofollow"
            if name == "data-remote":
                assert "://" not in written.partition("/")[0]


# Of the OWASP cheat sheet on filter evasion, of DOMPurify's and of mail filters' test families.
VECTORS = [
    orjson.loads(line)
    for line in (Path(__file__).parent / "fixtures" / "vectors.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_acts_or_loads_or_changes_when_cleaned_again(vector: str) -> None:
    source, _ = bound(vector)
    safe, _ = sanitise(source)
    assert_harmless(safe)
    assert sanitise(safe)[0] == safe


_NASTY = st.sampled_from(
    [
        *VECTORS,
        *"<table> <td> <tr> </table> <p> </p> <b> <i> </b> <a> </a> <svg> <math> </math>".split(),  # noqa: SIM905  (legible)
        *"<select> <option> <style> </style> <title> </title> <pre>\n <br> <li> <ul> <h1>".split(),  # noqa: SIM905  (legible)
        "<form>", "</form>", "<font>", "</font>", "<foreignObject>", "<mtext>", "<annotation-xml>",
        "<frameset>", "<caption>", "<colgroup>", "<nobr>", "<button>", "<template>", "</template>",
        "<!--", "-->", "--!>", "<![CDATA[", "]]>", '"', "'", "<", ">", "&lt;", "&", "words", "\n",
        '<div style="display:none">', "<div class=gmail_quote>", "<blockquote type=cite>", "</div>",
        '<img src="https://e.example/a.png" alt="', "<img src=//e.example/t width=1 height=1>",
    ]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(_NASTY | st.text(max_size=8), max_size=14).map("".join))
def test_no_mixture_acts_loads_or_changes_when_cleaned_again(mixture: str) -> None:
    source, _ = bound(mixture)
    safe, _ = sanitise(source)
    assert_harmless(safe)
    assert sanitise(safe)[0] == safe
    assert sanitise(source)[0] == safe


@settings(max_examples=300)
@given(st.lists(_NASTY | st.text(max_size=8), max_size=14).map("".join))
def test_reading_once_gives_what_reading_twice_gives(mixture: str) -> None:
    source, _ = bound(mixture)
    reading = read(source)
    assert reading.pieces == pieces(source)
    assert (reading.html, reading.flags) == sanitise(source)
    assert "".join(piece.text for piece in reading.pieces) == readable(source)


@pytest.mark.parametrize(
    "image",
    [
        '<img src="https://t.example/o" width="1" height="1">',
        '<img src="https://t.example/o" width=0 height=0 alt="">',
        '<img src="//t.example/o" style="width:1px;height:1px">',
        '<img src="http://t.example/o" height="1">',
        '<img src="https://t.example/logo.png" alt="Logo" style="display:none">',
        '<div style="display:none"><b><img src="https://t.example/o"></b></div>',
        '<img src="https://t.example/pixel.gif">',
        '<img src="https://t.example/wf/open?upn=4711">',
    ],
)
def test_tracking_pixels_are_removed_and_noted(image: str) -> None:
    assert sanitise(f"<p>Hi</p>{image}") == ("<p>Hi</p>", ("tracker_removed",))


@pytest.mark.parametrize(
    "image",
    [
        '<img src="https://cdn.example/a.png" width=600 height=1>',
        '<img src="https://cdn.example/open.png" alt="We are open">',
        '<img src="https://cdn.example/open.png" width="120">',
        '<img src="https://cdn.example/a.png">',
    ],
)
def test_images_to_look_at_are_no_trackers(image: str) -> None:
    safe, flags = sanitise(image)
    assert flags == ()
    assert 'data-remote="cdn.example/' in safe


@pytest.mark.parametrize(
    ("image", "placeholder"),
    [
        (
            '<img src="https://cdn.example/a.png?x=1&y=2" alt="Logo">',
            '<img alt="Logo" data-remote="cdn.example/a.png?x=1&amp;y=2" title="cdn.example">',
        ),
        (
            '<img src="http://cdn.example:81/a">',
            '<img data-remote="cdn.example:81/a" alt="[cdn.example:81]" title="cdn.example:81">',
        ),
        ('<img src="cid:logo@x" alt="Logo">', '<img src="cid:logo@x" alt="Logo">'),
        ('<img src="data:image/png;base64,AAAA" alt="x">', '<img alt="x">'),
    ],
)
def test_a_remote_image_leaves_a_placeholder_that_names_it(image: str, placeholder: str) -> None:
    assert sanitise(image)[0] == placeholder


def test_marks_that_turn_a_line_around_do_not_come_back_by_reference() -> None:
    assert sanitise("a&#8238;b&#x202e;") == ("ab", ("bidi_removed",))


def test_links_stay_and_tell_nothing_of_the_page_they_stand_on() -> None:
    safe, _ = sanitise('<a href="https://a.example/x" target="_blank" onclick="x()">there</a>')
    assert safe == '<a href="https://a.example/x" rel="noopener noreferrer nofollow">there</a>'


def test_what_never_stays_as_it_is_is_shown_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe, "ROUNDS_MAX", 1)
    assert sanitise("<p><button><p>a &lt; b</p></button></p>")[0] == "a &lt; b"


def test_long_text_is_cut_and_kept() -> None:
    shown, flags = sanitise("x" * MESSAGE_HTML_BYTES_MAX + "yz")
    assert flags == ("html_cut",)
    assert set(shown) == {"x"}


def test_long_html_is_cut_where_it_stays_whole() -> None:
    safe, flags = sanitise("<p><b>word</b></p>" * 20_000)
    assert flags == ("html_cut",)
    assert len(safe.encode()) <= MESSAGE_HTML_BYTES_MAX
    assert safe.count("<b>") == safe.count("</b>") > 1_000
