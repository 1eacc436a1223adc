"""Who really sent a mail, found out by ourselves: SPF, DKIM, DMARC and ARC.

What is found is evidence, with the same weight as a trusted relay's word; by itself it refuses
nothing. The checks run in threads, since the libraries block, and within a bound of time, of
questions to the DNS and of signatures.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Final
from weakref import WeakValueDictionary

import dkim  # type: ignore[import-untyped]

from maitred.connectors.email.checkable import (
    is_body_relaxed,
    is_modest,
    is_short,
    parted,
    relaxed,
)
from maitred.connectors.email.dmarc import Proven, Suffixes, dmarc
from maitred.connectors.email.headers import Verdict, authors, domain_of, header_values
from maitred.connectors.email.rates import neighbourhood
from maitred.connectors.email.resolving import LookupFailed, Lookups, Resolver, system_resolver
from maitred.connectors.email.spf import spf
from maitred.connectors.email.thread import in_a_thread_of_its_own
from maitred.contracts.limits import MIB, SECOND_MS

VERIFY_MS_MAX: Final = 8 * SECOND_MS
AT_ONCE_MAX: Final = 8
PEER_AT_ONCE_MAX: Final = 2
SIGNATURES_MAX: Final = 4
HASHED_BYTES_MAX: Final = 64 * MIB
"""What one mail's signatures together may have hashed: its size times their number."""
ARC_BYTES_MAX: Final = 4 * MIB
"""The same of chains, which vouch for nobody: the library holds up every thread for each."""
_ARC_WORDS: Final = {b"pass": "pass", b"fail": "fail", b"none": "none"}
UNSURE: Final = Verdict(facts=dict.fromkeys(("spf", "dkim", "dmarc"), "temperror"))


@dataclass(frozen=True, slots=True)
class Peer:
    """Who brought a mail: his address, how he introduced himself, and the return path he gave.

    Without an address, as in a mailbox or behind a Unix socket, SPF cannot tell, and nothing is a
    `fail` for it.
    """

    address: str
    helo: str
    mail_from: str


