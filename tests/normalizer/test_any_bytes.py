"""Whatever a stranger sends ends as a message or as `BadPayload`, and as nothing else."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maitred.contracts.errors import BadPayload
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Message
from maitred.normalizer.chat import decoder as chat
from maitred.normalizer.email import decoder as email
from maitred.normalizer.port import DecodeContext, Decoder
from maitred.normalizer.slack import decoder as slack
from maitred.normalizer.sms import decoder as sms

DECODERS: dict[str, Decoder] = {
    "email": email.decode,
    "sms": sms.decode,
    "slack": slack.decode,
    "chat": chat.decode,
}

words = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
stamps = st.sampled_from(["1700000000.123456", "99999999999.999999", "x", ""]) | json_values
spoken = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["message", "app_mention", "reaction_added"]) | json_values,
        "subtype": st.sampled_from(["message_changed", "message_deleted", "file_share"])
        | json_values,
        "channel": st.just("C1") | json_values,
        "ts": stamps,
        "deleted_ts": stamps,
        "thread_ts": stamps,
        "text": st.just("<@U1|a> <") | json_values,
        "files": st.lists(
            st.dictionaries(st.sampled_from(["name", "size", "url_private"]), json_values)
            | json_values,
            max_size=3,
        )
        | json_values,
        "reaction": json_values,
    },
)
slack_events = st.builds(
    lambda event, inner, item: orjson.dumps(
        {"team_id": "T1", "event": {**event, "message": inner, "item": {**item, "type": "message"}}}
    ),
    spoken,
    spoken,
    spoken,
)
chat_frames = st.dictionaries(
    st.sampled_from(["type", "text", "id", "page", "name"]), st.just("message") | json_values
).map(orjson.dumps)
sms_forms = st.dictionaries(
    st.sampled_from(
        ["From", "To", "Body", "NumMedia", "MediaUrl0", "OptOutType", "MessageSid", "ButtonText"]
    ),
    words | st.sampled_from(["1", "STOP"]),
    min_size=3,
).map(lambda fields: urlencode(fields).encode())

FIELDS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Content-Type",
    "Content-Disposition",
    "Content-Transfer-Encoding",
    "Auto-Submitted",
]
VALUES = [
    "multipart/mixed; boundary=x",
    "multipart/alternative; boundary=x",
    "multipart/report; boundary=x; report-type=delivery-status",
    "text/html; charset=utf-7",
    "text/plain; charset=utf-16",
    "text/plain; charset=zlib",
    "base64",
    "quoted-printable",
    "message/rfc822",
    "attachment; filename*0*=utf-8''%ff; filename*1=b",
    "=?x?q?=ff?= =?utf-7?q?+2AA-?=",
    "<a@b>",
    "a@b (c",
    "Thu, 31 Feb 2020 25:00:00 +9999",
]
mail_lines = st.one_of(
    st.builds(
        lambda name, value: f"{name}: {value}".encode(),
        st.sampled_from(FIELDS),
        st.sampled_from(VALUES) | words,
    ),
    st.sampled_from([b"", b"--x", b"--x--", b" folded", b"<p>a<b>\xcc\xb8c", b"=FF=", b"\xff\xfe"]),
    st.binary(max_size=20),
)
mails = st.lists(mail_lines, max_size=30).map(b"\r\n".join)

CASES = {"email": mails, "sms": sms_forms, "slack": slack_events, "chat": chat_frames}


@pytest.mark.parametrize("channel", sorted(DECODERS))
@settings(
    max_examples=150,
    deadline=None,  # the language model is read once, in whichever example comes first
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_bytes_become_a_message_or_are_refused(
    received: Callable[..., Inbound], context: DecodeContext, channel: str, data: st.DataObject
) -> None:
    raw = data.draw(st.binary(max_size=200) | CASES[channel] | CASES[channel])
    inbound = received(channel)
    try:
        decoded = DECODERS[channel](inbound, raw, 1, context)
    except BadPayload:
        return
    encoded = msgspec.json.encode(decoded.message)
    assert msgspec.json.decode(encoded, type=Message) == decoded.message
    again = DECODERS[channel](inbound, raw, 1, context)
    assert again == decoded
    blobs = {each.blob.sha256 for each in decoded.message.attachments if each.blob}
    assert blobs == set(decoded.contents)


FIXTURES = sorted((Path(__file__).parent / "email" / "fixtures").glob("*.eml"))
MAILS = [path.read_bytes() for path in FIXTURES]
BREAKAGES = [b"", b"\n", b"\r", b"\r\n\r\n", b"\0", b"=", b"--", b"\xff", b"=?utf-8?q?", b"<", b">"]

mutations = st.lists(
    st.tuples(
        st.sampled_from(["cut", "insert", "repeat", "swap"]),
        st.floats(0, 1),
        st.floats(0, 1),
        st.sampled_from(BREAKAGES) | st.binary(max_size=6),
    ),
    min_size=1,
    max_size=5,
)


def mutated(raw: bytes, changes: list[tuple[str, float, float, bytes]]) -> bytes:
    for how, first, second, new in changes:
        start, end = sorted((int(first * len(raw)), int(second * len(raw))))
        end = min(end, start + 200)
        if how == "cut":
            raw = raw[:start] + raw[end:]
        elif how == "insert":
            raw = raw[:start] + new + raw[start:]
        elif how == "repeat":
            raw = raw[:end] + raw[start:]
        else:
            raw = raw[:start] + raw[end : end + 60] + raw[start:end] + raw[end + 60 :]
    return raw


@settings(
    max_examples=150,
    deadline=None,  # the language model is read once, in whichever example comes first
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(raw=st.sampled_from(MAILS), changes=mutations)
def test_a_mail_broken_in_any_way_is_a_message(
    received: Callable[..., Inbound],
    context: DecodeContext,
    raw: bytes,
    changes: list[tuple[str, float, float, bytes]],
) -> None:
    broken = mutated(raw, changes)
    if not broken.strip():
        return
    decoded = email.decode(received("email"), broken, 1, context)
    assert email.decode(received("email"), broken, 1, context) == decoded
    assert msgspec.json.decode(msgspec.json.encode(decoded.message), type=Message)


# A word of each sort of line that a reader of quotes, or of MIME, looks at.
SHAPES = [
    "{}",
    "> {}",
    ">> {}",
    "-- \n{}",
    "{}:",
    "On Mon, 1 Jan 2024, {} wrote:",
    "-----Original Message-----\n{}",
    "From: {}",
    "begin 644 {}",
    "--{}",
    "Sent from my {}",
    "  {} ",
    "",
]
lines = st.lists(st.sampled_from(SHAPES), min_size=1, max_size=8)
TRANSFERS = {
    "8bit": bytes,
    "base64": base64.encodebytes,
    "quoted-printable": quopri.encodestring,
}
texts = st.tuples(lines, st.sampled_from(sorted(TRANSFERS)), st.sampled_from(["utf-8", "utf-16"]))
kinds = st.sampled_from(["mixed", "alternative", "related", "report", "signed", "digest"])
trees = st.recursive(
    texts,
    lambda inner: st.tuples(kinds, st.lists(inner, min_size=1, max_size=3)) | st.tuples(inner),
    max_leaves=6,
)


class Builder:
    """Writes a mail, and notes each word that it wrote."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._boundaries = 0

    def write(self, tree: tuple[object, ...]) -> bytes:
        if len(tree) == 1:
            (inner,) = tree
            assert isinstance(inner, tuple)
            return b"Content-Type: message/rfc822\n\nSubject: s\n" + self.write(inner)
        if len(tree) == 2:
            kind, parts = tree
            assert isinstance(parts, list)
            self._boundaries += 1
            mark = f"b{self._boundaries}b"
            head = f"Content-Type: multipart/{kind}; boundary={mark}\n\n".encode()
            written = [self.write(part) for part in parts]
            body = b"".join(b"--%s\n%s\n" % (mark.encode(), part) for part in written)
            return head + body + f"--{mark}--\n".encode()
        shapes, transfer, charset = tree
        assert isinstance(shapes, list)
        said = "\n".join(shape.format(self._word()) if shape else "" for shape in shapes)
        encoding = "base64" if charset == "utf-16" else str(transfer)
        content = TRANSFERS[encoding](said.encode(str(charset)))
        head = f"Content-Type: text/plain; charset={charset}\n"
        return f"{head}Content-Transfer-Encoding: {encoding}\n\n".encode() + content

    def _word(self) -> str:
        self.words.append(f"wörd{len(self.words)}x")
        return self.words[-1]


@settings(
    max_examples=150,
    deadline=None,  # as above
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tree=trees)
def test_every_word_of_a_mail_is_in_its_message(
    received: Callable[..., Inbound], context: DecodeContext, tree: tuple[object, ...]
) -> None:
    builder = Builder()
    raw = b"From: Ada <ada@example.com>\nMIME-Version: 1.0\n" + builder.write(tree)
    decoded = email.decode(received("email"), raw, 1, context)
    message = decoded.message
    kept = f"{message.text}\n{message.quoted}\n{message.signature}"
    assert [each for each in builder.words if each not in kept] == []
