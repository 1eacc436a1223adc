"""Verdicts of our own: SPF, DKIM and DMARC, with name servers from a table."""

from __future__ import annotations

import asyncio
import smtplib
import threading
from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from maitred.connectors.email import verifying
from maitred.connectors.email.connector import EmailConnector
from maitred.connectors.email.headers import HEADER_BYTES_MAX, HEADER_FIELDS_MAX
from maitred.connectors.email.incoming import Judging
from maitred.connectors.email.settings import EmailSettings
from maitred.connectors.email.verifying import UNSURE, Peer, Verifier
from maitred.contracts.identifiers import Level
from maitred.contracts.inbound import Verification
from tests.connectors.email.conftest import ACCOUNTS
from tests.connectors.email.delivery import deliver
from tests.connectors.email.zone import Table, Zone

MAIL = (
    b"From: Ann <ann@home.example>\r\nTo: help@shop.example\r\nSubject: Broken\r\n"
    b"Message-ID: <1@home.example>\r\n\r\nIt broke.\r\n"
)
PEER = Peer("192.0.2.7", "mx.home.example", "ann@home.example")
REJECT = {("_dmarc.home.example", "TXT"): ["v=DMARC1; p=reject"]}
SPF_PASS = {("home.example", "TXT"): ["v=spf1 ip4:192.0.2.7 -all"]}


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


def key_record(domain: str = "home.example") -> dict[tuple[str, str], list[str] | None]:
    public = key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    text = f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"
    return {(f"s1._domainkey.{domain}", "TXT"): [text]}


def signed(mail: bytes = MAIL, domain: str = "home.example", **how: Any) -> bytes:
    pem = key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    field: bytes = dkim.sign(mail, b"s1", domain.encode(), pem, **how)
    return field + mail


async def facts_of(table: Table, mail: bytes = MAIL, peer: Peer = PEER) -> dict[str, str]:
    return dict((await Verifier(lambda: 0, Zone(table)).verify(mail, peer)).facts)


async def dmarc_of(table: Table, mail: bytes = MAIL, peer: Peer = PEER) -> str:
    return (await facts_of(table, mail, peer))["dmarc"]


async def test_an_aligned_signature_passes() -> None:
    facts = await facts_of({**REJECT, **key_record()}, signed())
    assert facts == {"spf": "none", "dkim": "pass", "dmarc": "pass"}


async def test_an_aligned_sender_passes() -> None:
    facts = await facts_of({**REJECT, **SPF_PASS})
    assert facts == {"spf": "pass", "dkim": "none", "dmarc": "pass"}


async def test_without_any_proof_the_domains_policy_decides_what_is_wanted() -> None:
    for policy, disowned in {"reject": True, "quarantine": False, "none": False}.items():
        table = {("_dmarc.home.example", "TXT"): [f"v=DMARC1; p={policy}"]}
        found = await Verifier(lambda: 0, Zone(table)).verify(MAIL, PEER)
        assert (found.facts["dmarc"], found.disowned) == ("fail", disowned)
        assert found.from_domain == "home.example"


async def test_a_domain_without_a_policy_has_no_verdict() -> None:
    assert await dmarc_of({**SPF_PASS, **key_record()}, signed()) == "none"


@pytest.mark.parametrize(
    "changed",
    [
        lambda mail: mail.replace(b"It broke.", b"Pay me."),
        lambda mail: mail.replace(b"Subject: Broken", b"Subject: Other"),
        lambda mail: mail.replace(b"ann@home", b"bob@home"),
    ],
    ids=["body", "subject", "author"],
)
async def test_a_changed_mail_fails(changed: Any) -> None:
    facts = await facts_of({**REJECT, **key_record()}, changed(signed()))
    assert (facts["dkim"], facts["dmarc"]) == ("fail", "fail")


async def test_a_signature_of_another_domain_is_none_of_the_authors() -> None:
    table = {**REJECT, **key_record("evil.example")}
    facts = await facts_of(table, signed(domain="evil.example"))
    assert (facts["dkim"], facts["dmarc"]) == ("pass", "fail")


