"""`maitred mood`: a line of JSON for every line, whatever it holds, and one's own models."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.gateway import cli
from maitred.gateway.cli.mood.reading import batches
from tests.gateway.cli.conftest import ENVIRONMENT, command
from tests.router.mood import customers

KEYS = {"valence", "arousal", "label", "sentiment", "confidence", "because"}


class Said:
    """What one run wrote, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


Mood = Callable[..., Said]


@pytest.fixture
def mood(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Mood:
    """Run `maitred mood` in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, given: bytes = b"") -> Said:
        monkeypatch.setattr(sys, "argv", ["maitred", "mood", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        assert isinstance(ended.value.code, int)
        assert b"Traceback" not in err
        return Said(ended.value.code, out.decode(), err.decode())

    return run


@pytest.mark.parametrize(
    ("given_", "count"),
    [
        (b"", 0),
        (b"\n", 1),
        (b"\n\n\n", 3),
        (b"thank you", 1),
        (b"thank you\n", 1),
        (b"thank you\r\nawful\r\n", 2),
        (b"\xff\xfe\x00\n\xc3(\n", 2),
        (b"a\x0bb\x0cc\x85d\xe2\x80\xa8e\n", 1),
        (b"x" * 3_000_000 + b"\nthank you", 2),
        (b"line\n" * 5_000, 5_000),
    ],
)
def test_every_line_gets_a_line(mood: Mood, given_: bytes, count: int) -> None:
    said = mood(given=given_)
    lines = [orjson.loads(line) for line in said.out.splitlines()]
    assert (said.code, said.err, len(lines)) == (0, "", count)
    assert all(set(line) == KEYS for line in lines)


def test_a_line_tells_its_mood(mood: Mood) -> None:
    said = mood(given=b"This is a disgrace, you are thieves and I am furious!!!\n\n")
    angry, empty = (orjson.loads(line) for line in said.out.splitlines())
    assert (angry["label"], angry["sentiment"]) == ("angry", "negative")
    assert "furious" in angry["because"]
    assert (empty["label"], empty["sentiment"], empty["because"]) == ("calm", "neutral", [])


def test_the_language_may_be_told(mood: Mood) -> None:
    (line,) = mood("--language", "fi", given=b"awful\n").out.splitlines()
    assert orjson.loads(line)["label"] == "calm"


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line)), st.integers(1, 50))
def test_lines_are_the_same_however_they_come_in(lines: list[bytes], size: int) -> None:
    class Drops(io.BytesIO):
        def read1(self, _: int | None = -1, /) -> bytes:
            return super().read1(size)

    raw = b"".join(line + b"\n" for line in lines)
    found = [line for batch in batches(Drops(raw)) for line in batch]
    assert found == [line.removesuffix(b"\r") for line in lines]


def test_a_line_is_answered_before_the_next_one_comes() -> None:
    with subprocess.Popen(
        command("mood"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for text, label in ((b"thank you so much!\n", "delighted"), (b"where is it?\n", "calm")):
            os.write(running.stdin.fileno(), text)
            assert orjson.loads(running.stdout.readline())["label"] == label
        running.stdin.close()
        assert running.wait(timeout=30) == 0


def history(file: Path, text: str) -> str:
    raw = text.encode()
    file.write_bytes(gzip.compress(raw) if file.suffix == ".gz" else raw)
    return str(file)


GOOD = "".join(f"{sentiment}\t{text}\n" for sentiment, text in customers.english())


@pytest.mark.parametrize("name", ["history.tsv", "history.tsv.gz"])
def test_a_history_is_taught_measured_and_used(mood: Mood, tmp_path: Path, name: str) -> None:
    file = history(tmp_path / name, GOOD + "\n" + GOOD.replace("\n", "\r\n"))
    said = mood("train", file, "--out", "models/ours.mood")
    assert said.code == 0, said.err
    assert "130 lines; macro recall on lines not taught: " in said.out
    assert 'file = "models/ours.mood" under [mood]' in said.out
    said = mood("eval", file, "--model", "models/ours.mood", "--json")
    figures = orjson.loads(said.out)
    assert figures["messages"] == 130
    assert figures["macro_recall"] > 0.9
    assert (
        set(figures["recall"]) == set(figures["confusion"]) == {"negative", "neutral", "positive"}
    )
    said = mood("--model", "models/ours.mood", given=b"thank you so much\n")
    assert orjson.loads(said.out)["sentiment"] == "positive"
    again = mood("train", file, "--out", "again.mood", "--base", "models/ours.mood")
    assert again.code == 0


def test_a_model_is_named_after_its_history(mood: Mood, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    said = mood("train", history(tmp_path / "old" / "ours.tsv.gz", GOOD))
    assert said.code == 0, said.err
    assert 'Wrote ours.mood. To use it: file = "ours.mood"' in said.out
    assert (tmp_path / "ours.mood").is_file()


def test_a_folder_is_no_place_for_a_model(mood: Mood, tmp_path: Path) -> None:
    said = mood("train", history(tmp_path / "h.tsv", GOOD), "--out", ".")
    assert (said.code, said.err) == (
        2,
        "maitred: --out: .: is a folder; write the name of a file\n",
    )


def test_a_history_of_nothing_has_no_score(mood: Mood, tmp_path: Path) -> None:
    said = mood("eval", history(tmp_path / "h.tsv", "\n"))
    assert (said.code, said.out) == (2, "")
    assert "h.tsv: has no labelled lines; write a label, a tab and the text" in said.err


def test_a_score_is_shown_to_people(mood: Mood, tmp_path: Path) -> None:
    said = mood("eval", history(tmp_path / "h.tsv", "angry\tI am furious\ncalm\twhere is it\n"))
    assert said.code == 0
    assert "2 messages, macro recall 1.000" in said.out
    assert "read neutral" in said.out


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "h.tsv: 0 labelled lines are too few; give at least 30"),
        ("calm\thello\n" * 40, "h.tsv: all lines are neutral; give lines of at least two sent"),
        ("calm\thello\nfurious\thello\n", "h.tsv:2: 'furious' is no label; write negative, neut"),
        ("calm\thello\n\ncalm hello\n", "h.tsv:3: there is no tab; write a label, a tab and"),
        ("\thello\n", "h.tsv:1: '' is no label; write negative, neutral or positive, or delighted"),
    ],
)
def test_a_fault_of_the_history_names_its_line_and_what_to_write(
    mood: Mood, tmp_path: Path, text: str, fault: str
) -> None:
    history(tmp_path / "h.tsv", text)
    said = mood("train", "h.tsv", "--out", "ours.mood")
    assert said.code == 2
    assert said.err.startswith(f"maitred: {fault}")
    assert not (tmp_path / "ours.mood").exists()


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("eval", "none.tsv"), "none.tsv: No such file or directory"),
        (("train", "plain.tsv.gz", "--out", "x"), "plain.tsv.gz: it is not packed by gzip; pack"),
        (
            ("--model", "oracle"),
            "--model: nothing named 'oracle' is installed; maitred.mood_models",
        ),
        (("--model", "./oracle"), "--model: oracle: No such file or directory; name a file that "),
        (
            ("--model", "plain.tsv.gz"),
            "--model: plain.tsv.gz: it is no mood model; `maitred mood t",
        ),
        (("eval", "plain.tsv.gz", "--model", "x"), "plain.tsv.gz: it is not packed by gzip; pack"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    mood: Mood, tmp_path: Path, arguments: tuple[str, ...], fault: str
) -> None:
    (tmp_path / "plain.tsv.gz").write_text("calm\thello\n")
    said = mood(*arguments)
    assert said.code == 2
    assert said.err.startswith(f"maitred: {fault}")
    assert len(said.err.splitlines()) == 1
