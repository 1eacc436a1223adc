"""Teaching: what was shown is learnt, to the same bytes; a site's history corrects the rest."""

from __future__ import annotations

import random

from maitred.contracts.message import MoodLabel
from maitred.router.mood.artefact import Artefact, to_bytes
from maitred.router.mood.learning.adapting import EVALUATIONS, Example, adapted
from maitred.router.mood.learning.teaching import Sources, taught
from maitred.router.mood.linear import LinearMoodModel, built_in
from maitred.router.mood.port import MoodInput
from maitred.router.mood.sentiment import Sentiment, sentiment_of

WORDS = {
    0: ("gribble", "snark", "blarg", "mumbleton"),
    1: ("table", "window", "lamp", "carpet"),
    2: ("florp", "zing", "wibble", "yayble"),
}
FELT = {0: "anger", 1: "neutral", 2: "joy"}
MOODS = (MoodLabel.ANGRY, MoodLabel.CALM, MoodLabel.DELIGHTED)


def invented(seed: int) -> Sources:
    """Sixty texts in a language of twelve words that nobody speaks."""
    chance = random.Random(seed)  # noqa: S311  (invented texts)
    made = [(" ".join(chance.choice(WORDS[at % 3]) for _ in range(5)), at % 3) for at in range(60)]
    return Sources(
        sentiments=made,
        emotions=[(text, frozenset({FELT[each]})) for text, each in made],
        requests=["carpet lamp"],
        moods=[(text, MOODS[each]) for text, each in made[:9]],
        general={"gribble": -0.5},
        named="a test",
    )


def model(seed: int) -> Artefact:
    return taught(invented(seed), seed=seed, watch=lambda _: None)


def says(artefact: Artefact, text: str) -> str:
    (affect,) = LinearMoodModel(artefact).read([MoodInput(text=text)])
    return str(sentiment_of(affect))


def test_the_same_sources_give_the_same_bytes() -> None:
    first = model(1)
    assert to_bytes(first) == to_bytes(model(1))
    assert to_bytes(first) != to_bytes(model(2))
    assert [says(first, text) for text in ("snark blarg", "lamp window", "zing wibble")] == [
        "negative",
        "neutral",
        "positive",
    ]


def history() -> list[Example]:
    """A site where to be *wicked* is good, and a *smurf* is a fault of its machine."""
    chance = random.Random(3)  # noqa: S311  (invented texts)
    made = []
    for at in range(90):
        thing = chance.choice(["pump", "valve", "boiler", "sensor", "filter"])
        made.append(
            [
                Example(
                    text=f"another smurf in the {thing} {at}",
                    sentiment=Sentiment.NEGATIVE,
                    mood=MoodLabel.ANGRY if at % 2 else MoodLabel.FRUSTRATED,
                ),
                Example(text=f"the {thing} number is {at}", sentiment=Sentiment.NEUTRAL),
                Example(text=f"this {thing} is wicked", sentiment=Sentiment.POSITIVE),
            ][at % 3]
        )
    return made


def test_a_site_s_history_corrects_without_destroying() -> None:
    told: list[str] = []
    found = adapted(built_in(), history(), language="en", watch=told.append)
    assert len(told) == EVALUATIONS
    assert found.after.macro_recall > found.before.macro_recall
    assert says(found.artefact, "yet another smurf in the pump") == "negative"
    assert says(found.artefact, "your boiler is wicked") == "positive"
    for text, sentiment in (
        ("thank you so much, that was great", "positive"),
        ("this is a disgrace, I am furious", "negative"),
        ("where can I change my address?", "neutral"),
    ):
        assert says(found.artefact, text) == sentiment
    assert "90 lines" in found.artefact.made_from


def test_the_same_history_gives_the_same_bytes() -> None:
    once, twice = (
        adapted(built_in(), history(), language="en", watch=lambda _: None) for _ in range(2)
    )
    assert to_bytes(once.artefact) == to_bytes(twice.artefact)


def test_a_history_in_another_language_makes_the_model_read_it() -> None:
    told = [
        Example(text=text, sentiment=sentiment)
        for at in range(20)
        for text, sentiment in (
            (f"paketti ei ole tullut {at}", Sentiment.NEGATIVE),
            (f"milloin aukeatte {at}", Sentiment.NEUTRAL),
            (f"kiitos avusta {at}", Sentiment.POSITIVE),
        )
    ]
    found = adapted(built_in(), told, language="fi", watch=lambda _: None)
    before, after = (
        LinearMoodModel(each).read([MoodInput(text="paketti ei ole tullut", language="fi")])[0]
        for each in (built_in(), found.artefact)
    )
    assert sentiment_of(before) == "neutral"
    assert sentiment_of(after) == "negative"
    assert after.confidence > before.confidence


def test_a_history_of_one_kind_changes_nothing_that_matters() -> None:
    told = [Example(text=f"ok {at}", sentiment=Sentiment.NEUTRAL) for at in range(40)]
    found = adapted(built_in(), told, language="", watch=lambda _: None)
    assert says(found.artefact, "this is a disgrace, I am furious") == "negative"
