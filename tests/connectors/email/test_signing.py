"""DKIM: what we send is signed so that others can check it, and a bad key is named at the start."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import dkim  # type: ignore[import-untyped]  # the wheel has no types
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from maitred.connectors.email.letter import compose
from maitred.connectors.email.outgoing import DkimKey, Sender
from maitred.connectors.email.settings import EmailAccount, EmailSettings, plan_of
from maitred.connectors.email.signing import Signer, signed, signer_of
from maitred.contracts.errors import ConfigurationError
from maitred.contracts.identifiers import email_identifier
from maitred.contracts.secret import Secret
from tests.connectors.conftest import START_MS

RSA = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()


def pem(key: Any, lock: KeySerializationEncryption | None = None) -> str:
    written: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock or NoEncryption())
    return written.decode()


def signed_mail(recording: Callable[..., Any], *signers: Signer) -> bytes:
    reply = recording().outbound(
        email_identifier("ann@home.example"),
        "Grüße.\n\n  Two  blanks. \n.\n" + "x" * 3_000 + "\n\n\n",
        channel="email",
        account="help",
        subject="Broken " * 30,
        extra={"in_reply_to": "<3@h.example>"},
    )
    letter = compose(reply, Sender("help@shop.example", "Größe"), now=START_MS)
    return signed(letter.content, signers, START_MS)


def rsa_record(name: bytes, **_: Any) -> bytes:
    assert name == b"s1._domainkey.shop.example."
    public = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


class Ed25519Record:
    """The public half, as dkimpy asks a key of PyNaCl, which we do not install."""

    def verify(self, digest: bytes, signature: bytes) -> None:
        ED25519.public_key().verify(signature, digest)


def ed25519_holds(mail: bytes, index: int) -> bool:
    work = dkim.DKIM(mail)
    fields, covered, headers = work.verify_headerprep(index)
    work.pk, work.ktag, work.seqtlsrpt = Ed25519Record(), b"ed25519", False
    try:
        return bool(work.verify_sig_process(fields, covered, headers[index], None))
    except (InvalidSignature, dkim.ValidationError):
        return False


def test_a_signature_holds_and_every_change_breaks_it(recording: Callable[..., Any]) -> None:
    mail = signed_mail(recording, signer_of(pem(RSA), "shop.example", "s1"))
    assert dkim.verify(mail, dnsfunc=rsa_record)
    for changed in (
        mail.replace(b"Two", b"Few"),
        mail.replace(b"To: ann@home.example", b"To: eve@home.example"),
        b"From: eve@shop.example\r\n" + mail,
        b"Subject: Pay eve\r\n" + mail,
        b"Reply-To: eve@home.example\r\n" + mail,
        b"Auto-Submitted: no\r\n" + mail,
    ):
        assert not dkim.verify(changed, dnsfunc=rsa_record)


def test_what_relays_do_to_blanks_and_folding_breaks_nothing(
    recording: Callable[..., Any],
) -> None:
    mail = signed_mail(recording, signer_of(pem(RSA), "shop.example", "s1"))
    refolded = b"Received: from a by b\r\n" + mail.replace(b"To: ann", b"to:  ann")
    assert dkim.verify(refolded + b"\r\n\r\n", dnsfunc=rsa_record)


def test_two_keys_sign_side_by_side(recording: Callable[..., Any]) -> None:
    mail = signed_mail(
        recording,
        signer_of(pem(RSA), "shop.example", "s1"),
        signer_of(pem(ED25519), "shop.example", "s2"),
    )
    assert mail.count(b"DKIM-Signature: ") == 2
    assert dkim.verify(mail, dnsfunc=rsa_record)
    assert b"a=ed25519-sha256" in mail
    assert ed25519_holds(mail, 1)
    assert not ed25519_holds(mail.replace(b"Two", b"Few"), 1)


def test_the_signature_bears_the_time_of_the_house_and_fits_into_lines(
    recording: Callable[..., Any],
) -> None:
    mail = signed_mail(recording, signer_of(pem(RSA), "shop.example", "s1"))
    assert f"t={START_MS // 1000};".encode() in mail
    assert all(len(line) <= 78 for line in mail.split(b"\r\n")[:12])
    assert b"\n" not in mail.replace(b"\r\n", b"")


def test_a_key_is_in_no_text_about_it() -> None:
    signer = signer_of(pem(RSA), "shop.example", "s1")
    assert repr(signer) == "Signer(domain='shop.example', selector='s1')"
    assert replace(signer, selector="s2").selector == "s2"


SMALL = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAqFOvYP0nJpXyBKbv\n"
    "-----END PRIVATE KEY-----\n"
)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"key": Secret("no key at all")}, "dkim[0].key: is not a private key"),
        ({"key": Secret(SMALL)}, "dkim[0].key: is not a private key"),
        ({"key": Secret(pem(ec.generate_private_key(ec.SECP256R1())))}, "dkim[0].key: must be"),
        ({"key": Secret(pem(RSA, BestAvailableEncryption(b"x")))}, "dkim[0].key: is protected"),
        ({"selector": "s1; d=x"}, "dkim[0].selector"),
        ({"selector": ""}, "dkim[0].selector"),
        ({"domain": "elsewhere.example"}, "dkim[0].domain"),
        ({"domain": "not a domain"}, "dkim[0].domain"),
        ({"domain": "p.example"}, "dkim[0].domain"),
    ],
)
def test_a_key_that_cannot_sign_is_named_before_anything_starts(
    changes: dict[str, Any], path: str
) -> None:
    key = DkimKey(**{"selector": "s1", "key": Secret(pem(RSA)), **changes})
    account = EmailAccount(addresses=("help@shop.example",), dkim=(key,))
    with pytest.raises(ConfigurationError) as refusal:
        plan_of(EmailSettings(accounts={"help": account}))
    (fault,) = refusal.value.faults
    assert fault.startswith(f"channels.email.accounts.help.{path}")
    assert "BEGIN" not in fault


@pytest.mark.parametrize(
    ("sender", "domain", "signs"),
    [
        ("help@shop.example", "", "shop.example"),
        ("help@mail.shop.example", "shop.example", "shop.example"),
        ("help@größe.example", "", "xn--gre-6ka8i.example"),
    ],
)
def test_the_domain_is_the_senders_or_one_above_it(sender: str, domain: str, signs: str) -> None:
    key = DkimKey(selector="s1", key=Secret(pem(ED25519)), domain=domain)
    account = EmailAccount(addresses=(sender,), dkim=(key,))
    plan = plan_of(EmailSettings(accounts={"help": account}))
    assert [each.domain for each in plan.senders["help"].signers] == [signs]
