"""Proving on a real store: one answer and one amount of work for all, whatever gateway is asked."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable

import msgspec
import pytest
import structlog
from structlog.typing import EventDict

from maitred.contracts import limits
from maitred.contracts.documents import IdentifierDoc
from maitred.contracts.errors import Retryable, StoreUnavailable, Throttled
from maitred.contracts.identifiers import Keys, email_identifier
from maitred.contracts.ids import IdentifierKey, Tenant, component_id
from maitred.contracts.limits import (
    CODE_AGE_MS,
    CODE_TRIES_MAX,
    CODES_PER_ADDRESS_MAX,
    CODES_PER_SESSION_MAX,
    CODES_WINDOW_MS,
    MINUTE_MS,
    PROOF_READ_AGE_MS,
    SECOND_MS,
)
from maitred.contracts.outbound import Outbound
from maitred.contracts.proofs import CodeAnswer, CodeRequest
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import proving as proving_module
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import batch
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.history import read_log
from maitred.gateway.bus.reads import Stored
from maitred.gateway.bus.streams import last_sequence
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.proving import Proving, new_code
from maitred.identity.customers.components import Tools
from maitred.identity.policy import Policy
from tests.gateway.conftest import OpenBackbone

KIM = "kim@example.com"
ANN, EVE = IdentifierKey("a" * 32), IdentifierKey("e" * 32)
NOW = 1_700_000_000_000


def tools(backbone: Backbone) -> Tools:
    return Tools(subjects=backbone.subjects, keys=Keys(Tenant("t"), b"s" * 32), policy=Policy())


def proving(backbone: Backbone, now: Callable[[], int] = lambda: NOW) -> Proving:
    return Proving(backbone.connection, tools(backbone), Keeping(), now=now)


def request(
    session: IdentifierKey = ANN, address: str = KIM, name: str = "v1", codes_max: int = 1_000
) -> CodeRequest:
    return CodeRequest(
        id=name,
        session=session,
        identifier=email_identifier(address),
        channel="email",
        account="support",
        house="shop",
        codes_max=codes_max,
        title="Shop",
    )


def given_back(code: str, session: IdentifierKey = ANN, name: str = "c1") -> CodeAnswer:
    return CodeAnswer(id=name, session=session, code=code)


async def stored(backbone: Backbone, after: int = 0) -> list[Stored]:
    return await read_log(
        backbone.connection, JOURNAL, f"{backbone.subjects.root}.>", after=after, limit=1_000
    )


async def letters(backbone: Backbone) -> list[Outbound]:
    found = await read_log(
        backbone.connection, JOURNAL, backbone.subjects.any("outbound"), after=0, limit=1_000
    )
    return [msgspec.json.decode(each.data, type=Outbound) for each in found]


async def last_code(backbone: Backbone) -> str:
    return re.findall(r"\b\d{6}\b", (await letters(backbone))[-1].text)[0]


@pytest.fixture
async def other(open_backbone: OpenBackbone) -> Backbone:
    """Another gateway's backbone."""
    return await open_backbone()


async def test_a_code_goes_out_once_and_proves_its_address(backbone: Backbone) -> None:
    desk = proving(backbone)
    await desk.ask(request())
    (letter,) = await letters(backbone)
    assert letter.to.endpoint.value == KIM
    code = await last_code(backbone)
    assert await desk.answer(given_back(code, EVE)) is None
    proof = await desk.answer(given_back(code))
    assert proof is not None
    assert (proof.identifier.value, proof.at) == (KIM, NOW)
    assert await desk.answer(given_back(code, name="c2")) is None
    assert await desk.of(ANN) == (proof,)
    assert await desk.of(EVE) == ()


