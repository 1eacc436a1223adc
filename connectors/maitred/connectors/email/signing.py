"""DKIM: our signature under what we send (RFC 6376; with Ed25519, RFC 8463).

dkimpy canonicalises, hashes and folds. The key is read once and used by `cryptography`: dkimpy
would read it for every mail and compute RSA in Python, 13 ms a mail on the loop, and needs another
library for Ed25519.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from dkim import DKIM  # type: ignore[import-untyped]  # the wheel has no types
from dkim.canonicalization import (  # type: ignore[import-untyped]  # the wheel has no types
    CanonicalizationPolicy,
)

RSA_BITS_MIN: Final = 1024
"""RFC 8301, section 3.2; it advises 2048, and verifiers take no fewer than this."""

_CANONICAL: Final = b"relaxed/simple"
"""Relays fold and space header fields anew. The body is plain ASCII in short lines, which none has
a reason to touch; to relax one of 25 MiB would hold up every thread for a second."""
_SIGNED: Final = tuple(
    b"from reply-to to cc subject date message-id in-reply-to references auto-submitted "
    b"mime-version content-type content-transfer-encoding x-maitred-mark".split()
)
"""RFC 6376, section 5.4.1. Each is signed once more than it is there, so that none can be added
(section 8.15): a second From or Subject would be shown instead of the signed one."""
_PLACE: Final = b"0" * 60
"""Stands for the signature while the field is folded."""


class BadKey(ValueError):
    """It cannot sign; the message says why, and nothing of the key."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A key with the name under which its public half is found in the DNS."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> bytes:
        """The name of the algorithm (RFC 6376, section 3.3; RFC 8463, section 3)."""
        return b"rsa-sha256" if isinstance(self.key, RSAPrivateKey) else b"ed25519-sha256"

    def sign(self, digest: bytes) -> _Signature:
        """Sign a SHA-256 digest, as dkimpy asks a key of PyNaCl to."""
        if isinstance(self.key, RSAPrivateKey):
            return _Signature(self.key.sign(digest, PKCS1v15(), Prehashed(SHA256())))
        return _Signature(self.key.sign(digest))


@dataclass(frozen=True, slots=True)
class _Signature:
    signature: bytes


def signer_of(pem: str, domain: str, selector: str) -> Signer:
    """Read a private key in PEM form.

    Raises:
        BadKey: it is none, is protected by a password, is too short or of another sort.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        raise BadKey("is protected by a password, which nobody could type in") from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey(
            "is not a private key in PEM form, as `openssl genpkey -algorithm rsa` makes"
        ) from None
    if isinstance(key, RSAPrivateKey):
        if key.key_size < RSA_BITS_MIN:
            raise BadKey(f"has {key.key_size} bits, of which no verifier takes fewer than 1024")
    elif not isinstance(key, Ed25519PrivateKey):
        raise BadKey("must be an RSA or Ed25519 key: no others can sign mail")
    return Signer(domain, selector, key)


def signed(content: bytes, signers: tuple[Signer, ...], now: int) -> bytes:
    """Return a mail with the signature of each key above it; `now` is UTC milliseconds."""
    return b"".join([*(_field(content, each, now) for each in signers), content])


def _field(content: bytes, signer: Signer, now: int) -> bytes:
    head, blank, body = content.partition(b"\r\n\r\n")
    work = DKIM(head + blank)
    policy = CanonicalizationPolicy.from_c_value(_CANONICAL)
    hashed = hashlib.sha256(policy.canonicalize_body(body)).digest()
    names = [name for name, _ in work.headers]
    covered = [
        wanted
        for wanted in _SIGNED
        for _ in range(1 + sum(name.lower() == wanted for name in names))
    ]
    tags = [
        (b"v", b"1"),
        (b"a", signer.algorithm),
        (b"c", _CANONICAL),
        (b"d", signer.domain.encode()),
        (b"s", signer.selector.encode()),
        (b"t", str(now // 1000).encode()),
        (b"h", b" : ".join(covered)),
        (b"bh", base64.b64encode(hashed)),
        (b"b", _PLACE),
    ]
    work.hasher = hashlib.sha256
    # Only under this name does it ask the key itself to sign; the tag above says what it is.
    work.signature_algorithm = b"ed25519-sha256"
    made: bytes = work.gen_header(tags, covered, policy, b"DKIM-Signature", signer)
    return b"DKIM-Signature: " + made
