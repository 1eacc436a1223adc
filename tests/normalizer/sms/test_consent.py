"""The word that stops text messages is known in many languages, and only as the whole message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.normalizer.sms.consent import CHARACTERS_MAX, Consent, consent, folded
from maitred.normalizer.sms.consent_words import BY_TEXT, ENGLISH, WORDS

OUT, IN, HELP = Consent.OPT_OUT, Consent.OPT_IN, Consent.HELP


@pytest.mark.parametrize(
    "word", ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]
)
def test_twilios_words_opt_out_in_every_tenant(word: str) -> None:
    assert consent(word, ()) is OUT
    assert consent(word.lower(), ("de",)) is OUT


@pytest.mark.parametrize(
    ("text", "languages", "asked"),
    [
        ("Stop!", ("en",), OUT),
        ("  «stop» 🙏", ("en",), OUT),
        ("opt-out", ("en",), OUT),
        ("Stop  all", ("en",), OUT),
        ("arret", ("fr",), OUT),
        ("Arrêt.", ("fr",), OUT),
        ("ARRE\u0302T", ("fr",), OUT),
        ("arret", ("de",), None),
        ("Désabonner", ("fr",), OUT),
        ("BAJA", ("es",), OUT),
        ("Stopp", ("de",), OUT),
        ("STOPP", ("nb",), OUT),
        ("СТОП", ("ru",), OUT),
        ("ΣΤΟΠ", ("el",), OUT),
        ("abonelikten ÇIK", ("tr",), OUT),
        ("Hủy đăng ký", ("vi",), OUT),
        ("huy dang ky", ("vi",), OUT),
        ("停止", ("ja",), OUT),
        ("退订", ("zh",), OUT),
        ("수신거부", ("ko",), OUT),
        ("הסר", ("he",), OUT),
        ("إيقاف", ("ar",), OUT),
        ("रोकें", ("hi",), OUT),
        ("หยุด", ("th",), OUT),
        ("START", ("en",), IN),
        ("unstop", ("en",), IN),
        ("nonarret", ("fr",), IN),
        ("yes", ("en",), None),
        ("ja", ("de",), None),
        ("HELP", ("en",), HELP),
        ("info", ("en",), HELP),
        ("Hilfe", ("de",), HELP),
        ("stop please", ("en",), None),
        ("do not stop", ("en",), None),
        ("end of story", ("en",), None),
        ("", ("en",), None),
        ("!!!", ("en",), None),
        ("stop", ("xx",), OUT),
    ],
)
def test_a_word_counts_alone_and_in_its_language(
    text: str, languages: tuple[str, ...], asked: Consent | None
) -> None:
    assert consent(text, languages) is asked


def test_beside_text_messages_words_of_two_meanings_are_ordinary() -> None:
    for word in (*BY_TEXT.opt_out, *BY_TEXT.opt_in, *BY_TEXT.help):
        assert consent(word, ("en",)) is not None
        assert consent(word, ("en",), by_text=False) is None


def test_there_are_words_for_many_languages_and_each_is_known() -> None:
    assert len(WORDS) >= 20
    for language, words in WORDS.items():
        assert words.opt_out, language
        for word in words.opt_out:
            assert consent(word.upper(), (language,)) is OUT, (language, word)
        for word in words.opt_in:
            assert consent(f" {word}. ", (language,)) is IN, (language, word)


def test_no_word_means_two_things() -> None:
    for words in (*WORDS.values(), ENGLISH):
        kinds = [{folded(word) for word in group} for group in words]
        assert sum(map(len, kinds)) == len(set().union(*kinds))
        assert all(len(word) < CHARACTERS_MAX for group in words for word in group)


@given(text=st.text(), languages=st.lists(st.sampled_from(sorted(WORDS)), max_size=3))
def test_any_text_asks_for_something_or_nothing(text: str, languages: list[str]) -> None:
    assert consent(text, tuple(languages)) in {None, OUT, IN, HELP}
    assert folded(folded(text)) == folded(text)