async def test_all_that_holds_a_code_or_a_hash_of_it_expires(backbone: Backbone) -> None:
    desk = proving(backbone)
    await desk.ask(request())
    lives = {
        each.subject.split(".")[3]: each.headers["Nats-TTL"] for each in await stored(backbone)
    }
    assert lives == {
        "outbound": f"{CODE_AGE_MS // SECOND_MS}s",
        "proof": f"{CODES_WINDOW_MS // SECOND_MS}s",
        "codes": f"{(CODES_WINDOW_MS + MINUTE_MS) // SECOND_MS}s",
    }
    code = await last_code(backbone)
    await desk.answer(given_back(code))
    (proof, *_) = [each for each in await stored(backbone) if each.subject.endswith(ANN)]
    assert proof.headers["Nats-TTL"] == f"{PROOF_READ_AGE_MS // SECOND_MS}s"
    others = [each for each in await stored(backbone) if ".outbound." not in each.subject]
    assert len(others) == 3
    assert not any(code in each.data.decode() for each in others)


async def test_known_unknown_and_overasked_addresses_are_the_same_writes(
    backbone: Backbone,
) -> None:
    """Nothing reads what is known of an address, so nothing can differ by it."""
    desk, keys = proving(backbone), tools(backbone).keys
    known = keys.identifier(email_identifier(KIM))
    document = IdentifierDoc(
        identifier=email_identifier(KIM),
        key=known,
        component=component_id(known),
        claimed=False,
        first_seen_at=NOW,
    )
    where = backbone.subjects.identifier(known)
    await batch.commit(
        backbone.connection,
        JOURNAL,
        [batch.document(where, msgspec.json.encode(document), expected=0)],
    )
    for number in range(CODES_PER_ADDRESS_MAX):
        session = IdentifierKey(f"{number:032d}")
        await desk.ask(request(session, "often@example.com"))
    written = {}
    for number, address in enumerate((KIM, "xyz@example.com", "often@example.com")):
        before = await last_sequence(backbone.connection, JOURNAL)
        await desk.ask(request(IdentifierKey(f"{number:031d}x"), address))
        came = await stored(backbone, after=before)
        written[address] = Counter(
            (each.subject.split(".")[3], len(each.data), each.headers.get("Nats-TTL"))
            for each in came
        )
    assert written[KIM] == written["xyz@example.com"]
    kinds = sorted(kind for kind, *_ in written[KIM].elements())
    assert kinds == ["codes", "outbound", "proof", "proof"]
    # Of an address that had enough, all is written but the letter.
    kinds = sorted(kind for kind, *_ in written["often@example.com"].elements())
    assert kinds == ["codes", "proof", "proof"]


async def test_many_gateways_send_an_address_no_more_than_one_would(
    backbone: Backbone, other: Backbone
) -> None:
    desks = (proving(backbone), proving(other))
    await asyncio.gather(
        *(
            desks[number % 2].ask(request(IdentifierKey(f"{number:032d}")))
            for number in range(4 * CODES_PER_ADDRESS_MAX)
        )
    )
    assert len(await letters(backbone)) == CODES_PER_ADDRESS_MAX


async def test_many_gateways_send_a_session_no_more_than_one_would(
    backbone: Backbone, other: Backbone
) -> None:
    desks = (proving(backbone), proving(other))
    await asyncio.gather(
        *(
            desks[number % 2].ask(request(address=f"a{number}@example.com", name=f"v{number}"))
            for number in range(2 * CODES_PER_SESSION_MAX)
        )
    )
    assert len(await letters(backbone)) == CODES_PER_SESSION_MAX


async def test_guesses_at_many_gateways_are_counted_together(
    backbone: Backbone, other: Backbone
) -> None:
    desks = (proving(backbone), proving(other))
    await desks[0].ask(request())
    code = await last_code(backbone)
    wrong = [f"{number:06d}" for number in range(CODE_TRIES_MAX + 1) if f"{number:06d}" != code]
    guesses = await asyncio.gather(
        *(
            desks[number % 2].answer(given_back(each, name=f"c{number}"))
            for number, each in enumerate(wrong[:CODE_TRIES_MAX])
        )
    )
    assert guesses == [None] * CODE_TRIES_MAX
    assert await desks[1].answer(given_back(code)) is None


async def test_a_code_that_is_brought_to_many_gateways_at_once_proves_once(
    backbone: Backbone, other: Backbone
) -> None:
    desks = (proving(backbone), proving(other))
    await desks[0].ask(request())
    code = await last_code(backbone)
    answers = await asyncio.gather(
        *(desks[number % 2].answer(given_back(code, name=f"c{number}")) for number in range(6))
    )
    assert sum(each is not None for each in answers) == 1
    # What one gateway saw proven, the other one knows.
    assert [await desk.of(ANN) for desk in desks] == [(next(each for each in answers if each),)] * 2