@pytest.mark.parametrize("evil", ["home.example-evil.com", "home.example.evil.com", "evil.example"])
async def test_a_sender_that_only_looks_like_the_authors_domain_is_not_aligned(evil: str) -> None:
    table = {**REJECT, (evil, "TXT"): ["v=spf1 +all"]}
    facts = await facts_of(table, peer=Peer("192.0.2.7", "mx.example", f"ann@{evil}"))
    assert (facts["spf"], facts["dmarc"]) == ("pass", "fail")


async def test_a_domain_with_a_hyphen_is_judged_by_its_own_policy() -> None:
    mail = MAIL.replace(b"home.example", b"my-home.example")
    table = {
        ("_dmarc.my-home.example", "TXT"): ["v=DMARC1; p=reject"],
        **key_record("my-home.example"),
    }
    assert await dmarc_of(table, signed(mail, "my-home.example")) == "pass"
    assert await dmarc_of(table, mail) == "fail"


async def test_alignment_is_by_organisation_unless_the_domain_is_strict() -> None:
    table = {**key_record(), **SPF_PASS}
    mail = MAIL.replace(b"ann@home", b"ann@news.home")
    for tags, expected in {
        "p=none": "pass",
        "p=none; adkim=s": "pass",
        "p=none; aspf=s": "pass",
        "p=none; adkim=s; aspf=s": "fail",
    }.items():
        policy = {("_dmarc.news.home.example", "TXT"): [f"v=DMARC1; {tags}"]}
        assert await dmarc_of({**table, **policy}, signed(mail)) == expected


async def test_a_subdomain_falls_under_its_organisations_policy() -> None:
    mail = MAIL.replace(b"ann@home", b"ann@news.home")
    for tags, disowned in {"p=reject": True, "p=reject; sp=none": False}.items():
        table = {("_dmarc.home.example", "TXT"): [f"v=DMARC1; {tags}"]}
        found = await Verifier(lambda: 0, Zone(table)).verify(mail, PEER)
        assert (found.facts["dmarc"], found.disowned) == ("fail", disowned)


@pytest.mark.parametrize(
    "records",
    [["v=DMARC1; p=reject", "v=DMARC1; p=none"], ["v=DMARC1; rua=mailto:a@b"], ["other"]],
)
async def test_a_policy_that_is_none_decides_nothing(records: list[str]) -> None:
    table = {**SPF_PASS, ("_dmarc.home.example", "TXT"): records}
    assert await dmarc_of(table) == "none"


async def test_a_policy_that_cannot_be_read_is_an_error() -> None:
    table = {("_dmarc.home.example", "TXT"): ["v=DMARC1; p=reject; nonsense"]}
    assert await dmarc_of(table) == "permerror"


@pytest.mark.parametrize(
    "silent", [("_dmarc.home.example", "TXT"), ("home.example", "TXT")], ids=["policy", "sender"]
)
async def test_while_name_servers_are_silent_nothing_fails(silent: tuple[str, str]) -> None:
    assert await dmarc_of({**REJECT, silent: None}) == "temperror"


@pytest.mark.parametrize("address", ["", "unix"])
async def test_where_nobody_knows_who_brought_a_mail_only_a_signature_can_tell(
    address: str,
) -> None:
    table = {**REJECT, **key_record()}
    peer = Peer(address, "", "ann@home.example")
    assert await dmarc_of(table, MAIL, peer) == "temperror"
    assert await dmarc_of(table, signed(), peer) == "pass"


async def test_while_a_key_cannot_be_had_nothing_fails() -> None:
    facts = await facts_of({**REJECT, ("s1._domainkey.home.example", "TXT"): None}, signed())
    assert (facts["dkim"], facts["dmarc"]) == ("temperror", "temperror")


@pytest.mark.parametrize(
    "how",
    [{"length": True}, {"signature_algorithm": b"rsa-sha1"}],
    ids=["the beginning of a body", "SHA-1"],
)
async def test_a_signature_that_covers_too_little_vouches_for_nobody(how: dict[str, Any]) -> None:
    assert await dmarc_of({**REJECT, **key_record()}, signed(**how)) == "fail"


async def test_a_signature_that_leaves_out_the_author_vouches_for_nobody() -> None:
    """No library writes one (RFC 6376, section 5.4), but they can be read."""
    body_hash = b64encode(sha256(MAIL.partition(b"\r\n\r\n")[2]).digest()).decode()
    field = (
        f"DKIM-Signature: v=1; a=rsa-sha256; d=home.example; s=s1; h=subject; bh={body_hash}; b="
    )
    over = b"Subject: Broken\r\n" + field.encode()
    signature = key().sign(over, PKCS1v15(), SHA256())
    mail = field.encode() + b64encode(signature) + b"\r\n" + MAIL
    facts = await facts_of({**REJECT, **key_record()}, mail)
    assert (facts["dkim"], facts["dmarc"]) == ("pass", "fail")


