"""What mail systems say of a mail of ours (RFC 3464), in the shapes that they say it in."""

from __future__ import annotations

import base64

HEAD = "From: Mail System <MAILER-DAEMON@mx.example>\nTo: help@shop.example\nMIME-Version: 1.0\n"


def header_of(content: bytes) -> str:
    """Return the header of a mail as it was sent."""
    return content.partition(b"\r\n\r\n")[0].decode()


def report(
    returned: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    to: str = "ann@home.example",
    envelope_id: str = "",
    diagnostic: str = "smtp; 550 5.1.1 No such user",
    returned_as: str = "text/rfc822-headers",
    encoding: str = "",
) -> bytes:
    """Return a delivery report, as Postfix writes one."""
    fields = (
        "Reporting-MTA: dns; mx.example\n"
        + (f"Original-Envelope-Id: {envelope_id}\n" if envelope_id else "")
        + f"\nFinal-Recipient: rfc822; {to}\nOriginal-Recipient: rfc822;{to}\n"
        + (f"Action: {action}\n" if action else "")
        + f"Status: {status}\nDiagnostic-Code: {diagnostic}\n"
    )
    of_part = ""
    if encoding == "base64":
        of_part = "Content-Transfer-Encoding: base64\n"
        fields = base64.encodebytes(fields.encode()).decode()
    text = (
        f"{HEAD}Subject: Undelivered Mail Returned to Sender\n"
        'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="=_b/1"\n\n'
        "This is a MIME-encapsulated message.\n\n"
        "--=_b/1\nContent-Type: text/plain\n\nI'm sorry to have to inform you.\n\n"
        f"--=_b/1\nContent-Type: message/delivery-status\n{of_part}\n{fields}\n"
        f"--=_b/1\nContent-Type: {returned_as}\n\n{returned}\n\n--=_b/1--\n"
    )
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
