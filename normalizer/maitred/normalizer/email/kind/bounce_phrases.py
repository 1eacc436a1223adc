"""How mail systems open a bounce, in the languages that they are translated into.

Phrases are in lower case and are looked for in lower-case text with folded white space.
"""

# ruff: noqa: RUF001  (other languages have letters that look like ours)

from __future__ import annotations

import re
from typing import Final

from maitred.normalizer.email.kind.words import filed, listed

_SUBJECTS: Final = listed("""
    request rejected; undeliver; delivery status notification; delivery failure; delivery failed;
    delivery has failed; delivery notification; delivery report; delivery error; delivery problem;
    delivery delay; delivery incomplete; delivery unsuccessful; mail delivery; email delivery;
    message delivery; delivery of mail; delivery status; failed delivery; failed to deliver;
    failed mail; failure delivery; failure notice; failure notification; failure:; returned mail;
    returned message; returned to sender; return to sender; returned email; returned e-mail;
    message returned; mail returned; mail system error; mail error; mailer error; mail failure;
    nondeliver; non-deliver; non deliver; not delivered; not deliverable; could not be delivered;
    couldn't be delivered; could not deliver; cannot be delivered; can not be delivered;
    could not send message; unable to deliver; wasn't delivered; was not delivered; delayed mail;
    warning: message; message delayed; postmaster notify; message status - undeliverable;
    bounced mail; bounced message; bounce notification; message you sent; rejected mail;
    mail rejected; message rejected; address not found; message blocked; delivered mail;
    message not sent; rejected posting; unzustellbar; nicht zustellbar; nicht zugestellt;
    zustellung fehlgeschlagen; zustellung verzögert; zustellungsfehler; zustellfehler;
    übermittlungsstatus; unzustellbare; non remis; non distribu; non délivr; échec de la remise;
    echec de la remise; échec de remise; échec de la distribution; état de remise; non livré;
    non envoyé; remise différée; impossible de remettre; no se puede entregar; no se pudo entregar;
    no entregado; no entregable; estado de entrega; error de entrega; error en la entrega;
    entrega fallida; correo devuelto; mensaje devuelto; não entregue; não é possível entregar;
    não foi possível entregar; status de entrega; estado da entrega; falha na entrega;
    não entregável; não pôde ser entregue; non recapitabile; mancato recapito; mancata consegna;
    stato della consegna; stato del recapito; errore di consegna; consegna non riuscita;
    impossibile recapitare; impossibile consegnare; onbestelbaar; niet bezorgd; niet afgeleverd;
    bezorgingsstatus; bezorgstatus; kan niet worden bezorgd; kan ikke leveres; kunne ikke leveres;
    ikke leveret; ikke levert; uleverbar; kan inte leveras; kunde inte levereras; inte levererats;
    oleveransbar; olevererbar; går inte att leverera; ei voi toimittaa; ei toimitettu;
    toimitus epäonnistui; toimittamaton; nie można dostarczyć; niedostarcz; nie dostarczono;
    nedoruč; nelze doručit; nepodařilo se doručit; kézbesíthetetlen; nem kézbesíthető;
    sikertelen kézbesítés; nelivrat; imposibil de livrat; nu a putut fi livrat; не доставлен;
    недоставлен; не удалось доставить; невозможно доставить; не може бути доставлен;
    не вдалося доставити; недоставен; не е доставен; неиспоруч; neisporuč; nedostavlj;
    δεν ήταν δυνατή η παράδοση; μη παραδοτέ; αποτυχία παράδοσης; teslim edileme; iletilemedi;
    iletilemeyen; לא ניתן למסירה; לא נמסר; תקלה במסירה; تعذر التسليم; تعذر تسليم; غير قابل للتسليم;
    لم يتم تسليم; 配信不能; 配信できません; 配送できません; 送信できません; 届けられません;
    配信エラー; 送信エラー; 配達不能; エラーメール; 不達; 配信に失敗; 送信に失敗; 未送达; 无法投递;
    无法送达; 投递失败; 退信; 未傳遞; 無法傳遞; 無法投遞; 未送達; 배달되지 않; 배달 실패;
    배달할 수 없; 전송 실패; 전달되지 않; 반송; không thể gửi; không gửi được; ไม่สามารถส่ง;
    tidak terkirim; tidak dapat dikirim; gagal terkirim
""")
SUBJECTS: Final = filed(_SUBJECTS)
"""What the subject of a bounce holds; a subject that begins as an answer does is not asked."""