async def test_a_house_sends_so_many_codes_in_an_hour_and_then_says_so(
    backbone: Backbone,
) -> None:
    now = NOW
    desk = proving(backbone, lambda: now)
    for number in range(2):
        now += 1_000
        session = IdentifierKey(f"{number:032d}")
        await desk.ask(request(session, f"a{number}@example.com", codes_max=2))
    now += 1_000
    with pytest.raises(Throttled) as refused:
        await desk.ask(request(codes_max=2))
    # A minute counts whole until it has gone by as a whole.
    assert CODES_WINDOW_MS - 2_000 <= refused.value.after_ms < CODES_WINDOW_MS + MINUTE_MS
    assert len(await letters(backbone)) == 2
    now += refused.value.after_ms
    await desk.ask(request(codes_max=2))
    assert len(await letters(backbone)) == 3


async def test_a_house_sends_no_more_to_many_who_ask_at_once(backbone: Backbone) -> None:
    desk = proving(backbone)
    asked = await asyncio.gather(
        *(
            desk.ask(request(IdentifierKey(f"{n:032d}"), f"a{n}@example.com", codes_max=3))
            for n in range(12)
        ),
        return_exceptions=True,
    )
    assert len(await letters(backbone)) == 3
    assert sum(isinstance(each, Throttled) for each in asked) == 9


async def test_many_gateways_send_for_a_house_no_more_than_one_would(
    backbone: Backbone, other: Backbone
) -> None:
    desks = (proving(backbone), proving(other))
    asked = await asyncio.gather(
        *(
            desks[n % 2].ask(request(IdentifierKey(f"{n:032d}"), f"a{n}@example.com", codes_max=5))
            for n in range(20)
        ),
        return_exceptions=True,
    )
    assert len(await letters(backbone)) == 5
    assert sum(isinstance(each, Throttled) for each in asked) == 15
    with pytest.raises(Throttled):
        await proving(other).ask(request(codes_max=5))


async def test_what_is_not_sent_does_not_use_a_house_up(backbone: Backbone) -> None:
    desk = proving(backbone)
    for _ in range(3):
        await desk.ask(request(codes_max=2))
    await desk.ask(request(name="v2", codes_max=2))
    assert len(await letters(backbone)) == 2


async def test_trouble_with_the_store_is_told(
    backbone: Backbone, nats: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def always_slower(*_: object) -> None:
        raise batch.Conflict("somebody was faster")

    desk = proving(backbone)
    with monkeypatch.context() as patched:
        patched.setattr(batch, "commit", always_slower)
        patched.setattr("maitred.gateway.journal.transaction._AGAIN_S", 0)
        with pytest.raises(Retryable):
            await desk.ask(request())
    await nats.stop()
    monkeypatch.setattr(limits, "PUBLISH_TIMEOUT_MS", 100)
    for call in (desk.ask(request()), desk.answer(given_back("123456")), desk.of(ANN)):
        with pytest.raises(StoreUnavailable):
            await call


async def test_a_log_tells_neither_code_nor_address(
    backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[object] = []

    def keep(_logger: object, _method: str, event: EventDict) -> EventDict:
        logged.append(event)
        raise structlog.DropEvent

    # One of its own, since other tests configure what all share.
    log = structlog.wrap_logger(None, [keep], wrapper_class=structlog.stdlib.BoundLogger)
    monkeypatch.setattr(proving_module, "log", log)
    desk = proving(backbone)
    await desk.ask(request())
    code = await last_code(backbone)
    await desk.answer(given_back(code))
    assert logged
    assert code not in str(logged)
    assert "kim" not in str(logged)


def test_codes_are_six_digits_and_all_alike() -> None:
    codes = [new_code() for _ in range(3_000)]
    assert all(re.fullmatch(r"[0-9]{6}", each) for each in codes)
    assert len(set(codes)) > 2_900
    # Leading zeros are kept: a tenth of all codes begins with one.
    assert sum(each.startswith("0") for each in codes) > 150
