"""A small IMAP server (RFC 3501 with IDLE, MOVE and UIDPLUS) on the loopback."""

from __future__ import annotations

import asyncio
import re
import ssl
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime

USER = "shop support"
PASSWORD = 'pass "word" \\'
SOME_DAY = datetime(2023, 11, 14, tzinfo=UTC)
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\([^)]*\))|(\S+)')


@dataclass
class Stored:
    """A mail in a folder."""

    uid: int
    content: bytes
    at: datetime
    flags: set[str] = field(default_factory=set)


@dataclass
class Folder:
    """A folder: its mails in order, and what its UIDs are worth."""

    validity: int = 1
    next_uid: int = 1
    mails: list[Stored] = field(default_factory=list)

    def add(self, content: bytes, at: datetime) -> Stored:
        mail = Stored(self.next_uid, content, at)
        self.next_uid += 1
        self.mails.append(mail)
        return mail

    def renumber(self) -> None:
        """Do what a server does after its mailbox was restored: all UIDs are new."""
        self.validity += 1
        for mail in self.mails:
            mail.uid = self.next_uid
            self.next_uid += 1


class ImapServer:
    """The server; what it can do and how it behaves can be changed while it runs."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.folders: dict[str, Folder] = {"INBOX": Folder(), "Done": Folder()}
        self.capabilities = "IMAP4rev1 IDLE MOVE UIDPLUS"
        self.password = PASSWORD
        self.token = ""
        """The access token that is good."""
        self.starttls: ssl.SSLContext | None = None
        self.before_tls = b""
        """What somebody in between adds to the answer to STARTTLS, in the clear."""
        self.greeting = "OK ready"
        self.commands: list[str] = []
        self.idling = asyncio.Event()
        self.port = 0
        self.cut_after_bytes = 0
        """Lose the connection in the middle of every mail, if set."""
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._peers: set[asyncio.StreamWriter] = set()
        self._changed: set[asyncio.Event] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Go away, with all connections."""
        if self._server is not None:
            self._server.close()
            self.cut()
            await self._server.wait_closed()
            self._server = None

    def cut(self) -> None:
        """Lose all connections."""
        self.idling.clear()
        for peer in self._peers:
            peer.transport.abort()

    def say_without_end(self, size: int) -> None:
        """Begin a line of so many bytes."""
        self.idling.clear()
        for peer in self._peers:
            peer.write(b"* OK " + b"x" * size)

    def flood(self, lines: int) -> None:
        """Say at once what a server says when many mails are deleted elsewhere."""
        for peer in self._peers:
            peer.write(b"* 1 EXPUNGE\r\n" * lines)

    def deliver(
        self,
        content: bytes,
        at: datetime = SOME_DAY,
        folder: str = "INBOX",
    ) -> Stored:
        """Put a mail into a folder and tell who waits for one."""
        mail = self.folders[folder].add(content, at)
        for each in self._changed:
            each.set()
        return mail

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._peers.add(writer)
        try:
            writer.write(f"* {self.greeting}\r\n".encode())
            session = _Session(self, reader, writer)
            while line := (await reader.readline()).decode():
                await session.obey(line.rstrip("\r\n"))
        except ConnectionError:
            pass
        finally:
            self._peers.discard(writer)
            writer.close()