@pytest.mark.parametrize(
    "end",
    [
        b"From the desk of\r\n",
        b"X: y\r\n" * HEADER_FIELDS_MAX,
        b"X: " + b"y" * HEADER_BYTES_MAX + b"\r\n",
        b"X: y\n",
    ],
    ids=["a mailbox's line", "many fields", "a long field", "a lone line feed"],
)
async def test_a_signature_vouches_for_no_author_but_the_one_it_is_about(end: bytes) -> None:
    """Where a header ends, and what a field is, dkimpy sees otherwise than we do."""
    mail = signed(include_headers=[b"from", b"to", b"subject"])
    at = mail.index(b"From:")
    forged = mail[:at] + b"From : Boss <boss@home.example>\r\n" + end + mail[at:]
    assert await dmarc_of({**REJECT, **key_record()}, mail) == "pass"
    assert await dmarc_of({**REJECT, **key_record()}, forged) != "pass"


async def test_a_folded_author_is_the_one_that_was_signed() -> None:
    mail = MAIL.replace(b"From: Ann <", "From: J\u00fcrgen\r\n\t <".encode())
    assert await dmarc_of({**REJECT, **key_record()}, signed(mail)) == "pass"


async def test_one_good_signature_of_several_is_enough() -> None:
    bad = signed().partition(b"From:")[0].replace(b"s=s1", b"s=no")
    assert await dmarc_of({**REJECT, **key_record()}, bad + signed()) == "pass"


async def test_more_signatures_than_anybody_needs_are_not_looked_at() -> None:
    bad = signed().partition(b"From:")[0].replace(b"s=s1", b"s=no")
    zone = Zone({**REJECT, **key_record()})
    found = await Verifier(lambda: 0, zone).verify(bad * 50 + signed(), PEER)
    assert found.facts["dmarc"] == "fail"
    assert len(zone.asked) < 10


@pytest.mark.parametrize(
    "author",
    [b"From: a@home.example, b@evil.example", b"From: a@home.example\r\nFrom: b@evil.example", b""],
)
async def test_a_mail_without_one_author_has_no_verdict(author: bytes) -> None:
    mail = MAIL.replace(b"From: Ann <ann@home.example>", author or b"X: y")
    found = await Verifier(lambda: 0, Zone({**REJECT, **SPF_PASS})).verify(mail, PEER)
    assert (found.facts["dmarc"], found.from_domain) == ("none", "")


async def test_a_check_that_takes_too_long_is_given_up_and_the_next_ones_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verifying, "VERIFY_MS_MAX", 50)
    monkeypatch.setattr(verifying, "AT_ONCE_MAX", 1)
    gate = threading.Event()

    def stuck(name: str, kind: str, lifetime_s: float) -> list[str]:
        gate.wait(5)
        return []

    verifier = Verifier(lambda: 0, stuck)
    assert await verifier.verify(MAIL, PEER) == UNSURE
    assert await verifier.verify(MAIL, PEER) == UNSURE
    gate.set()
    async with asyncio.timeout(5):
        while (await verifier.verify(MAIL, PEER)) == UNSURE:
            pass


async def test_one_peer_with_slow_name_servers_holds_up_nobody_else() -> None:
    gate, busy, loop = threading.Event(), asyncio.Event(), asyncio.get_running_loop()

    def resolve(name: str, kind: str, lifetime_s: float) -> list[str]:
        if "evil" in name:
            loop.call_soon_threadsafe(busy.set)
            gate.wait(10)
        return Zone({**REJECT, **SPF_PASS})(name, kind, lifetime_s)

    verifier = Verifier(lambda: 0, resolve)
    evil = Peer("198.51.100.7", "evil.example", "eve@evil.example")
    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(verifier.verify(MAIL, evil))
        await busy.wait()
        try:
            async with asyncio.timeout(5):
                found = await verifier.verify(MAIL, PEER)
        finally:
            gate.set()
    assert found.facts["dmarc"] == "pass"


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"DKIM-Signature: \r\n\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; d=\xff; s=\xff; h=from; bh=; b=\r\n\r\n",
        b"ARC-Seal: i=x\r\nFrom: a@b.example\r\n\r\n",
        b"ARC-Seal: i=1; cv=none; a=rsa-sha256; d=x; s=y; b=\r\n\r\n",
        b"From: a@" + b"x." * 200 + b"example\r\n\r\n",
        b"no header\n\n\xff",
    ],
)
async def test_broken_mails_are_judged_like_any_other(mail: bytes) -> None:
    facts = await facts_of(REJECT, mail, Peer("192.0.2.7", "\u00fc.\x00", "a\x00@\u00fc.example"))
    assert facts["dmarc"] != "pass"


