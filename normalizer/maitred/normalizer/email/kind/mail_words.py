"""The words of one part of a mail, read only when its kind hangs on them."""

from __future__ import annotations

from maitred.normalizer import html
from maitred.normalizer.email.charset import text_of
from maitred.normalizer.email.mime import Part


def words_of(part: Part, bytes_max: int) -> str:
    """Return the text of a part, at most `bytes_max` of its content, HTML made readable."""
    data, _ = part.content()
    charset = part.parameters.get("charset", "")
    text, _ = text_of(data[:bytes_max], charset)
    return html.readable(text) if part.media_type == "text/html" else text
