"""The labelled messages in `../shared/data/mood`, and the word list of VADER, as sources."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

import orjson

from benchmarks import mood_invented
from maitred.router.mood.learning.emotions import GROUPS
from maitred.router.mood.learning.teaching import Sources

FOLDER: Final = Path(__file__).parents[2] / "shared" / "data" / "mood"
SEED: Final = 5
NAMED: Final = (
    "short_messages_sentiment (set MIT, texts under their platform's terms), "
    "GoEmotions (Apache-2.0), CLINC150 (CC BY 3.0), VADER's word list (MIT), invented lines"
)
INSTALL_VADER: Final = "vaderSentiment is not installed; `pip install vaderSentiment` brings it"

_CLASSES: Final = {"negative": 0, "neutral": 1, "positive": 2}
_VADER_MOST: Final = 4.0
_TROUBLED: Final = """
lost_luggage report_lost_card damaged_card card_declined account_blocked report_fraud
replacement_card_duration flip_coin are_you_a_bot what_is_your_name tell_joke fun_fact
thank_you greeting goodbye who_made_you yes no maybe oil_change_how jump_start tire_pressure
out_of_gas uber roll_dice how_old_are_you meaning_of_life where_are_you_from
what_are_your_hobbies do_you_have_pets who_do_you_work_for change_user_name
"""
"""Requests that are not calm ones to a service: trouble that has come, and talk with a machine."""


@dataclass(frozen=True, slots=True)
class Comments:
    """GoEmotions: comments and the names of the emotions in them."""

    texts: tuple[str, ...]
    emotions: tuple[frozenset[str], ...]

    def sentiments(self) -> list[tuple[str, int]]:
        """Return those that are plainly good, bad, or neither."""
        found = []
        for text, names in zip(self.texts, self.emotions, strict=True):
            good, bad = bool(names & GROUPS["good"]), bool(names & GROUPS["bad"])
            if not (good and bad):
                found.append((text, 2 if good else 0 if bad else 1))
        return found


def present() -> bool:
    """Tell whether the data is there."""
    return FOLDER.is_dir()


def short_messages() -> list[tuple[str, int]]:
    """Return the short public messages and their sentiment."""
    return labelled(FOLDER / "short_messages_sentiment.tsv.gz")


def labelled(file: Path) -> list[tuple[str, int]]:
    """Return the lines `label<TAB>text` of a file, negative 0, neutral 1, positive 2."""
    raw = file.read_bytes()
    text = (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode("utf-8", "replace")
    pairs = [line.split("\t", 1) for line in text.split("\n") if line.strip()]
    return [(pair[1].rstrip("\r"), _CLASSES[pair[0]]) for pair in pairs]


def comments(part: str) -> Comments:
    """Return the `train` or the `dev` part of GoEmotions."""
    names = (FOLDER / "goemotions_labels.txt").read_text().split()
    raw = gzip.decompress((FOLDER / f"goemotions_{part}.tsv.gz").read_bytes()).decode()
    rows = [line.split("\t") for line in raw.split("\n") if line]
    return Comments(
        tuple(row[0] for row in rows),
        tuple(frozenset(names[int(each)] for each in row[1].split(",")) for row in rows),
    )


def requests() -> list[str]:
    """Return the calm service requests of CLINC150."""
    found = orjson.loads(gzip.decompress((FOLDER / "clinc150_full.json.gz").read_bytes()))
    other = set(_TROUBLED.split())
    return [text for text, intent in found["train"] + found["val"] if intent not in other]


def vader_words() -> Mapping[str, float]:
    """Return VADER's list: words of mood, their valence -1 to 1.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    raw = files("vaderSentiment").joinpath("vader_lexicon.txt").read_text("utf-8")
    rows = [line.split("\t") for line in raw.splitlines() if line.strip()]
    return {row[0].lower(): float(row[1]) / _VADER_MOST for row in rows}


def everything() -> Sources:
    """Return all that the built-in model is taught from."""
    comment = comments("train")
    return Sources(
        sentiments=short_messages(),
        emotions=list(zip(comment.texts, comment.emotions, strict=True)),
        requests=requests(),
        moods=list(mood_invented.lines(SEED)),
        general=vader_words(),
        named=NAMED,
    )
