"""Verification: a visitor asks for a code to his address, and brings it back.

Whoever asks gets one answer, the same bytes for every address there is, known or not, and however
many codes went there lately: it must not tell whose customer somebody is.
"""

from __future__ import annotations

import re
from typing import Final

from maitred.connectors.chat.frames import Code, Fault, Verify, Verifying
from maitred.connectors.chat.session import Session
from maitred.connectors.chat.settings import ChatAccount
from maitred.connectors.chat.sign_in import phone_identifier
from maitred.connectors.chat.sources import Source, Sources
from maitred.connectors.port import Context, Proofs
from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import Identifier, email_identifier
from maitred.contracts.limits import CODE_DIGITS
from maitred.contracts.proofs import CodeAnswer, CodeRequest, Proof

_SPACES: Final = re.compile(r"[\s-]")
_CODE: Final = re.compile(rf"[0-9]{{{CODE_DIGITS}}}")


class Verifier:
    """Verifies the visitors of one chat account, as far as its settings let it."""

    def __init__(self, name: str, account: ChatAccount, context: Context, sources: Sources) -> None:
        self._name = name
        self._account = account
        self._sources = sources
        self._proofs: Proofs | None = context.proofs
        self.offers: tuple[str, ...] = account.offers if context.proofs is not None else ()
        """What can be verified here."""

    async def proofs_of(self, session: Session) -> tuple[Proof, ...]:
        """Return what a visitor proved before.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        if self._proofs is None or not self.offers:
            return ()
        return tuple(await self._proofs.of(session.key))

    async def ask(self, session: Session, frame: Verify, source: Source) -> Verifying | Fault:
        """Have a code sent, or say why none can be sent from here to any such address.

        Whoever asks from one address uses up no more than a part of what the house sends.

        Raises:
            Throttled, Retryable: as `Proofs.ask`.
        """
        kind = "email" if frame.email else "phone"
        if self._proofs is None or kind not in self.offers:
            return Fault(code="not_offered", id=frame.id)
        identifier = _identifier(frame)
        if identifier is None:
            return Fault(code="bad_address", id=frame.id)
        account = self._account
        if wait_ms := self._sources.code(source, self._name, account.codes_per_hour):
            return Fault(code="slow_down", id=frame.id, retry_after_ms=wait_ms)
        is_mail = kind == "email"
        request = CodeRequest(
            id=frame.id,
            session=session.key,
            identifier=identifier,
            channel="email" if is_mail else "sms",
            account=account.verify_email_account if is_mail else account.verify_sms_account,
            house=self._name,
            codes_max=account.codes_per_hour,
            title=account.title,
            language=frame.language.partition("-")[0].lower(),
        )
        await self._proofs.ask(request)
        return Verifying(id=frame.id)

    async def answer(self, session: Session, frame: Code, now: int) -> Proof | None:
        """Return what a code proves, or nothing.

        Raises:
            Retryable: as `Proofs.answer`.
        """
        code = _SPACES.sub("", frame.code)
        if self._proofs is None or not _CODE.fullmatch(code):
            return None
        given = CodeAnswer(
            id=frame.id, session=session.key, code=code, signed_in=session.account(now)
        )
        return await self._proofs.answer(given)


def _identifier(frame: Verify) -> Identifier | None:
    if frame.phone:
        return phone_identifier(frame.phone)
    try:
        return email_identifier(frame.email)
    except BadPayload:
        return None
