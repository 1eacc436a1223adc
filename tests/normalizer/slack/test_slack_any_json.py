"""Whatever JSON stands where Slack has its blocks, the decoder reads it in bounded work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maitred.contracts.errors import BadPayload
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import PartKind
from maitred.normalizer.port import DecodeContext
from maitred.normalizer.slack import body as slack_body
from maitred.normalizer.slack.decoder import decode
from tests.normalizer.growth import RATIO_MAX, ratio
from tests.normalizer.slack.callbacks import change, event, points, quote, rich, said, section

NAMES = st.sampled_from(
    [
        *("type", "text", "elements", "blocks", "style", "indent", "offset", "border", "fields"),
        *("title", "url", "user_id", "name", "unicode", "timestamp", "format", "rows", "value"),
        *("files", "attachments", "mode", "preview", "transcription", "is_share", "message"),
        *("message_blocks", "child_blocks", "from_url", "fallback", "author_name", "bold"),
    ]
)
TYPES = st.sampled_from(
    [
        *("rich_text", "rich_text_section", "rich_text_list", "rich_text_quote", "section"),
        *("rich_text_preformatted", "text", "emoji", "date", "link", "mrkdwn", "plain_text"),
        *("image", "context", "video", "table", "raw_text", "container", "actions", "ordered"),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet="<>&;:`~*_|@!# \n>a1\u202e\x00", max_size=12)
    | TYPES
    | st.sampled_from(["d800", "1f44b-1f3fc", "-1", "ffffffffff", "<!date^9^{date}>", ">>>"])
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=30,
)


def like_slack(level: st.SearchStrategy[Any], types: tuple[str, ...], *fields: str) -> Any:
    """Return objects of Slack's own shapes, any of whose fields may be any tree."""
    kinds = st.sampled_from((*types, *types, None, 7, [], {}))
    return st.fixed_dictionaries(
        {"type": kinds}, optional={"elements": st.lists(level, max_size=4) | TREES}
    ) | st.fixed_dictionaries({"type": kinds}, optional=dict.fromkeys(fields, level | TREES))


INLINE = like_slack(
    TREES,
    ("text", "link", "emoji", "date", "user", "x"),
    *("text", "url", "style", "unicode", "timestamp", "user_id"),
)
PARTS = like_slack(
    INLINE,
    ("rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"),
    *("elements", "style", "indent", "offset", "border"),
)
BLOCKS = like_slack(
    PARTS, ("rich_text", "section", "table", "image"), "elements", "text", "rows", "title"
)
EXTRAS = st.fixed_dictionaries(
    {"is_share": st.booleans(), "message_blocks": st.lists(TREES, max_size=2) | TREES},
    optional={"blocks": st.lists(BLOCKS, max_size=2), "files": TREES, "text": TREES},
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("text", "files", "user"), TREES),
        "blocks": st.lists(BLOCKS, max_size=3) | TREES,
        "attachments": st.lists(EXTRAS, max_size=2) | TREES,
    },
)


@settings(
    max_examples=300,
    deadline=None,  # the language model is read once, in whichever example comes first
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(now=MESSAGES, before=MESSAGES)
def test_any_tree_is_read_or_refused_and_always_alike(
    received: Callable[..., Inbound],
    context: DecodeContext,
    now: dict[str, Any],
    before: dict[str, Any],
) -> None:
    inbound = received("slack")
    for raw in (event(**now), change(said(**now), said(**before))):
        try:
            decoded = decode(inbound, raw, 1, context)
        except BadPayload:
            continue
        assert decode(inbound, raw, 1, context) == decoded
        decoded.message.text.encode()


WHOLE = said(
    user_profile={"display_name": "Kim"},
    bot_profile={"name": "Forms", "is_workflow_bot": True},
    text="see <https://a.example|it>",
    blocks=[
        *rich(
            section("a", {"type": "emoji", "name": "wave", "unicode": "1f44b"}),
            quote({"type": "link", "url": "https://a.example", "text": "b", "style": {"bold": 1}}),
            points("ordered", "c", indent=1, offset=2, border=1),
            section({"type": "date", "timestamp": 7, "format": "{date}", "fallback": ""}),
        ),
        {"type": "section", "text": {"type": "mrkdwn", "text": "d"}, "fields": [{"type": "e"}]},
        {"type": "context", "elements": [{"type": "image", "alt_text": "f", "title": {}}]},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "g"}, {"type": "raw_number"}]]},
        {"type": "video", "title": {"type": "plain_text", "text": "h"}, "description": "i"},
    ],
    files=[{"mode": "snippet", "user": "U1", "preview": "j", "transcription": {"preview": {}}}],
    attachments=[
        {"title": "k", "fields": [{"title": "l", "value": "m"}], "blocks": [{"type": "n"}]},
        {"is_share": True, "message_blocks": [{"message": {"blocks": rich(section("o"))}}]},
        {"is_msg_unfurl": True, "message_blocks": [], "from_url": "https://a.example"},
    ],
)