class Verifier:
    """Checks mails, a few at a time; `resolver` stands in for the machine's name servers."""

    def __init__(self, clock: Callable[[], int], resolver: Resolver | None = None) -> None:
        self._clock = clock
        self._resolver = resolver
        self._suffixes = Suffixes()
        self._places = asyncio.Semaphore(AT_ONCE_MAX)
        self._shares: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def verify(self, content: bytes, peer: Peer) -> Verdict:
        """Return what was found out; what could not be in time is a `temperror`."""
        deadline = self._clock() + VERIFY_MS_MAX
        share = self._share_of(peer)
        try:
            async with asyncio.timeout(VERIFY_MS_MAX / SECOND_MS):
                await self._enter(share)
                work = asyncio.get_running_loop().create_task(
                    in_a_thread_of_its_own(self._check, content, peer, deadline)
                )
                # A thread cannot be ended: it keeps its places until it is done.
                work.add_done_callback(partial(self._done, share))
                return await asyncio.shield(work)
        except TimeoutError:
            return UNSURE

    def _share_of(self, peer: Peer) -> asyncio.Semaphore:
        """Return what bounds the checks of one peer, whose name servers may be as slow as he likes.

        Who comes through a mailbox or a Unix socket has no address, and is everybody.
        """
        at_once = PEER_AT_ONCE_MAX if peer.address else AT_ONCE_MAX
        return self._shares.setdefault(neighbourhood(peer.address), asyncio.Semaphore(at_once))

    async def _enter(self, share: asyncio.Semaphore) -> None:
        """Take one of the peer's places, and one of everybody's; both or none."""
        await share.acquire()
        try:
            await self._places.acquire()
        except asyncio.CancelledError:
            share.release()
            raise

    def _done(self, share: asyncio.Semaphore, work: asyncio.Future[Verdict]) -> None:
        self._places.release()
        share.release()
        if not work.cancelled():
            work.exception()  # who waited has it, if anybody still does

    def _check(self, content: bytes, peer: Peer, deadline: int) -> Verdict:
        if self._resolver is None:
            self._resolver = system_resolver()
        lookups = Lookups(self._resolver, self._clock, deadline)
        spf_word = spf(peer.address, peer.mail_from, peer.helo, lookups)
        dkim_word, signers = _signatures(content, lookups)
        facts = {"spf": spf_word, "dkim": dkim_word, "dmarc": "none"}
        if arc := _arc(content, lookups):
            facts["arc"] = arc
        named = authors(content)
        author = domain_of(named[0].address) if len(named) == 1 else ""
        if not author:
            return Verdict(facts=facts)
        sent_by = domain_of(peer.mail_from if "@" in peer.mail_from else f"x@{peer.helo}")
        proven = Proven(
            spf=sent_by if spf_word == "pass" else "",
            dkim=signers,
            unsure=not _is_address(peer.address) or "temperror" in {spf_word, dkim_word},
        )
        facts["dmarc"], disowned = dmarc(author, proven, lookups, self._suffixes)
        return Verdict(facts=facts, from_domain=author, disowned=disowned)


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def _signatures(content: bytes, lookups: Lookups) -> tuple[str, tuple[str, ...]]:
    """Return a word for all DKIM signatures, and the domains whose signatures hold."""
    fields = header_values(content, "DKIM-Signature")
    if not fields:
        return "none", ()
    parts = parted(content)
    if parts is None:
        return "fail", ()
    header, body = parts
    words: list[str] = []
    domains: list[str] = []
    at_most = min(SIGNATURES_MAX, HASHED_BYTES_MAX // max(1, len(content)))
    for index, field in enumerate(fields[:at_most]):
        signed = dkim.DKIM(header, logger=_silent())
        try:
            holds = is_short(field) and _holds(signed, index, body, lookups)
        except LookupFailed:
            words.append("temperror")
            continue
        except Exception:  # noqa: BLE001  (the library raises what it stumbles over; it never holds)
            holds = False
        if holds and _covers(signed, content):
            domains.append(domain_of(f"x@{signed.domain.decode('ascii', 'replace')}"))
        words.append("pass" if holds else "fail")
    best = next((each for each in ("pass", "temperror") if each in words), "fail")
    return best, tuple(each for each in domains if each)


def _holds(signed: dkim.DKIM, index: int, body: bytes, lookups: Lookups) -> bool:
    """Tell whether a signature is good for the header that `signed` has, and for a body.

    The library would relax the body in one go, and hold up every thread for seconds; it is handed
    one that is relaxed, and told to take it as it is.
    """
    prepared = signed.verify_headerprep(index)
    if not prepared:
        return False
    said, names, fields = prepared
    signed.body = body
    if is_body_relaxed(said):
        signed.body = relaxed(body)
        if signed.body.strip(b"\r\n"):  # of an empty one a line end would be left
            said = {**said, b"c": said[b"c"].partition(b"/")[0] + b"/simple"}
    return bool(signed.verify_sig(said, names, fields[index], _texts(lookups)))


def _covers(signed: dkim.DKIM, content: bytes) -> bool:
    """Tell whether a signature is about the whole mail and its author.

    One that leaves out From is none (RFC 6376 section 5.4); one that covers only the beginning of
    the body lets anybody put another below it (section 8.2), and SHA-1 is broken (RFC 8301). The
    author whom the library checked must be the one whom we read.
    """
    fields = signed.signature_fields
    checked = [
        value.replace(b"\r\n", b"").decode("utf-8", "replace").strip()
        for name, value in signed.headers
        if name.lower() == b"from"
    ]
    return (
        b"from" in signed.include_headers
        and b"l" not in fields
        and fields[b"a"] != b"rsa-sha1"
        and checked == header_values(content, "From")
    )


def _arc(content: bytes, lookups: Lookups) -> str:
    """Return what the chain of forwarders is worth, or nothing if there is none, or too much."""
    seals = header_values(content, "ARC-Seal")
    sets = len(seals)
    if not sets or sets > SIGNATURES_MAX or sets * len(content) > ARC_BYTES_MAX:
        return ""
    parts = parted(content)
    fields = [*seals, *header_values(content, "ARC-Message-Signature")]
    if parts is None or not all(map(is_short, fields)):
        return "fail"
    signed = dkim.ARC(parts[0], logger=_silent())
    # Chains are over the relaxed body: to such a signature this is the same one.
    signed.body = relaxed(parts[1])
    try:
        word, _, _ = signed.verify(dnsfunc=_texts(lookups))
    except LookupFailed:
        return "temperror"
    except Exception:  # noqa: BLE001  (as above)
        return "fail"
    return _ARC_WORDS.get(word, "fail")


def _texts(lookups: Lookups) -> Callable[..., bytes]:
    def ask(name: bytes, timeout: float = 0) -> bytes:  # noqa: ARG001  (dkimpy's own bound)
        found = lookups(name.decode("ascii", "replace"), "TXT")
        record = found[0].encode("latin-1", "replace") if found else b""
        return record if is_modest(record) else b""

    return ask


def _silent() -> logging.Logger:
    """Return a logger that writes nothing: dkimpy would write headers of the mail."""
    logger = logging.getLogger(f"{__name__}.silent")
    logger.setLevel(logging.CRITICAL + 1)
    return logger
