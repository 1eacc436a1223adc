"""LMTP (RFC 2033): what a mail system in front hands over, with one answer for each recipient."""

from __future__ import annotations

from typing import Final

from maitred.connectors.email.protocol import StrictSMTP

_UNKNOWN_COMMAND: Final = "500 5.5.1 This is LMTP, say LHLO"


class StrictLMTP(StrictSMTP):
    """One connection that speaks LMTP."""

    protocol = "LMTP"

    async def smtp_LHLO(self, hostname: str) -> None:  # noqa: N802  (aiosmtpd's name)
        """Say what this connection offers."""
        await super().smtp_EHLO(hostname)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: ARG002, N802  (aiosmtpd's name)
        """Refuse what belongs to SMTP (RFC 2033 section 4.1)."""
        await self.push(_UNKNOWN_COMMAND)

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: ARG002, N802  (aiosmtpd's name)
        """Refuse what belongs to SMTP (RFC 2033 section 4.1)."""
        await self.push(_UNKNOWN_COMMAND)

    def _answers(self, status: str, recipients: int) -> str:
        """Answer once for each recipient that was taken (RFC 2033 section 4.2).

        The mail is one message, so all of them share its fate.
        """
        return "\r\n".join([status] * recipients)
