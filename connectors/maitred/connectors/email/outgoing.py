"""What mail needs on its way out: whom it comes from, who takes it, and the keys that sign it."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import msgspec

from maitred.connectors.email.networks import Encryption
from maitred.connectors.email.signing import BadKey, Signer, signer_of
from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import email_identifier
from maitred.contracts.secret import Secret

CONNECTIONS_MAX: Final = 64
KEYS_MAX: Final = 4

_SELECTOR: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


class DkimKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key that signs an account's mail (RFC 6376); `domain` is, if empty, the sender's."""

    selector: str
    key: Secret
    domain: str = ""


DkimKeys = Annotated[tuple[DkimKey, ...], msgspec.Meta(max_length=KEYS_MAX)]


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom a reply comes from, the address that carries its token, if any does, and its keys.

    `bounces_to` is the address below which its bounces come back; if empty, they do to `address`.
    `html` asks for an HTML alternative beside the text.
    """

    address: str
    name: str
    answers_to: str = ""
    bounces_to: str = ""
    html: bool = True
    signers: tuple[Signer, ...] = ()


@dataclass(frozen=True, slots=True)
class Smarthost:
    """The mail server that takes our replies; without `user` there is no login.

    A login has a `password`, or access tokens from where `oauth` names.
    `tls` is None where it is spoken to in the clear. `notices` asks for a word of every arrival
    where the server can pass that on (RFC 3461). `hostname` is how we name ourselves.
    """

    host: str
    port: int
    hostname: str = "localhost"
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    user: str = ""
    password: Secret | None = field(default=None, repr=False)
    oauth: str = ""
    connections_max: int = 4
    idle_s: float = 60.0
    notices: bool = False


def tls_of(
    mode: Encryption, ca_file: Path | None, path: str, faults: list[str]
) -> ssl.SSLContext | None:
    """Return the context in which the smarthost's certificate is checked.

    With `ca_file` its authorities alone are believed.
    """
    if mode is Encryption.NONE:
        if ca_file is not None:
            faults.append(f"{path}: has no use without smarthost_tls")
        return None
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        faults.append(f"{path}: {ca_file} holds no certificate in PEM form")
    except OSError as error:
        faults.append(f"{path}: {ca_file} cannot be read: {error.strerror}")
    return None


def signers_of(
    keys: tuple[DkimKey, ...], sender: str, path: str, faults: list[str]
) -> tuple[Signer, ...]:
    """Return what signs the mail of a sender, with a fault for each key that cannot."""
    signers = []
    for index, written in enumerate(keys):
        here = f"{path}[{index}]"
        if not _SELECTOR.fullmatch(written.selector):
            faults.append(f"{here}.selector: must be the name before ._domainkey in your DNS")
            continue
        own = sender.rpartition("@")[2]
        try:
            own = email_identifier(sender).value.rpartition("@")[2]
            domain = email_identifier(f"x@{written.domain or own}").value.rpartition("@")[2]
        except BadPayload:
            faults.append(f"{here}.domain: {written.domain!r} is not a domain")
            continue
        if own != domain and not own.endswith(f".{domain}"):
            # A signature of somebody else counts for nothing (RFC 7489, section 3.1.1).
            faults.append(f"{here}.domain: must be {own}, from which its mail comes, or above it")
            continue
        try:
            signers.append(signer_of(written.key.reveal(), domain, written.selector))
        except BadKey as error:
            faults.append(f"{here}.key: {error}")
    return tuple(signers)
