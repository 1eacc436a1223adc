"""How long each document and log entry is kept, as the settings say, on a real server too."""

from __future__ import annotations

import msgspec
import pytest

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import (
    Claimant,
    ClaimDoc,
    ComponentDoc,
    CustomerDoc,
    IdentifierDoc,
    ThreadDoc,
)
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level
from maitred.contracts.ids import (
    ComponentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
    OperationId,
    OutboundId,
    Tenant,
)
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.limits import CHAT_TOKEN_AGE_MS_MAX, CLAIM_AGE_MS, DAY_MS, SECOND_MS
from maitred.contracts.operations import ErasureDoc, OperationDoc, OperationKind
from maitred.contracts.outbound import DeliveryDoc, DeliveryState
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.contracts.subjects import JOURNAL
from maitred.contracts.view import View
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import reads
from maitred.gateway.bus.stream_specs import JOURNAL_KINDS
from maitred.gateway.journal.effects import Entry
from maitred.gateway.journal.keeping import DOCUMENT_KINDS, LOG_KINDS, Keeping
from maitred.gateway.journal.transaction import Decision, transact
from maitred.gateway.settings.load import parse
from maitred.gateway.settings.shapes import keeping_of
from tests.gateway.conftest import Eventually
from tests.gateway.journal.toy import Counted

KEY, CONVERSATION = IdentifierKey("k" * 32), ConversationId("cnv_1")
OWN = ComponentId(f"cmp_{KEY}")
HERS = CustomerId(f"cus_{KEY}")
MAIL = Identifier(kind=IdentifierKind.EMAIL, value="kim@mail.example")
KEEPING = Keeping(
    log_ms=400 * DAY_MS,
    closed_ms=30 * DAY_MS,
    kinds={"message": 365 * DAY_MS, "conversation": 90 * DAY_MS, "thread": 7 * DAY_MS},
)


def conversation() -> Conversation:
    return Conversation(
        id=CONVERSATION,
        tenant=Tenant("t"),
        customer=HERS,
        opened_by=MessageId("msg_1"),
        opened_at=1,
        last_at=1,
        channels=("email",),
        account="main",
        reply_to=ReplyTo(channel="email", account="main", endpoint=MAIL, key=KEY),
        trust=Level.AUTHENTICATED,
        participants=(KEY,),
    )


def routing(state: RoutingState) -> RoutingDoc:
    return RoutingDoc(
        conversation=CONVERSATION,
        customer=HERS,
        state=state,
        channel="email",
        account="main",
        arrived_at=1,
        state_at=1,
    )


def customer(**fields: object) -> CustomerDoc:
    made = CustomerDoc(id=HERS, component=OWN, first_seen_at=1, last_seen_at=1)
    return msgspec.structs.replace(made, **fields)


def identifier(kind: IdentifierKind, component: ComponentId = OWN) -> IdentifierDoc:
    return IdentifierDoc(
        identifier=Identifier(kind=kind, value="x"),
        key=KEY,
        component=component,
        claimed=False,
        first_seen_at=1,
    )


THREAD = ThreadDoc(
    conversation=CONVERSATION, customer=HERS, message=MessageId("msg_1"), actor_key=KEY
)
DELIVERY = DeliveryDoc(
    id=OutboundId("out_1"),
    conversation=CONVERSATION,
    channel="email",
    state=DeliveryState.SENT,
    at=1,
)
OPERATION = OperationDoc(
    id=OperationId("op_1"), tenant=Tenant("t"), kind=OperationKind.LINK, by="noa", why="x", at=1
)
ERASURE = ErasureDoc(customer=HERS, tenant=Tenant("t"), by="noa", why="x", asked_at=1)


