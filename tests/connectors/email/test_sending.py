"""Replies by mail, as they reach a smarthost."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from maitred.connectors.email.outgoing import DkimKey
from maitred.connectors.email.settings import EmailAccount
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Identifier, IdentifierKind, email_identifier
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.inbound import BlobRef
from maitred.contracts.outbound import OutboundFile
from maitred.contracts.secret import Secret
from tests.connectors.email.delivery import Make
from tests.connectors.email.relay import Smarthost, connect, reply


async def test_a_reply_goes_out_in_its_thread(email: Make, smarthost: Smarthost) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    sent = await connector.send(
        reply(
            context,
            "Grüße aus 東京.\n.\nSam",
            subject="Broken lamp",
            extra={"in_reply_to": "<3@h.example>", "references": "<1@h.example> <2@h.example>"},
        )
    )
    assert sent.provider_id == "<out_1@shop.example>"
    assert sent.thread_ids == ("<out_1@shop.example>",)
    envelope, mail = relay.envelopes[0], relay.mail()
    assert envelope.mail_from == "help@shop.example"
    assert envelope.rcpt_tos == ["ann@home.example"]
    assert mail["From"] == "Shop Care <help@shop.example>"
    assert mail["To"] == "ann@home.example"
    assert mail["Subject"] == "Re: Broken lamp"
    assert mail["Message-ID"] == "<out_1@shop.example>"
    assert mail["In-Reply-To"] == "<3@h.example>"
    assert mail["References"] == "<1@h.example> <2@h.example> <3@h.example>"
    assert mail["Date"].datetime.timestamp() * 1000 == context.now
    assert mail["Auto-Submitted"] is None
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == "Grüße aus 東京.\n.\nSam\n"
    assert (envelope.original_content or b"").isascii()


async def test_a_repeated_send_carries_the_same_message_id(
    email: Make, smarthost: Smarthost
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    first = await connector.send(reply(context))
    context.now += 60_000
    assert await connector.send(reply(context)) == first


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Broken\r\nBcc: evil@x.example", "Re: Broken Bcc: evil@x.example"),
        ("RE: Broken", "RE: Broken"),
        ("", "Re:"),
        ("日本語の件名" * 40, "Re: " + "日本語の件名" * 40),
        ("x\x00y\u2028z", "Re: x y z"),
    ],
)
async def test_no_subject_can_add_a_header(
    email: Make, smarthost: Smarthost, subject: str, expected: str
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    await connector.send(reply(context, subject=subject))
    assert relay.mail()["Subject"] == expected
    assert relay.mail()["Bcc"] is None
    assert relay.envelopes[0].rcpt_tos == ["ann@home.example"]


async def test_references_are_ids_only_and_long_ones_survive_folding(
    email: Make, smarthost: Smarthost
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    long = "<" + "x" * 300 + "@h.example>"
    extra = {
        "references": f"<1@h.example> {long}\r\nBcc: evil@x.example " + long,
        "in_reply_to": "no id\r\nX-Evil: 1",
    }
    await connector.send(reply(context, extra=extra))
    assert relay.mail()["References"] == f"<1@h.example> {long}"
    assert long.encode() in (relay.envelopes[0].original_content or b"")
    assert relay.mail()["In-Reply-To"] is None
    assert relay.mail()["Bcc"] is None
    assert relay.mail()["X-Evil"] is None


async def test_many_references_keep_the_first_and_the_last_ones(
    email: Make, smarthost: Smarthost
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    ids = [f"<{number}@h.example>" for number in range(200)]
    await connector.send(reply(context, extra={"references": " ".join(ids)}))
    assert relay.mail()["References"].split() == [ids[0], *ids[-50:]]


@pytest.mark.parametrize("address", ["ann@home.example\r\nBcc: x@y.example", "no address", "<>"])
async def test_an_endpoint_that_is_no_address_is_refused(
    email: Make, smarthost: Smarthost, address: str
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    endpoint = Identifier(kind=IdentifierKind.EMAIL, value=address)
    with pytest.raises(Permanent) as refusal:
        await connector.send(reply(context, endpoint=endpoint))
    assert refusal.value.code == "bad_address"
    assert relay.envelopes == []


async def test_an_address_that_is_not_ascii_goes_out_under_smtputf8(
    email: Make, smarthost: Smarthost
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    await connector.send(reply(context, endpoint=email_identifier("jürgen@haus.example")))
    assert relay.envelopes[0].rcpt_tos == ["jürgen@haus.example"]
    assert relay.mail()["To"] == "jürgen@haus.example"


async def test_files_are_fetched_from_the_house_and_go_out_with_the_reply(
    email: Make, smarthost: Smarthost
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    blob = BlobRef(owner=IdentifierKey("0" * 32), sha256="1" * 64, size=5)
    file = OutboundFile(name="Größe.pdf", content_type="application/pdf", blob=blob)
    outbound = msgspec.structs.replace(reply(context), files=(file,))
    with pytest.raises(Permanent) as refusal:
        await connector.send(outbound)
    assert refusal.value.code == "blob_missing"
    context.files["1" * 64] = b"%PDF\n"
    await connector.send(outbound)
    (attached,) = relay.mail().iter_attachments()
    assert attached.get_filename() == "Größe.pdf"
    assert attached.get_payload(decode=True) == b"%PDF\n"


async def test_a_reply_leaves_signed(email: Make, smarthost: Smarthost) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    key = DkimKey(selector="s1", key=Secret(pem.decode().strip()))
    account = EmailAccount(addresses=("help@shop.example",), dkim=(key,))
    relay = await smarthost()
    connector, context = await connect(email, relay, accounts={"help": account})
    await connector.send(reply(context))
    assert relay.content().startswith(b"DKIM-Signature: v=1; a=ed25519-sha256;")
    assert "d=shop.example; s=s1;" in relay.mail()["DKIM-Signature"]


async def test_the_smarthost_is_told_our_name(email: Make, smarthost: Smarthost) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay, hostname="gateway.shop.example")
    await connector.send(reply(context))
    (session,) = relay.sessions
    assert session.session is not None
    assert session.session.host_name == "gateway.shop.example"