class _Session:
    def __init__(
        self, server: ImapServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._folder = Folder()
        self._told_uid = 0
        """Up to which UID, exclusive, the client knows of the folder's mails."""

    async def obey(self, line: str) -> None:
        tag, _, rest = line.partition(" ")
        words = [
            re.sub(r"\\(.)", r"\1", quoted) if bare + group == "" else bare + group
            for quoted, group, bare in _WORD.findall(rest)
        ]
        name = words[0].upper() if words[0].upper() != "UID" else f"UID {words.pop(1).upper()}"
        self._server.commands.append(f"{name} {' '.join(words[1:])}")
        word = await getattr(self, "do_" + name.lower().replace(" ", "_"))(words[1:])
        after = self._server.before_tls if name == "STARTTLS" else b""
        self._writer.write(f"{tag} {word}\r\n".encode() + after)
        if word == "OK begin TLS" and self._server.starttls is not None:
            await self._writer.start_tls(self._server.starttls)
        await self._writer.drain()

    def say(self, line: str) -> None:
        self._writer.write(f"* {line}\r\n".encode())

    async def do_capability(self, _words: list[str]) -> str:
        self.say(f"CAPABILITY {self._server.capabilities}")
        return "OK"

    async def do_login(self, words: list[str]) -> str:
        return "OK in" if words == [USER, self._server.password] else "NO wrong"

    async def do_authenticate(self, words: list[str]) -> str:
        """Take the good token; of another say why not, and await the client's last word."""
        mechanism, first = words[0], "".join(words[1:])
        assert bool(first) == ("SASL-IR" in self._server.capabilities)
        if not first:
            self._writer.write(b"+ \r\n")
            first = (await self._reader.readline()).decode()
        said = b64decode(first).decode()
        port = self._server.port
        good = {
            "XOAUTH2": f"user={USER}\x01auth=Bearer {self._server.token}\x01\x01",
            "OAUTHBEARER": f"n,a={USER},\x01host=127.0.0.1\x01port={port}\x01"
            f"auth=Bearer {self._server.token}\x01\x01",
        }
        if said == good[mechanism]:
            return "OK in"
        self._writer.write(b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")
        last = await self._reader.readline()
        assert last == {"XOAUTH2": b"\r\n", "OAUTHBEARER": b"AQ==\r\n"}[mechanism]
        return "NO invalid token"

    async def do_starttls(self, _words: list[str]) -> str:
        return "OK begin TLS" if self._server.starttls else "BAD what?"

    async def do_select(self, words: list[str]) -> str:
        if words[0] not in self._server.folders:
            return "NO no such folder"
        self._folder = self._server.folders[words[0]]
        self.say(f"{len(self._folder.mails)} EXISTS")
        self.say(f"OK [UIDVALIDITY {self._folder.validity}] valid")
        self.say(f"OK [UIDNEXT {self._folder.next_uid}] next")
        return "OK [READ-WRITE] open"

    async def do_uid_search(self, words: list[str]) -> str:
        above = int(words[1].partition(":")[0])
        self._told_uid = self._folder.next_uid
        found = [each for each in self._folder.mails if each.uid >= above]
        found = found or self._folder.mails[-1:]  # n:* always names the last one
        if "UNSEEN" in words:
            found = [each for each in found if r"\Seen" not in each.flags]
        if "SINCE" in words:
            since = datetime.strptime(words[-1], "%d-%b-%Y").replace(tzinfo=UTC)
            found = [each for each in found if each.at >= since]
        self.say("SEARCH " + " ".join(str(each.uid) for each in found))
        return "OK"

    async def do_uid_fetch(self, words: list[str]) -> str:
        for number, mail in enumerate(self._folder.mails, 1):
            if mail.uid != int(words[0]):
                continue
            day = f"{mail.at:%d-%b-%Y} 12:00:00 +0000"
            partial = re.search(r"BODY\.PEEK\[\]<0\.(\d+)>", words[1])
            if partial is None:
                size = len(mail.content)
                self.say(f'{number} FETCH (UID {mail.uid} RFC822.SIZE {size} INTERNALDATE "{day}")')
                continue
            content = mail.content[: int(partial[1])]
            head = f"* {number} FETCH (UID {mail.uid} BODY[]<0> {{{len(content)}}}\r\n".encode()
            self._writer.write(head + content[: self._server.cut_after_bytes or len(content)])
            if self._server.cut_after_bytes:
                await self._writer.drain()
                raise ConnectionError
            self._writer.write(b")\r\n")
        return "OK"

    async def do_uid_store(self, words: list[str]) -> str:
        for mail in self._folder.mails:
            if mail.uid == int(words[0]):
                mail.flags.add(words[2].strip("()"))
        return "OK"

    async def do_uid_copy(self, words: list[str]) -> str:
        target = self._server.folders.get(words[1])
        if target is None:
            return "NO [TRYCREATE] no such folder"
        for mail in self._folder.mails:
            if mail.uid == int(words[0]):
                target.add(mail.content, mail.at)
        return "OK"

    async def do_uid_move(self, words: list[str]) -> str:
        word = await self.do_uid_copy(words)
        if word == "OK":
            self._remove(lambda mail: mail.uid == int(words[0]))
        return word

    async def do_uid_expunge(self, words: list[str]) -> str:
        self._remove(lambda mail: mail.uid == int(words[0]) and r"\Deleted" in mail.flags)
        return "OK"

    def _remove(self, gone: object) -> None:
        assert callable(gone)
        for number, mail in reversed(list(enumerate(self._folder.mails, 1))):
            if gone(mail):
                self._folder.mails.remove(mail)
                self.say(f"{number} EXPUNGE")

    async def do_idle(self, _words: list[str]) -> str:
        changed = asyncio.Event()
        self._server._changed.add(changed)
        if self._folder.next_uid > self._told_uid:
            changed.set()
        self._writer.write(b"+ idling\r\n")
        self._server.idling.set()
        done = asyncio.get_running_loop().create_task(self._reader.readline())
        news = asyncio.get_running_loop().create_task(changed.wait())
        try:
            await asyncio.wait({done, news}, return_when=asyncio.FIRST_COMPLETED)
            if changed.is_set():
                self.say(f"{len(self._folder.mails)} EXISTS")
            assert await done in {b"DONE\r\n", b""}
        finally:
            news.cancel()
            self._server._changed.discard(changed)
            self._server.idling.clear()
        return "OK"
