"""What mail systems say in free words: that a mail has failed for good, and why.

Read only where our mark shows that a mail system had the mail. In doubt nothing is said: a
warning that is taken for a failure costs an agent a second letter, while one failure that is left
as words still stands in the conversation.
"""

from __future__ import annotations

import re
from typing import Final

from maitred.contracts.limits import KIB

WORDS_BYTES_MAX: Final = 16 * KIB
ENHANCED: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
"""A status code (RFC 3463), such as 5.1.1."""
_REPLY: Final = re.compile(r"[:>\])]\s{1,20}5[0-5]\d[ -](?=[#(<\[A-Za-z'\"5])")
"""A reply that refuses for good (RFC 5321, section 4.2.1), said by somebody; no house number."""
_FAILED: Final = re.compile(
    r"permanent(?:ly)?\s(?:error|fail|fatal)|fatal\serror|could\snot\sbe\s(?:sent|delivered|reached)"
    r"|was\snot\sdelivered|cannot\sbe\sdelivered|can't\sbe\sdelivered|wasn't\sdelivered"
    r"|undeliver|unable\sto\sdeliver|couldn't\sbe\sdelivered|(?:failed|failure)\s(?:to|of)\sdeliver"
    r"|deliver[a-z]{0,3}\s(?:has\s|status\s)?(?:to\s|notification\s)?[^\r\n]{0,80}fail"
    r"|did\snot\sreach|delivery\serror|returned\smail|mail\s(?:is|was)\s(?:being\s)?returned|giv(?:en|ing)\sup"
    r"|(?:has\sbeen|was)\s(?:rejected|refused|blocked)|user\sunknown|no\ssuch\suser",
    re.IGNORECASE,
)
_FOR_NOW: Final = re.compile(
    r"delayed|warning\sonly|will\s(?:be\sretried|continue|keep\strying|retry|try\sagain)"
    r"|not\syet\sbeen|still\strying|(?:do\snot|don't)\sneed\sto\sresend|been\squeued",
    re.IGNORECASE,
)


def failure_in(text: str) -> str | None:
    """Return the status with which a mail failed, empty if none is named; None if it did not."""
    if _FOR_NOW.search(text):
        return None
    codes = [found[0] for found in ENHANCED.finditer(text)]
    final = [each for each in codes if each.startswith("5")]
    if final:
        return next((each for each in final if not each.endswith(".0.0")), final[0])
    has_failed = _FAILED.search(text) is not None
    if has_failed and codes:
        return codes[0] if codes[0].startswith("4") else ""
    return "" if has_failed or _REPLY.search(text) else None
