"""The settings of what comes in: where to listen, whom to believe, which mailboxes to read."""

from __future__ import annotations

import ssl
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import msgspec

from maitred.connectors.email.networks import PATH, Encryption, host_port, is_loopback
from maitred.connectors.email.oauth import EmailOAuth, check_access
from maitred.contracts.identifiers import SECRET_BYTES_MIN
from maitred.contracts.secret import Secret

_SMTP_PORT: Final = 25
_NAME_ADVICE: Final = (
    "must be printable ASCII; write other letters as the server lists them, in IMAP's UTF-7"
)
_UNIX: Final = "unix:"
_UNIX_BYTES_MAX: Final = 107
"""The longest path of a Unix socket (unix(7): 108 bytes, the last one NUL)."""


class Speech(StrEnum):
    """What a listener speaks."""

    SMTP = "smtp"
    LMTP = "lmtp"


class Judging(StrEnum):
    """Who says whether a mail is from whom it names."""

    AUTHENTICATION_RESULTS = "authentication-results"
    """The trusted relays, in their `Authentication-Results`."""
    SELF = "self"
    """Maitred, for every mail that no trusted relay brought."""
    NONE = "none"
    """Nobody: every From stays a claim."""


class FirstRead(StrEnum):
    """What is read of a mailbox that was never read before."""

    NEW = "new"
    UNSEEN = "unseen"
    ALL = "all"


class AfterRead(StrEnum):
    """What becomes of a mail in its mailbox once it is stored."""

    SEEN = "seen"
    MOVE = "move"
    KEEP = "keep"


class EmailListener(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One more place to listen: `host:port` or `unix:/path`."""

    listen: str
    protocol: Speech = Speech.SMTP
    implicit_tls: bool = False


class EmailMailbox(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One mailbox that is read by IMAP, for an account; `host` as `host:port`.

    `oauth` names where access tokens come from, in place of a password. `authserv_id` is the name
    under which the mailbox's own server states its verdicts.
    """

    account: str
    host: str
    user: str
    password: Secret | None = None
    oauth: str = ""
    folders: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("INBOX",)
    first: FirstRead = FirstRead.NEW
    after: AfterRead = AfterRead.SEEN
    move_to: str = ""
    authserv_id: str = ""
    tls: Encryption = Encryption.IMPLICIT
    ca_file: Path | None = None
    poll_s: Annotated[float, msgspec.Meta(ge=1, le=1_700)] = 60.0
    """RFC 2177: a server may drop whoever says nothing for 30 minutes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listener stands: `host` and `port`, or the `path` of a Unix socket.

    `setting` is where that is written.
    """

    host: str = ""
    port: int = 0
    path: str = ""
    speech: Speech = Speech.SMTP
    implicit_tls: bool = False
    setting: str = field(default=f"{PATH}.listen", compare=False)

    def __str__(self) -> str:
        """Return it as the settings write it."""
        if self.path:
            return f"{_UNIX}{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One folder that is read."""

    name: str
    host: str
    port: int
    folder: str
    settings: EmailMailbox
    tls: ssl.SSLContext | None = None


def places_of(listen: str, more: tuple[EmailListener, ...], faults: list[str]) -> tuple[Place, ...]:
    """Return where to listen."""
    places = []
    if listen:
        places.append(Place(*host_port(listen, "listen", faults)))
    for index, each in enumerate(more):
        key = f"listeners[{index}].listen"
        place = partial(
            Place,
            speech=each.protocol,
            implicit_tls=each.implicit_tls,
            setting=f"{PATH}.{key}",
        )
        if each.listen.startswith(_UNIX):
            path = each.listen.removeprefix(_UNIX)
            if not path.startswith("/") or len(path.encode()) > _UNIX_BYTES_MAX:
                faults.append(
                    f"{PATH}.{key}: needs an absolute path of at most {_UNIX_BYTES_MAX} bytes, "
                    "as in unix:/run/maitred/lmtp.sock"
                )
            places.append(place(path=path))
            continue
        host, port = host_port(each.listen, key, faults)
        if each.protocol is Speech.LMTP and port == _SMTP_PORT:
            faults.append(f"{PATH}.{key}: LMTP must not stand on port 25 (RFC 2033 section 5)")
        places.append(place(host, port))
    return tuple(places)


def check_logins(logins: Mapping[str, Secret], faults: list[str]) -> None:
    """Refuse names and passwords that could not be used, or be guessed."""
    for name, secret in logins.items():
        if not name or not name.isprintable():
            faults.append(f"{PATH}.logins: {name!r} cannot be a user name")
        if len(secret.reveal().encode()) < SECRET_BYTES_MIN:
            faults.append(
                f"{PATH}.logins.{name}: needs at least {SECRET_BYTES_MIN} bytes, for instance the "
                "output of `openssl rand -hex 32`"
            )


def mailboxes_of(
    mailboxes: Mapping[str, EmailMailbox],
    accounts: Container[str],
    oauth: Mapping[str, EmailOAuth],
    faults: list[str],
) -> tuple[Mailbox, ...]:
    """Return the folders to read."""
    found = []
    for name, each in mailboxes.items():
        key = f"mailboxes.{name}"
        host, port = host_port(each.host, f"{key}.host", faults)
        if each.account not in accounts:
            faults.append(f"{PATH}.{key}.account: no account is called {each.account!r}")
        faults += check_access(f"{PATH}.{key}.password", each.password, each.oauth, oauth)
        in_the_clear = each.tls is Encryption.NONE
        if in_the_clear and host and not is_loopback(host):
            faults.append(f"{PATH}.{key}.tls: needed, a password never goes in the clear")
        tls = None if in_the_clear else _trusting(each.ca_file, f"{key}.ca_file", faults)
        if (each.after is AfterRead.MOVE) != bool(each.move_to):
            faults.append(f'{PATH}.{key}.move_to: goes with after = "move", and only with it')
        for index, folder in enumerate(each.folders):
            if not _is_name(folder):
                faults.append(f"{PATH}.{key}.folders[{index}]: {_NAME_ADVICE}")
            if folder == each.move_to:
                faults.append(f"{PATH}.{key}.move_to: must not be one of its folders")
            found.append(Mailbox(name, host, port, folder, each, tls))
        if each.move_to and not _is_name(each.move_to):
            faults.append(f"{PATH}.{key}.move_to: {_NAME_ADVICE}")
    return tuple(found)


def _trusting(ca_file: Path | None, key: str, faults: list[str]) -> ssl.SSLContext | None:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        faults.append(
            f"{PATH}.{key}: {ca_file} cannot be read, or holds no certificate in PEM form"
        )
    return None


def _is_name(folder: str) -> bool:
    return bool(folder) and folder.isascii() and folder.isprintable()