async def connector_with(recording: Any, table: Table, **settings: Any) -> tuple[Any, Any]:
    context = recording()
    values = EmailSettings(listen="127.0.0.1:0", accounts=ACCOUNTS, verify=Judging.SELF, **settings)
    connector = EmailConnector(values, context.context, Zone(table))
    await connector.start()
    return connector, context


async def test_a_pass_of_our_own_counts_like_a_relays(recording: Any) -> None:
    connector, context = await connector_with(recording, {**REJECT, **key_record()})
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"], signed())
    forged = b"Authentication-Results: mx.shop.example; dmarc=pass header.from=home.example\r\n"
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"], forged + MAIL)
    await connector.stop()
    (ours, _), (theirs, _) = context.accepted
    assert ours.sender.level is Level.AUTHENTICATED
    assert ours.evidence.verification is Verification.DMARC
    assert ours.evidence.facts == {"spf": "none", "dkim": "pass", "dmarc": "pass"}
    assert theirs.sender.level is Level.CLAIMED
    assert theirs.evidence.facts["dmarc"] == "fail"


async def test_a_disowned_mail_is_refused_only_if_the_house_wants_that(recording: Any) -> None:
    connector, context = await connector_with(recording, REJECT, dmarc_reject=True)
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        await asyncio.to_thread(deliver, connector.port, ["help@shop.example"], MAIL)
    await connector.stop()
    assert refusal.value.smtp_code == 550
    assert isinstance(refusal.value.smtp_error, bytes)
    assert refusal.value.smtp_error.startswith(b"5.7.1")
    assert context.accepted == []
    assert context.refusals == [("help", "dmarc_reject")]


async def test_with_verify_none_nobody_is_believed(recording: Any) -> None:
    context = recording()
    values = EmailSettings(
        listen="127.0.0.1:0",
        accounts=ACCOUNTS,
        verify=Judging.NONE,
        trusted_relays=("127.0.0.0/8",),
        authserv_id="mx.shop.example",
    )
    connector = EmailConnector(values, context.context)
    await connector.start()
    judged = b"Authentication-Results: mx.shop.example; dmarc=pass header.from=home.example\r\n"
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"], judged + MAIL)
    await connector.stop()
    assert context.accepted[0][0].sender.level is Level.CLAIMED
    assert context.accepted[0][0].evidence.facts == {}


def sealed(mail: bytes) -> bytes:
    pem = key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    judged = b"Authentication-Results: lists.example; dmarc=pass header.from=home.example\r\n"
    fields = dkim.ARC(judged + mail).sign(
        b"s1", b"lists.example", pem, b"lists.example", include_headers=[b"from", b"subject"]
    )
    return b"".join(fields) + judged + mail


async def test_what_a_forwarder_sealed_stands_in_the_facts_and_vouches_for_nobody() -> None:
    table = {**REJECT, **key_record("lists.example")}
    facts = await facts_of(table, sealed(MAIL))
    assert (facts["arc"], facts["dmarc"]) == ("pass", "fail")
    changed = sealed(MAIL).replace(b"It broke.", b"Pay me.")
    assert (await facts_of(table, changed))["arc"] == "fail"


async def test_a_long_chain_of_forwarders_is_not_looked_at() -> None:
    zone = Zone(REJECT)
    mail = b"ARC-Seal: i=1; s=a; d=b.example\r\n" * 50 + MAIL
    found = await Verifier(lambda: 0, zone).verify(mail, PEER)
    assert "arc" not in found.facts
    assert ("a._domainkey.b.example", "TXT") not in zone.asked
