"""However a mail is built, every word that can be seen is read once, and in its order."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from maitred.normalizer.html import pieces, readable, sanitise

_AROUND = [
    "<div>{}</div>",
    "<p>{}</p>",
    "<b>{}</b>",
    "<pre>{}\n</pre>",
    "<ul><li>{}</li><li>{}</li></ul>",
    '<ol start="4"><li>{}</li></ol>',
    "<table><tr><td>{}</td><td>{}</td></tr></table>",
    "<table border=1><tr><th>{}</th></tr><tr><td>{}</td><td>{}</td></tr></table>",
    '<a href="https://a.example/x">{}</a>',
    "<blockquote>{}</blockquote>",
    "<blockquote type=cite>{}</blockquote>",
    "<blockquote type=cite>Begin forwarded message:<br>{}</blockquote>",
    "<div class=gmail_quote>On 12 May 2025, Ann wrote:<blockquote>{}</blockquote>{}</div>",
    "<div class=gmail_quote>-------- Forwarded message --------<br>{}</div>",
    "<div class=gmail_signature>{}</div>",
    "<div class=moz-forward-container>{}</div>",
    '<div id="ms-outlook-mobile-signature">{}</div>',
    '<br id="lineBreakAtBeginningOfSignature">{}',
    '<div id="divRplyFwdMsg"><b>From:</b> a@example.com<br>{}</div>',
    '<div style="border-top:solid 1pt"><b>From:</b> a@example.com<br><b>To:</b> b<br>{}</div>',
    "12.05.2025, Ann &lt;a@example.com&gt;:{}",
    '<hr tabindex="-1">{}',
    "<h2>{}</h2>{}<br>{}",
    "{} {}",
]


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(_AROUND), st.lists(inner, min_size=3, max_size=3)).map(
        lambda pair: pair[0].format(*pair[1])
    )


_MAILS = st.lists(st.recursive(st.just(" word "), _nested, max_leaves=12), max_size=4).map("".join)


@settings(max_examples=300)
@given(_MAILS)
def test_every_word_is_read_once_in_its_order(shape: str) -> None:
    count = shape.count("word")
    words = iter(range(count))
    source = re.sub("word", lambda _: f"word{next(words)}", shape)
    expected = [f"word{number}" for number in range(count)]
    joined = "".join(piece.text for piece in pieces(source))
    assert re.findall(r"word\d+", joined) == expected
    assert readable(source) == joined
    assert "\n\n\n" not in joined
    assert re.findall(r"word\d+", sanitise(source)[0]) == expected


@settings(max_examples=300)
@given(st.text())
def test_text_without_markup_is_text(text: str) -> None:
    source = text.replace("<", "").replace("&", "")
    assert len(pieces(source)) <= 1
