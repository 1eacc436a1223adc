"""Logs: nothing personal and no secret gets through, and nothing of ours is mangled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
import structlog
from hypothesis import example, given
from hypothesis import strategies as st

from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.ids import Tenant, digest, message_id
from maitred.gateway import logs
from maitred.gateway.redaction import (
    EXCEPTIONS_MAX,
    FRAMES_MAX,
    REDACTED,
    frames,
    redact,
    scrub,
)

LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)
WORDS = st.lists(LETTERS, max_size=5).map(" ".join)
BEFORE = st.sampled_from(["", " ", "<", "(", "'", '"', ":", "=", ": ", "to ", "[", ",", "\n", "\t"])
AFTER = st.sampled_from(["", " ", ">", ")", "'", '"', ":", ",", ";", ". ", " is", "]", "\n", "!"])
LOCAL = st.text(
    "abcdefghijklmnopqrstuvwxyzABC0123456789.!#$%&*+-/=?^_`{|}~'é日", min_size=1, max_size=80
)
DOMAIN = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyz0123456789-ü", min_size=1, max_size=20),
    min_size=1,
    max_size=4,
).map(".".join)
ADDRESSES = st.one_of(
    st.builds("{}@{}".format, LOCAL, DOMAIN),
    st.builds('"{} {}"@{}'.format, LETTERS, LETTERS, DOMAIN),
    st.builds("{}%40{}".format, LETTERS, DOMAIN),
)
DIGITS = st.text("0123456789", min_size=9, max_size=14).filter(
    lambda text: not (len(text) == 13 and text[0] == "1" and text[1] in "56789")
)
SEPARATORS = st.sampled_from(["", " ", "-", ".", " (0) ", "/", "\u2011"])


@st.composite
def phones(draw: st.DrawFn) -> str:
    """Draw a number as people write it: with a plus or not, in groups or not."""
    digits, separator = draw(DIGITS), draw(SEPARATORS)
    groups = [digits[start : start + 4] for start in range(0, len(digits), 4)]
    return draw(st.sampled_from(["+", "+", ""])) + separator.join(groups)


TOKENS = st.one_of(
    st.builds("xoxb-{}".format, LETTERS),
    st.builds("xapp-1-{}".format, LETTERS),
    st.builds("Bearer {}".format, LETTERS),
    st.builds("bearer {}".format, LETTERS),
    st.builds("Basic {}==".format, LETTERS),
    st.builds("password={}".format, LETTERS),
    st.builds("auth_token: {}".format, LETTERS),
    st.builds("eyJ{}.eyJ{}.{}".format, LETTERS, LETTERS, LETTERS),
)
PERSONAL = st.one_of(ADDRESSES, phones(), TOKENS)
CUSTOMER_WORDS = "grandmother's ashes arrived shattered"
QUOTED = f"invalid value {CUSTOMER_WORDS!r}"


def clean(**event: Any) -> str:
    """Return what is written of an event."""
    return orjson.dumps(redact(None, "info", event), default=repr).decode()


@given(WORDS, BEFORE, ADDRESSES, AFTER)
@example("", "", "a@b", "")
@example("x" * 9, "", "first.last+tag@sub.mail.example", "")
def test_no_mail_address_survives(words: str, before: str, address: str, after: str) -> None:
    said = scrub(f"{words} {before}{address}{after}")
    assert "@" not in said
    assert "%40" not in said
    assert REDACTED in said


@given(WORDS, BEFORE, phones(), AFTER)
@example("", "", "+15552000001", "")
@example("", "", "0049 (0) 30 1234 567", "")
@example("", "tel:", "+1-555-200-0001", ">")
def test_no_telephone_number_survives(words: str, before: str, phone: str, after: str) -> None:
    said = scrub(f"{words} {before}{phone}{after}")
    assert phone not in said
    assert sum(character.isdigit() for character in said) <= 4


@given(WORDS, st.sampled_from(["", " ", "<", "(", "'", '"', ", "]), TOKENS, AFTER)
def test_no_token_survives(words: str, before: str, token: str, after: str) -> None:
    said = scrub(f"{words} {before}{token}{after}")
    assert token not in said
    assert REDACTED in said


@given(PERSONAL, st.integers(0, 5))
def test_nothing_survives_in_nested_values(personal: str, depth: int) -> None:
    value: Any = f"it is {personal}"
    for level in range(depth):
        value = [{"inner": value}, (value,)] if level % 2 else {"inner": [value, 1]}
    assert personal not in clean(detail=value, what={personal: 1})


@given(PERSONAL)
def test_nothing_survives_in_the_text_of_an_exception(personal: str) -> None:
    try:
        raise ValueError(f"cannot handle {personal}") from KeyError(personal)
    except ValueError as error:
        event = frames(None, "error", {"exc_info": True})
        said = clean(reason=error, text_of=str(error), both=[error], **event)
    assert personal not in said
    assert "ValueError" in said


def _raised(shape: str) -> Exception:
    """Return an exception that was raised with `QUOTED` in its text, in some shape."""
    try:
        try:
            raise KeyError(QUOTED)
        except KeyError as first:
            if shape == "cause":
                raise StoreUnavailable("no answer") from first
            if shape == "context":
                int(QUOTED)
            if shape == "group":
                raise ExceptionGroup(QUOTED, [first, ValueError(QUOTED)]) from None
            if shape == "note":
                first.add_note(QUOTED)
            raise
    except Exception as error:  # noqa: BLE001  (what was raised is the result)
        return error


SHAPES = pytest.mark.parametrize(
    ("shape", "names"),
    [
        ("plain", ["KeyError"]),
        ("note", ["KeyError"]),
        ("cause", ["StoreUnavailable: no answer", "caused by KeyError"]),
        ("context", ["ValueError", "while handling KeyError"]),
        ("group", ["ExceptionGroup", "gathers KeyError", "gathers ValueError"]),
    ],
)
STYLES = pytest.mark.parametrize("style", ["json", "text"])


def _no_word_of_the_customer(said: str) -> bool:
    return not [word for word in CUSTOMER_WORDS.split() if word in said]


@SHAPES
@STYLES
def test_our_log_holds_frames_and_types_and_no_word_of_an_exception(
    written: Callable[[], str], shape: str, names: list[str], style: str
) -> None:
    logs.configure("info", style)
    error = _raised(shape)
    structlog.get_logger("maitred.test").error("failed", exc_info=error, kept=error)
    said = written()
    assert _no_word_of_the_customer(said)
    assert "in _raised" in said
    assert not [name for name in names if name not in said]


@SHAPES
@STYLES
def test_a_librarys_log_holds_frames_and_types_and_no_word_of_an_exception(
    written: Callable[[], str], shape: str, names: list[str], style: str
) -> None:
    logs.configure("info", style)
    error = _raised(shape)
    foreign = logging.getLogger("some.library")
    foreign.error("it failed with %s", error, exc_info=error)
    foreign.error(f"it failed with {error!r}", exc_info=error)
    foreign.error("it failed for %s", CUSTOMER_WORDS, exc_info=error)
    said = written()
    assert _no_word_of_the_customer(said)
    assert said.count("it failed") == 3
    assert "in _raised" in said
    assert not [name for name in names if name not in said]


def test_a_librarys_exception_among_the_values_is_only_named(written: Callable[[], str]) -> None:
    logs.configure("info", "json")
    foreign = logging.getLogger("some.library")
    foreign.warning("it failed: %s", ValueError(QUOTED))
    foreign.warning(ValueError(QUOTED))
    try:
        raise ValueError(QUOTED)
    except ValueError as error:
        foreign.warning(f"it failed: {error}")
    said = written()
    assert _no_word_of_the_customer(said)
    assert said.count("ValueError") == 3


async def test_a_task_that_nobody_waited_for_leaves_no_word(written: Callable[[], str]) -> None:
    logs.configure("info", "json")

    def fails(_text: str) -> None:
        raise ValueError(QUOTED)

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(None)
    loop.call_soon(fails, QUOTED)
    future = loop.create_future()
    loop.call_soon(future.set_result, None)
    await future
    failure = ValueError(QUOTED)
    lost = loop.create_future()
    lost.set_exception(failure)
    lost.exception()
    context = {"message": "never retrieved", "exception": failure, "future": lost}
    loop.call_exception_handler(context)
    first, second = map(orjson.loads, written().splitlines())
    assert _no_word_of_the_customer(f"{first}{second}")
    assert first["event"].startswith("Exception in callback")
    assert second["event"] == "never retrieved"
    assert "ValueError" in first["exception"]


def test_an_exception_without_end_is_told_in_a_few_lines() -> None:
    error: Exception = ValueError()
    for _ in range(1000):
        error = ExceptionGroup("", [error, error])
    error.__cause__ = error
    lines = frames(None, "error", {"exc_info": error})["exception"].splitlines()
    assert len(lines) == EXCEPTIONS_MAX

    def deeper() -> None:
        deeper()

    with pytest.raises(RecursionError) as caught:
        deeper()
    said = frames(None, "error", {"exc_info": caught.value})["exception"]
    assert said.count("in deeper") <= FRAMES_MAX


@given(st.text(max_size=200))
def test_any_text_is_taken_and_written_in_one_line(text: str) -> None:
    said = redact(None, "info", {"event": text})["event"]
    assert not set("\n\r\x1b\x07\x00") & set(said)


@given(st.sampled_from(["text", "sender", "auth_token", "peer_address", "Password", "to", "url"]))
def test_what_has_a_telling_name_is_dropped_at_any_depth(name: str) -> None:
    assert "harmless" not in clean(**{name: "harmless"})
    assert "harmless" not in clean(detail=[{"inner": {name: ["harmless"]}}])


@given(st.integers(0, 2**53), st.integers(1_500_000_000_000, 1_999_999_999_999))
def test_counts_and_times_of_ours_are_not_mangled(number: int, at: int) -> None:
    event = {"count": number, "at": at, "took": 0.25, "whole": True, "none": None}
    assert orjson.loads(clean(**event)) == event
    assert scrub(f"at {at}: {number} bytes") == f"at {at}: {number} bytes"


@given(st.text(min_size=1))
def test_ids_of_ours_are_not_mangled(name: str) -> None:
    message = message_id(Tenant("main"), "sms", "main", name)
    for known in (message, message.replace("msg_", "cnv_"), digest("x", name)):
        assert scrub(f"handled {known}.") == f"handled {known}."


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**64 - 1))
@example(int("12345678901234567890123456789012", 16), int("1234567890123456", 16))
def test_trace_ids_are_not_mangled(trace: int, span: int) -> None:
    traceparent = f"00-{trace:032x}-{span:016x}-01"
    assert scrub(traceparent) == traceparent


@given(st.datetimes(), st.sampled_from(["", "Z", "+00:00"]))
def test_times_are_not_mangled(at: Any, zone: str) -> None:
    for text in (at.isoformat() + zone, at.isoformat(" ", "seconds") + zone, f"{at.date()}"):
        assert scrub(f"since {text}, so") == f"since {text}, so"


@given(st.ip_addresses(v=4), st.integers(1, 65535))
def test_addresses_of_hosts_and_ports_are_not_mangled(host: Any, port: int) -> None:
    assert scrub(f"listening on {host}:{port}") == f"listening on {host}:{port}"


@pytest.mark.parametrize(
    "text",
    [
        "stream INBOUND: went back 3 messages, from 1234567 to 1234564",
        "nats-server 2.15.1",
        "host-42/8080",
        "channels.email.listen",
        "123e4567-e89b-12d3-a456-426614174000",
        "12345678-1234-1234-1234-123456789012",
        "maitred.v1.main.assign.ann.cnv_a94c1a2a9d067681bb3d2cfb2c604b8e",
        "msg_12345678901234567890123456789012",
    ],
)
def test_what_we_say_ourselves_is_not_mangled(text: str) -> None:
    assert scrub(text) == text


def test_a_shape_with_a_text_in_it_is_only_named() -> None:
    class Inside(msgspec.Struct):
        words: str

    said = clean(
        value=Inside(words="private"), raw_bytes=b"private", many=[Inside(words="private")]
    )
    assert "private" not in said
    assert "<Inside>" in said
    assert "<7 bytes>" in said


def test_a_very_long_value_is_cut_and_quickly_done() -> None:
    assert len(scrub("a" * 1_000_000)) < 30_000
    assert len(scrub("1 " * 500_000)) < 30_000
    assert len(scrub('"' * 1_000_000 + "@")) < 30_000


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What is on standard error since `maitred.gateway.logs` was configured."""
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    level = root.level
    yield lambda: capsys.readouterr().err
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_is_one_json_object_with_the_keys_that_are_documented(
    written: Callable[[], str],
) -> None:
    logs.configure("info", "json")
    structlog.get_logger("maitred.test").info("accepted", channel="chat", count=2)
    (line,) = written().splitlines()
    found = orjson.loads(line)
    assert found.pop("timestamp").endswith("Z")
    assert found == {
        "event": "accepted",
        "level": "info",
        "logger": "maitred.test",
        "channel": "chat",
        "count": 2,
    }
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    for key in ("timestamp", "event", "level", "logger", "trace", "exception"):
        assert f"\n| `{key}` |" in page


@pytest.mark.parametrize("style", ["json", "text"])
def test_what_a_library_logs_is_filtered_too(written: Callable[[], str], style: str) -> None:
    logs.configure("info", style)
    foreign = logging.getLogger("some.library")
    foreign.warning("mail from %s by %s", "kim@mail.example", "+15552000001")
    try:
        raise RuntimeError("Bearer abcdef of kim@mail.example\x1b[31m")
    except RuntimeError:
        foreign.exception("it failed")
    said = written()
    assert "RuntimeError" in said
    assert not [word for word in ("kim", "5552000001", "abcdef", "\x1b") if word in said]


def test_below_the_level_nothing_is_written(written: Callable[[], str]) -> None:
    logs.configure("warning", "json")
    structlog.get_logger("maitred.test").info("accepted")
    logging.getLogger("some.library").info("hello")
    assert written() == ""


def test_no_colours_when_standard_error_is_no_terminal(written: Callable[[], str]) -> None:
    logs.configure("info", "text")
    structlog.get_logger("maitred.test").info("accepted", channel="chat")
    said = written()
    assert "\x1b" not in said
    assert "channel=chat" in said
