"""The proven but unreadable is kept whole, with the reason; an agent's wrong words are refused."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import nats.js.errors
import orjson
import pytest
import pytest_asyncio

from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import COMMAND_BYTES_MAX
from maitred.gateway.bus.dead import DeadLetter, DeadLetters
from maitred.gateway.bus.publisher import Publisher
from maitred.gateway.ledger import balance
from tests.end_to_end.lab import NAME, PHONE, SLACK_USER, WORD, Lab, open_lab
from tests.end_to_end.posting import post_slack, post_twilio, slack_event, twilio_form
from tests.end_to_end.seat import Event

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("quarantine"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    async with open_lab(tmp_path_factory.mktemp("lab") / "house") as opened:
        yield opened


async def maitred(lab: Lab, *words: str) -> Any:
    """Run a command line as an operator does and return the JSON that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "maitred.gateway", *words, "--config", str(lab.house.config), "--json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return orjson.loads(said)


async def newest(lab: Lab) -> DeadLetter:
    letters = DeadLetters(lab.bus, Publisher(lab.bus), lab.house.subjects)
    found = (await letters.list(100))[-1]
    shown = await letters.show(found.seq)
    assert shown == found
    return shown


async def a_text_message_without_text(lab: Lab) -> bytes:
    form = twilio_form(lab.house, From=PHONE, ProfileName=NAME, MessageSid="SMdead", Note=WORD)
    del form["Body"]
    answer = await post_twilio(lab.house, lab.session, form)
    assert answer.status == 200
    return WORD.encode()


async def a_slack_message_of_a_kind_to_come(lab: Lab) -> bytes:
    whole = orjson.loads(
        slack_event(
            lab.house, event_id="EvDead", user=SLACK_USER, text=WORD, ts="1780000000.000200"
        )
    )
    whole["event"]["subtype"] = "not_known_yet"
    body = orjson.dumps(whole)
    answer = await post_slack(lab.house, lab.session, body)
    assert answer.status == 200
    return body


@pytest.mark.parametrize(
    ("channel", "send", "code"),
    [
        ("sms", a_text_message_without_text, "bad_field"),
        ("slack", a_slack_message_of_a_kind_to_come, "unsupported_event"),
    ],
)
async def test_a_proven_message_that_cannot_be_read_is_quarantined_whole(
    lab: Lab, channel: str, send: Any, code: str
) -> None:
    before = await balance(lab.bus, lab.house.subjects)
    sent = await send(lab)
    await lab.next_good_one(channel)
    while (ledger := await balance(lab.bus, lab.house.subjects)).in_flight:
        pass
    assert (ledger.dead, ledger.gap) == (before.dead + 1, 0)

    letter = await newest(lab)
    assert (letter.stage, letter.reason_code, letter.stream) == ("intake", code, "INBOUND")
    assert letter.reason
    assert letter.whole
    inbound = msgspec.json.decode(letter.data, type=Inbound)
    assert inbound.channel == channel
    assert inbound.body is not None
    assert sent in inbound.body

    (line,) = lab.logged("quarantined", input=letter.input_seq)
    assert line["code"] == code
    assert lab.personal() == []
    samples = await lab.samples("maitred_dead_total")
    assert ({"stage": "intake", "reason": code}) in [labels for labels, _ in samples]

    listed = await maitred(lab, "dead", "list")
    assert [each["number"] for each in listed][-1] == letter.seq
    assert listed[-1]["code"] == code
    assert listed[-1]["reason"] == letter.reason
    assert WORD not in orjson.dumps(listed).decode()


CONVERSATION = {"conversation": "cnv_moon", "epoch": 1}
WRONG = [
    ("not JSON", "accept", WORD.encode()),
    ("nothing", "accept", b""),
    ("not UTF-8", "accept", b'{"id":"\xff\xfe"}'),
    ("a list", "accept", b"[]"),
    ("no id", "accept", orjson.dumps(CONVERSATION)),
    ("an empty id", "accept", orjson.dumps({"id": "", **CONVERSATION})),
    ("a number for the id", "accept", orjson.dumps({"id": 5, **CONVERSATION})),
    ("a word for the epoch", "accept", orjson.dumps({"id": "w1", "epoch": "one"})),
    ("a huge id", "accept", orjson.dumps({"id": WORD * 100, **CONVERSATION})),
    ("an unknown verb", "moon", orjson.dumps({"id": "w2", **CONVERSATION})),
    ("an unknown schema", "accept", orjson.dumps({"schema": "moon", "id": "w3", **CONVERSATION})),
    ("a verb that is not said", "unknown", orjson.dumps({"id": "w4", **CONVERSATION})),
    ("no conversation", "accept", orjson.dumps({"id": "w5"})),
    ("an unknown presence", "presence", orjson.dumps({"id": "w6", "presence": "moon"})),
    ("no presence", "presence", orjson.dumps({"id": "w7"})),
    ("deep nesting", "accept", b"[" * 60_000),
]


@pytest.mark.parametrize(("verb", "body"), [each[1:] for each in WRONG], ids=[w[0] for w in WRONG])
async def test_what_an_agent_says_wrongly_is_refused_and_his_next_word_is_heard(
    lab: Lab, verb: str, body: bytes, request: pytest.FixtureRequest
) -> None:
    await lab.ann.publish(verb, body, request.node.name)
    refused = await lab.ann.wait("refused")
    assert refused["reason"] == "bad_command"
    assert refused["conversation"] is None
    await next_command_works(lab)
    assert lab.personal() == []


async def test_an_unknown_conversation_is_refused_without_coming_back_in_a_subject(
    lab: Lab,
) -> None:
    said = await lab.ann.speak("accept", conversation="cnv_*.>", epoch=1)
    refused = await lab.ann.wait("refused")
    assert (refused["reason"], refused["command"]) == ("unknown_conversation", said)
    assert refused["conversation"] is None
    await next_command_works(lab)


async def test_a_command_beyond_every_bound_is_refused_by_the_server(lab: Lab) -> None:
    with pytest.raises(nats.js.errors.APIError):
        await lab.ann.publish("reply", b"x" * (COMMAND_BYTES_MAX + 1), "huge")
    await next_command_works(lab)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "bad_command"), ("   ", "bad_command"), ("x" * 50_001, "too_long")],
    ids=["none", "blanks", "too long"],
)
async def test_a_reply_without_words_or_with_too_many_is_refused(
    lab: Lab, text: str, reason: str
) -> None:
    offer = await an_offer(lab)
    await lab.ann.about("accept", offer)
    await lab.ann.wait("assigned")
    await lab.ann.about("reply", offer, text=text)
    assert (await lab.ann.wait("refused"))["reason"] == reason
    await lab.ann.about("complete", offer)
    await lab.ann.wait("closed")


async def next_command_works(lab: Lab) -> None:
    offer = await an_offer(lab)
    await lab.ann.about("accept", offer)
    await lab.ann.wait("assigned")
    await lab.ann.about("complete", offer)
    await lab.ann.wait("closed")


async def an_offer(lab: Lab) -> Event:
    """Return an offer of this moment, done with those of earlier tests."""
    await lab.ann.speak("presence", presence="offline")
    await lab.ann.speak("presence", presence="online")
    lab.ann.events.clear()
    await lab.next_good_one("sms")
    return await lab.ann.wait("offered")