@pytest.mark.parametrize(
    ("document", "kept_ms"),
    [
        (conversation(), 90 * DAY_MS),
        (routing(RoutingState.ASSIGNED), None),
        (routing(RoutingState.CLOSED), 30 * DAY_MS),
        (THREAD, 7 * DAY_MS),
        (DELIVERY, 30 * DAY_MS),
        (ClaimDoc(claimants=(Claimant(customer=HERS, key=KEY, at=1),)), CLAIM_AGE_MS),
        (customer(), None),
        (customer(unidentified=True), 400 * DAY_MS),
        (customer(channels=("chat",)), CHAT_TOKEN_AGE_MS_MAX),
        (customer(channels=("chat",), unidentified=True), CHAT_TOKEN_AGE_MS_MAX),
        (customer(channels=("chat",), generation=1), None),  # who signed in, or proved an address
        (customer(channels=("chat",), tier="vip"), None),
        (customer(channels=("chat",), preferences={"seat": "window"}), None),
        (customer(channels=("chat", "email")), None),
        (identifier(IdentifierKind.EMAIL), None),
        (identifier(IdentifierKind.VISITOR), CHAT_TOKEN_AGE_MS_MAX),
        (identifier(IdentifierKind.VISITOR, ComponentId("cmp_other")), None),
        (ComponentDoc(id=OWN), None),
        (OPERATION, None),
        (ERASURE, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, msgspec.Struct) else str(value),
)
def test_how_long_a_document_lives_after_its_last_write(
    document: msgspec.Struct, kept_ms: int | None
) -> None:
    assert KEEPING.document_ttl_ms(document) == kept_ms


@pytest.mark.parametrize(
    ("subject", "days"),
    [
        ("maitred.v1.t.message.k", 365),
        ("maitred.v1.t.assign.ann.cnv_1", 400),
        ("maitred.v1.message.assign.message.cnv_1", 400),
    ],
)
def test_how_long_a_log_entry_lives_is_its_kind_s_or_else_the_log_s(
    subject: str, days: int
) -> None:
    assert KEEPING.entry_ttl_ms(subject) == days * DAY_MS
    assert Keeping().entry_ttl_ms(subject) == Keeping().log_ms


def test_every_kind_is_one_that_the_journal_has() -> None:
    assert set(LOG_KINDS) | set(DOCUMENT_KINDS) <= set(JOURNAL_KINDS)


def test_the_settings_are_in_days(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("settings")
    (folder / "secret").write_text("a secret that is long enough")
    settings = parse(
        {
            "identity": {"secret": "file:secret"},
            "retention": {"log_days": 200, "kinds": {"message": 100, "delivery": 3}},
        },
        folder=folder,
    ).settings
    keeping = keeping_of(settings)
    assert keeping.entry_ttl_ms("maitred.v1.t.message.k") == 100 * DAY_MS
    assert keeping.entry_ttl_ms("maitred.v1.t.decision.c") == 200 * DAY_MS
    assert keeping.document_ttl_ms(DELIVERY) == 3 * DAY_MS


async def test_the_server_lets_each_kind_go_in_its_time(
    backbone: Backbone, eventually: Eventually
) -> None:
    """A kind of one second is gone while the rest of the log, and what is for ever, stays."""
    keeping = Keeping(kinds={"message": SECOND_MS, "conversation": SECOND_MS})
    subjects = backbone.subjects
    goes = (subjects.message(KEY), subjects.conversation(CONVERSATION))
    stays = (subjects.decision(CONVERSATION), subjects.customer(HERS), subjects.erasure(HERS))

    def step(view: View) -> Decision[None]:
        documents = {goes[1]: conversation(), stays[1]: customer(), stays[2]: ERASURE}
        entries = (
            Entry(goes[0], Counted(order="1", number=1), "one"),
            Entry(stays[0], Counted(order="2", number=2), "two"),
        )
        return Decision(None, documents, entries)

    await transact(backbone.connection, keeping, step, 1)
    found = await reads.get_many(backbone.connection, JOURNAL, [*goes, *stays])
    assert found.keys() == {*goes, *stays}
    assert found[stays[0]].headers["Nats-TTL"] == f"{400 * DAY_MS // SECOND_MS}s"
    assert "Nats-TTL" not in found[stays[2]].headers

    async def gone() -> bool:
        left = await reads.get_many(backbone.connection, JOURNAL, [*goes, *stays])
        return left.keys() == set(stays)

    await eventually(gone)
