"""Verification: a code goes to an address and counts in the session that asked for it alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import jwt
import orjson
import pytest
from aiohttp import WSMsgType

from maitred.connectors.chat.connector import ChatAccount
from maitred.contracts.errors import Permanent, Retryable, StoreUnavailable, Throttled
from maitred.contracts.identifiers import Level
from maitred.contracts.limits import (
    CODE_AGE_MS,
    CODE_TRIES_MAX,
    CODES_PER_ADDRESS_MAX,
    CODES_PER_SESSION_MAX,
    CODES_WINDOW_MS,
    HOUR_MS,
    PROOF_READ_AGE_MS,
)
from maitred.contracts.outbound import OutboundKind
from maitred.contracts.secret import Secret
from tests.connectors.conftest import START_MS

Chat = Callable[..., Awaitable[Any]]

SITE_SECRET = "a secret of the site, at least 32 bytes"
SHOP = ChatAccount(
    title="Shop",
    identity_secrets=(Secret(SITE_SECRET),),
    verify_email_account="support",
    verify_sms_account="main",
)
KIM = "kim@example.com"


@pytest.fixture
def open_shop(chat: Chat) -> Callable[[], Awaitable[Any]]:
    return lambda: chat(accounts={"web": SHOP, "app": ChatAccount(verify_sms_account="main")})


async def raw(visitor: Any) -> bytes:
    received = await visitor.socket.receive(timeout=5)
    assert received.type is WSMsgType.TEXT
    data: bytes = received.data.encode()
    return data


def identity(user: str, **more: Any) -> str:
    now = START_MS // 1000
    claims = {"sub": user, "iat": now, "exp": now + 3600, **more}
    return jwt.encode(claims, SITE_SECRET, "HS256")


def seen(evidence: Any) -> list[tuple[str, Level]]:
    return [(each.identifier.value, each.level) for each in evidence.observed]


async def test_the_code_that_comes_back_is_stored_as_a_proof_and_never_itself(
    open_shop: Chat,
) -> None:
    house = await open_shop()
    ann = await house.visit()
    welcome = await ann.hello()
    assert (welcome["offers"], welcome["verified"]) == (["email", "phone"], [])
    assert await ann.ask(type="verify", id="v1", email="Kim@Example.com") == {
        "type": "verifying",
        "id": "v1",
    }
    assert house.context.accepted == []
    (letter,) = house.codes.letters
    assert (letter.kind, letter.to.channel, letter.to.account) == (
        OutboundKind.CODE,
        "email",
        "support",
    )
    assert letter.to.endpoint.value == KIM
    house.context.now += 5_000
    answer = await ann.ask(type="code", id="c1", code=house.codes.code)
    ((inbound, body),) = house.context.accepted
    assert answer == {"type": "verified", "id": "c1", "kind": "email", "message": inbound.id}
    assert orjson.loads(body) == {"type": "verified", "id": "c1", "kind": "email"}
    assert inbound.provider_id == f"{ann.id}:verified:c1"
    assert inbound.sender.level is Level.AUTHENTICATED
    assert seen(inbound.evidence) == [(KIM, Level.PROVEN)]
    assert inbound.evidence.proven_at == START_MS + 5_000


async def test_what_a_visitor_proved_stands_with_all_that_he_says_in_every_tab(
    open_shop: Chat,
) -> None:
    house = await open_shop()
    ann, before = await house.visit(), await house.visit()
    await ann.hello()
    await before.hello(ann.token)
    await ann.ask(type="verify", id="v1", phone="+1 (555) 200-0001")
    assert house.codes.letters[0].to.channel == "sms"
    await ann.ask(type="code", id="c1", code=house.codes.code)
    after = await house.visit()
    assert (await after.hello(ann.token))["verified"] == ["phone"]
    stranger = await house.visit()
    assert (await stranger.hello())["verified"] == []
    tabs = (ann, before, after, stranger)
    for number, tab in enumerate(tabs):
        await tab.ask(type="message", id=f"m{number}", text="x", email=KIM)
    evidences = [inbound.evidence for inbound, _ in house.context.accepted[1:]]
    proven = [("+15552000001", Level.PROVEN), (KIM, Level.CLAIMED)]
    assert [seen(each) for each in evidences] == [proven, proven, proven, proven[1:]]
    assert [each.proven_at for each in evidences] == [START_MS, START_MS, START_MS, 0]


async def test_a_proof_grows_old_while_the_connection_goes_on(open_shop: Chat) -> None:
    house = await open_shop()
    ann = await house.visit()
    await ann.hello()
    await ann.ask(type="verify", id="v1", email=KIM)
    await ann.ask(type="code", id="c1", code=house.codes.code)
    house.context.now += PROOF_READ_AGE_MS - 1
    await ann.ask(type="message", id="m1", text="x")
    house.context.now += 1
    await ann.ask(type="message", id="m2", text="x")
    fresh, old = (inbound.evidence for inbound, _ in house.context.accepted[1:])
    assert (seen(fresh), fresh.proven_at) == ([(KIM, Level.PROVEN)], START_MS)
    assert (seen(old), old.proven_at) == ([], 0)
    again = await house.visit()
    assert (await again.hello(ann.token))["verified"] == []


async def test_whatever_the_address_the_answer_is_the_same_bytes(open_shop: Chat) -> None:
    house = await open_shop()
    for number in range(CODES_PER_ADDRESS_MAX):
        other = await house.visit()
        await other.hello()
        await other.ask(type="verify", id=f"v{number}", email="often@example.com")
    answers, calls = set(), []
    for address in (KIM, "nobody@example.com", "often@example.com", "kim@no-such-host", "a_b@x_y"):
        visitor = await house.visit()
        await visitor.hello()
        before = house.codes.calls
        await visitor.say(type="verify", id="v1", email=address)
        answers.add(await raw(visitor))
        calls.append(house.codes.calls - before)
    assert answers == {b'{"type":"verifying","id":"v1"}'}
    assert calls == [1] * len(calls)
    assert len(house.codes.letters) == CODES_PER_ADDRESS_MAX + 4


async def test_no_more_codes_than_a_session_may_have_and_nobody_is_told(open_shop: Chat) -> None:
    house = await open_shop()
    ann = await house.visit()
    await ann.hello()
    answers = [
        await ann.ask(type="verify", id="same", email=f"a{number}@example.com")
        for number in range(2)
    ]
    # The same request again is one request.
    assert len(house.codes.letters) == 1
    answers += [
        await ann.ask(type="verify", id=f"v{number}", email=f"b{number}@example.com")
        for number in range(CODES_PER_SESSION_MAX + 3)
    ]
    assert {each["type"] for each in answers} == {"verifying"}
    assert len(house.codes.letters) == CODES_PER_SESSION_MAX
    assert (await ann.ask(type="code", id="c1", code=house.codes.code))["type"] == "verified"
    house.context.now += CODES_WINDOW_MS
    await ann.ask(type="verify", id="later", email=KIM)
    assert len(house.codes.letters) == CODES_PER_SESSION_MAX + 1


async def test_wrong_expired_used_up_and_never_asked_for_sound_alike(open_shop: Chat) -> None:
    house = await open_shop()
    answers = []

    async def visit(*, asks: bool = True) -> Any:
        visitor = await house.visit()
        await visitor.hello()
        if asks:
            await visitor.ask(type="verify", id="v1", email=f"kim{house.codes.calls}@example.com")
        return visitor

    async def bring(visitor: Any, code: str) -> None:
        await visitor.say(type="code", id="c1", code=code)
        answers.append(await raw(visitor))

    never = await visit(asks=False)
    await bring(never, "000001")
    guessing = await visit()
    right = house.codes.code
    for _ in range(CODE_TRIES_MAX):
        await bring(guessing, "999999")
    await bring(guessing, right)
    thief = await visit(asks=False)
    owner = await visit()
    await bring(thief, house.codes.code)
    for mangled in ("", "12345", "1234567", "١٢٣٤٥٦", "0x1234"):
        await bring(owner, mangled)
    late = await visit()
    house.context.now += CODE_AGE_MS
    await bring(late, house.codes.code)
    assert set(answers) == {b'{"type":"error","code":"wrong_code","id":"c1"}'}
    assert house.context.accepted == []
    assert {reason for _, reason in house.context.refusals} == {"wrong_code"}


async def test_a_code_may_be_pasted_with_spaces_and_counts_once(open_shop: Chat) -> None:
    house = await open_shop()
    ann = await house.visit()
    await ann.hello()
    await ann.ask(type="verify", id="v1", email=KIM)
    code = house.codes.code
    spaced = f" {code[:3]}-{code[3:]}\u00a0"
    first = await ann.ask(type="code", id="c1", code=spaced)
    assert first["type"] == "verified"
    # Whoever did not hear it says it again; under another id it is an old code.
    assert await ann.ask(type="code", id="c1", code=code) == first
    assert (await ann.ask(type="code", id="c2", code=code))["code"] == "wrong_code"
    assert len(house.context.accepted) == 1


async def test_a_proof_that_was_not_stored_is_brought_again(open_shop: Chat) -> None:
    house = await open_shop()
    ann = await house.visit()
    await ann.hello()
    await ann.ask(type="verify", id="v1", email=KIM)
    house.context.store.fail()
    failed = await ann.ask(type="code", id="c1", code=house.codes.code)
    assert (failed["code"], failed["retry_after_ms"]) == ("try_again", 2000)
    house.context.store.recover()
    assert (await ann.ask(type="code", id="c1", code=house.codes.code))["type"] == "verified"
    assert len(house.context.accepted) == 1


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (StoreUnavailable("away"), {"code": "try_again", "retry_after_ms": 2000}),
        (Retryable("busy"), {"code": "try_again", "retry_after_ms": 2000}),
        (RuntimeError(KIM), {"code": "try_again", "retry_after_ms": 2000}),
        (Throttled("enough", after_ms=5_000), {"code": "slow_down", "retry_after_ms": 5000}),
        (Permanent("never"), {"code": "refused"}),
    ],
)
@pytest.mark.parametrize(
    "frame",
    [
        {"type": "verify", "id": "v1", "email": KIM},
        {"type": "code", "id": "v1", "code": "123456"},
    ],
)
async def test_trouble_is_told_and_the_connection_goes_on(
    open_shop: Chat, frame: dict[str, Any], error: Exception, answer: dict[str, Any]
) -> None:
    house = await open_shop()
    ann = await house.visit()
    await ann.hello()
    house.codes.error = error
    assert await ann.ask(**frame) == {"type": "error", "id": "v1", **answer}
    house.codes.error = None
    assert (await ann.ask(type="verify", id="v2", email=KIM))["type"] == "verifying"


async def test_who_comes_back_while_the_store_is_away_is_asked_to_come_later(
    open_shop: Chat,
) -> None:
    house = await open_shop()
    ann = await house.visit()
    await ann.hello()
    house.codes.error = StoreUnavailable("away")
    again = await house.visit()
    assert (await again.hello(ann.token))["code"] == "try_again"
    assert await again.closed() == 1013


@pytest.mark.parametrize(
    ("account", "fields", "code"),
    [
        ("app", {"email": KIM}, "not_offered"),
        ("app", {"email": "nobody@example.com"}, "not_offered"),
        ("app", {"email": "no address"}, "not_offered"),
        ("web", {"email": "no address"}, "bad_address"),
        ("web", {"email": "@example.com"}, "bad_address"),
        ("web", {"email": "a@b@example.com"}, "bad_address"),
        ("web", {"phone": "5552000001"}, "bad_address"),
        ("web", {"phone": "call me"}, "bad_address"),
        ("web", {"phone": "messenger:123"}, "bad_address"),
        ("web", {}, "bad_frame"),
        ("web", {"email": ""}, "bad_frame"),
        ("web", {"email": KIM, "phone": "+15552000001"}, "bad_frame"),
        ("web", {"email": "x" * 321}, "bad_frame"),
        ("web", {"email": [KIM]}, "bad_frame"),
    ],
)
async def test_what_can_not_be_verified_is_said_without_a_look_at_anything(
    open_shop: Chat, account: str, fields: dict[str, Any], code: str
) -> None:
    house = await open_shop()
    ann = await house.visit(account=account)
    await ann.hello()
    answer = await ann.ask(type="verify", id="v1", **fields)
    assert answer == {"type": "error", "code": code, "id": "v1"}
    assert house.codes.calls == 0


async def test_without_a_word_in_the_settings_nothing_is_offered(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    assert (await ann.hello())["offers"] == []
    assert (await ann.ask(type="verify", id="v1", email=KIM))["code"] == "not_offered"
    assert (await ann.ask(type="code", id="c1", code="123456"))["code"] == "wrong_code"
    await (await house.visit()).hello(ann.token)
    assert house.codes.letters == []


async def test_what_one_proved_is_not_the_next_one_s_who_signs_in_at_the_same_browser(
    open_shop: Chat,
) -> None:
    house = await open_shop()
    ann = await house.visit()
    await ann.hello(identity=identity("ann"))
    await ann.ask(type="verify", id="v1", email="ann@example.com")
    await ann.ask(type="code", id="c1", code=house.codes.code)
    expected = {
        "ann": [("ann", Level.SIGNED), ("ann@example.com", Level.PROVEN)],
        "bo": [("bo", Level.SIGNED)],
        "": [],
    }
    for user, evidence in expected.items():
        visitor = await house.visit()
        who = {"identity": identity(user)} if user else {}
        welcome = await visitor.hello(ann.token, **who)
        assert welcome["verified"] == (["email"] if user == "ann" else [])
        await visitor.ask(type="message", id=f"m-{user}", text="x")
        assert seen(house.context.accepted[-1][0].evidence) == evidence
        assert (house.context.accepted[-1][0].evidence.proven_at > 0) is bool(user)


@pytest.mark.parametrize(
    ("known", "renews"),
    [
        ({}, False),
        ({"email": "ann@example.com", "email_verified": True}, False),
        ({"email": KIM}, False),
        ({"email": KIM, "email_verified": True}, True),
    ],
    ids=["of none", "of another", "of a claim", "of this one"],
)
async def test_who_is_signed_in_proves_himself_anew_by_an_address_that_the_site_knows_as_his(
    open_shop: Chat, known: dict[str, Any], *, renews: bool
) -> None:
    """Whoever finds a browser signed in proves an address of his own, and is not the user."""
    house = await open_shop()
    ann = await house.visit()
    await ann.hello(identity=identity("ann", **known))
    house.context.now += HOUR_MS // 2
    await ann.ask(type="verify", id="v1", email=KIM)
    await ann.ask(type="code", id="c1", code=house.codes.code)
    evidence = house.context.accepted[0][0].evidence
    assert ("ann", Level.SIGNED) in seen(evidence)
    assert any(value == KIM and level >= Level.PROVEN for value, level in seen(evidence))
    assert evidence.proven_at == START_MS + (HOUR_MS // 2 if renews else 0)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en-GB", "Shop: your code is "),
        ("de-CH", "Shop: Ihr Code ist "),
        ("fr", "Shop : votre code est "),
        ("es-419", "Shop: su código es "),
        ("ja", "Shop: your code is "),
        ("", "Shop: your code is "),
        ("DE", "Shop: Ihr Code ist "),
    ],
)
async def test_the_code_comes_in_the_visitor_s_language(
    open_shop: Chat, language: str, words: str
) -> None:
    house = await open_shop()
    ann = await house.visit()
    await ann.hello()
    await ann.ask(type="verify", id="v1", email=KIM, language=language)
    (letter,) = house.codes.letters
    assert letter.text.startswith(f"{words}{house.codes.code}. ")
    assert house.codes.code not in letter.subject
    assert letter.subject.startswith("Shop")
