"""An older reader survives a newer writer's words, and nothing else."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts import (
    agents,
    assignments,
    conversation,
    documents,
    entry,
    identifiers,
    inbound,
    message,
    operations,
    outbound,
    proofs,
    routing,
    signals,
)
from maitred.contracts.identifiers import Level
from maitred.contracts.message import MessageKind
from maitred.contracts.vocabulary import Vocabulary

MODULES = (
    agents,
    assignments,
    conversation,
    documents,
    entry,
    identifiers,
    inbound,
    message,
    operations,
    outbound,
    proofs,
    routing,
    signals,
)
VOCABULARIES = sorted(
    {
        found
        for module in MODULES
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Vocabulary) and found is not Vocabulary
    },
    key=lambda each: each.__name__,
)
EVERY_VOCABULARY = pytest.mark.parametrize("words", VOCABULARIES, ids=lambda each: each.__name__)


def test_no_vocabulary_stands_outside_the_modules_looked_at() -> None:
    assert set(Vocabulary.__subclasses__()) == set(VOCABULARIES)


@EVERY_VOCABULARY
def test_a_vocabulary_has_a_word_for_what_it_does_not_know(words: type[Vocabulary]) -> None:
    assert words("unknown") is words["UNKNOWN"]
    assert len(words) > 1


@EVERY_VOCABULARY
@given(word=st.text())
def test_any_word_is_read_and_an_unknown_one_says_so(words: type[Vocabulary], word: str) -> None:
    read = msgspec.json.decode(msgspec.json.encode(word), type=words)
    known = {each.value for each in words}
    assert read.value == (word if word in known else "unknown")


@EVERY_VOCABULARY
@pytest.mark.parametrize("wrong", [b"1", b"null", b"true", b"[]", b"{}"])
def test_what_is_not_a_word_is_refused(words: type[Vocabulary], wrong: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(wrong, type=words)


def test_an_unknown_level_is_refused_rather_than_guessed() -> None:
    assert msgspec.json.decode(b"4", type=Level) is Level.SIGNED
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b"5", type=Level)


def test_only_a_message_and_an_unknown_kind_want_an_answer() -> None:
    wanting = {kind for kind in MessageKind if kind.wants_an_answer}
    assert wanting == {MessageKind.MESSAGE, MessageKind.UNKNOWN}