_SUBJECT_ONLY: Final = frozenset({"failure:", "message you sent", "delivered mail"})
DECLARATIONS: Final = (
    *(each for each in _SUBJECTS if each not in _SUBJECT_ONLY),
    *listed("""
    could not be sent; can't be delivered; has not been delivered; not been delivered;
    not yet been delivered; have not yet received; wasn't able to deliver; were unable to deliver;
    was unable to deliver; not able to deliver; trouble delivering; error delivering;
    attempting to deliver; did not reach; could not be reached; not reach some or all;
    failed permanently; permanent fatal errors; transient non-fatal errors; had fatal errors;
    had delivery problems; delivery to the following; transcript of session;
    transcript of the attempts; unsent message; has been delayed; could not send; was not sent;
    was rejected; were rejected; has been rejected; been returned; returned below;
    rejected by a remote; rejected by the recipient; delivery attempt; cannot deliver;
    can not deliver; not be delivered; this is the mail system at; qmail-send program;
    mail delivery software; the mailer-daemon; invalid final delivery userid; failure reasons;
    errors occurred; error occurred; problem delivering; problems delivering;
    failed addresses follow; failed recipients; did not receive this message; has been postponed;
    was automatically rejected; be automatically rejected; message was refused;
    not authorized to send mail to; was undeliverable; wasn't delivered; group you tried to contact;
    may not exist, or you may not have; undelivered; delivery was not; bounced;
    no valid recipients; unknown recipient; successfully delivered; successfully relayed;
    was relayed; delivered to the following; your mail sent on; attempted to be delivered;
    could not process; konnte nicht zugestellt; konnte nicht übermittelt; nicht zugestellt werden;
    nicht erreicht; keine zustellung; n'a pas pu être; n'a pu être; impossible de livrer;
    n'a pas été; no pudo ser entregad; no se ha podido entregar; no ha podido ser;
    no ha sido entregad; no llegó a; non è stato recapitato; non può essere;
    non è stato possibile; impossibile inviare; não pode ser entreg; não foi entreg; não chegou;
    kan niet worden; kon niet worden; niet worden bezorgd; kunne ikke; kunde inte; kan inte;
    ei voitu toimittaa; nie może zostać dostarczon; nie mogła zostać; nie została dostarczon;
    nemohla být doručena; nem sikerült; nem lehet kézbesíteni; nu a putut;
    не может быть доставлен; не может быть отправлен; не было доставлен; не могла быть;
    не вдалось; δεν παραδόθηκε; δεν μπορεί να; teslim edilmedi; gönderilemedi; 届きません;
    お届けでき; 送れません; 送信することができ; 配信することができ; 配送することができ; 無法送達;
    投递不成功; 不成功; 전송하지 못; 배달하지 못
"""),
)
"""What the first words of a bounce say."""

DELAYS: Final = listed("""
    has been delayed; have been delayed; been delayed; delivery delayed; is delayed; delayed mail;
    not yet been delivered; have not yet received; warning message only; this is a warning;
    has been postponed; have been postponed; delivery attempts will continue;
    will be retried; is still being; still trying; still undelivered; keep trying;
    will continue to try; continue for some time; delay reason; transient non-fatal errors;
    delay in the delivery; temporarily undeliverable; could not send message for past;
    zustellung verzögert; verzögert sich; remise différée; retardé; entrega retrasada;
    se ha retrasado; in ritardo; ritardo nella consegna; atraso na entrega; vertraagd; opóźnion;
    zpožděn; задерживается; задержк; 遅延; 遅れて; 延迟; 延遲; 지연
""")

DELIVERIES: Final = listed("""
    was successfully delivered; been successfully delivered; successfully relayed;
    successfully delivered to; has been delivered to the; were delivered to the; been relayed to;
    was relayed to; delivery to these recipients or groups is complete;
    wurde erfolgreich zugestellt; a été remis; se ha entregado correctamente;
    è stato recapitato correttamente; foi entregue com
""")

RETURNED: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        # `--- Below this line is a copy of the message.`, `----- Unsent message follows -----`
        (
            r"^[ \t>]{0,8}[-=*_]{2,80}[^\n]{0,40}\b(?:original|returned|copy of|unsent|undelivered"
            r"|headers? of|message follows|text follows|ursprüngliche|orig(?:en|in))[^\n]{0,120}$"
        ),
        r"^[ \t]{0,8}(?:the )?(?:original )?(?:message|mail)(?: headers?)? follows?\b.{0,60}$",
        (
            r"^[ \t]{0,8}(?:below|included|following|attached)(?: below)? is (?:a|the)"
            r" (?:copy|header|original|first)\b.{0,80}$"
        ),
        r"^[ \t]{0,8}original message(?: headers?)?:?[ \t]{0,8}$",
        (
            r"^[ \t]{0,8}[-=*_<\[【(－―]{1,80}.{0,20}(?:元のメール|送信されたメール"
            r"|原始邮件|原始郵件)[^\n]{0,60}$"
        ),
    )
)
"""Lines behind which the failed mail is returned."""

REPLIES: Final = re.compile(
    r"\s{0,4}(?:re|aw|fw|fwd|wg|tr|rv|sv|vs|vl|antw|r|i|enc|odp|res|ynt"
    r"|回复|答复|回覆|转发|轉寄|答覆|返信|転送|回信)"
    r"(?:\[\d{1,3}\])?\s{0,3}[:：]",
)
"""The start of a subject, in lower case, that a mail program writes to answer or pass on."""

DAEMONS: Final = re.compile(
    r"[\s\"'<(,.](?:mailer[-_ .]?daemon|post[-_ ]?master|poostmaster|mail[-_ .]?daemon|mdaemon"
    r"|mail[-_ .]delivery[-_ .](?:system|sub-?system|service|agent|software)|mail delivery|mailer"
    r"|bounces?|bounced|bounce[-_.]?(?:handler|notification)s?|delivery[-_. ]subsystem"
    r"|e?mail[-_. ]deliver\w{0,8}|internet mail delivery"
    r"|microsoftexchange[0-9a-f]{32}|system administrator|systemadministrator"
    r"|administrateur système|administrador del sistema|administrador do sistema"
    r"|amministratore di sistema|systeembeheerder|post[-_ ]?office|mmsc ndr administrator"
    r"|mail administrator|mail system)(?=[@>\\\"'\s)(,<]|$)",
)
"""Names and local parts under which mail systems write (RFC 2142, section 5: postmaster).

They are searched for in lower case, behind a blank.
"""