def mutations(tree: Any) -> Iterator[Any]:
    """Yield the tree with each of its values in turn replaced by something odd."""
    yield from ([], {}, [[]], [{}], {"type": []}, None, 7, -1, 1.5, True, "x")
    if isinstance(tree, dict):
        for key in tree:
            yield from ({**tree, key: value} for value in mutations(tree[key]))
    if isinstance(tree, list):
        for at in range(len(tree)):
            yield from ([*tree[:at], value, *tree[at + 1 :]] for value in mutations(tree[at]))


def test_any_field_may_hold_anything(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    inbound = received("slack")
    raws = [event(**each) for each in mutations(WHOLE) if isinstance(each, dict)]
    assert len(raws) > 1_000
    for raw in raws:
        with suppress(BadPayload):
            decode(inbound, raw, 1, context)


@given(parts=st.lists(st.text(alphabet="ab >&<:`\n", min_size=1, max_size=9), max_size=6))
def test_every_character_that_is_typed_is_kept(parts: list[str]) -> None:
    typed = said(text="", blocks=rich(*(section(part) for part in parts)))
    found = slack_body.read(typed, {}).pieces
    kept = "".join(piece.text for piece in found)
    assert "".join(kept.split()) == "".join("".join(parts).split())
    assert all(piece.kind is PartKind.TEXT for piece in found)


def nested(depth: int, kind: str, inside: str) -> bytes:
    tree = b'{"type":"%b","%b":[' % (kind.encode(), inside.encode()) * depth
    whole = orjson.dumps(said(blocks=["*"]))
    tree += b'{"type":"plain_text","text":"deep"}' + b"]}" * depth
    return b'{"team_id":"T1","event":' + whole.replace(b'"*"', tree) + b"}"


@pytest.mark.parametrize(
    ("kind", "inside"),
    [
        *(("x", field) for field in ("elements", "text", "title", "rows", "blocks")),
        *(("context", "elements"), ("image", "title"), ("video", "description")),
        *(("table", "rows"), ("rich_text", "elements"), ("container", "child_blocks")),
    ],
)
@pytest.mark.parametrize("depth", [1, 2, 50, 300])
def test_deep_nesting_is_no_fault(
    received: Callable[..., Inbound], context: DecodeContext, kind: str, inside: str, depth: int
) -> None:
    message = decode(received("slack"), nested(depth, kind, inside), 1, context).message
    assert message.text in {"hi", "deep"}


def test_nesting_beyond_all_json_is_refused(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    with pytest.raises(BadPayload):
        decode(received("slack"), nested(100_000, "x", "elements"), 1, context)


LISTED = {
    "lists": [[]],
    "objects": [{}],
    "texts": ["a"],
    "sections": rich(section("a")),
    "tokens": [{"type": "section", "text": {"type": "mrkdwn", "text": "<@U1> :a: &gt;"}}],
}


@pytest.mark.parametrize("field", ["blocks", "attachments", "files"])
@pytest.mark.parametrize("unit", LISTED.values(), ids=LISTED)
def test_long_lists_take_work_in_proportion(field: str, unit: list[Any]) -> None:
    def work(length: int) -> None:
        slack_body.read(said(**{field: unit * length, "text": "hi"}), {})

    assert ratio(work, 1_000) < RATIO_MAX


def test_many_shares_with_one_long_text_take_work_in_proportion() -> None:
    share = {"is_msg_unfurl": True, "message_blocks": [], "from_url": "https://a.example/p1"}

    def work(length: int) -> None:
        text = "https://a.example/p" * (5 * length)
        slack_body.read(said(text=text, attachments=[share] * length), {})

    assert ratio(work, 500) < RATIO_MAX
