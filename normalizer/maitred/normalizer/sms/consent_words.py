"""The words by which people stop and resume text messages, by language.

Only words that as a whole message mean nothing else: what may answer a question of an agent (the
words for yes, no, cancel, finished, sign in) is in no language's list. The English ones of that
sort on which Twilio acts itself stand apart, in `BY_TEXT`.

Sources: help.twilio.com, article 223134027 (English) and twilio.com/docs/proxy/opt-out-keywords
(`ARRET` and its spellings, which Canada's code for short codes demands); Bird's compliance
keywords (docs.bird.com, opt-in and opt-out compliance: Dutch, French, German, Italian, Polish,
Portuguese, Russian, Spanish); the keywords that AWS requires (docs.aws.amazon.com,
keywords-required); CTIA, Messaging Principles, section 5.1.3. Beyond these lists, the imperative
and the noun with which a country's operators and newsletters unsubscribe.
"""
# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Words(NamedTuple):
    """One language's words, in any case and with or without accents."""

    opt_out: tuple[str, ...]
    opt_in: tuple[str, ...] = ()
    help: tuple[str, ...] = ()


ENGLISH: Final = Words(
    opt_out=(
        *("stop", "stopall", "stop all", "stop sms", "stop promotions"),
        *("unsubscribe", "optout", "opt out"),
    ),
    opt_in=("unstop",),
    help=("help",),
)

# YES is left out on purpose: it is far more often the answer to a question, and where it does opt
# in, Twilio says so in OptOutType.
BY_TEXT: Final = Words(
    opt_out=("cancel", "end", "quit", "revoke"), opt_in=("start",), help=("info",)
)
"""What else Twilio takes for a keyword on SMS and MMS, and then blocks or allows the number."""

WORDS: Final[Mapping[str, Words]] = {
    "ar": Words(("إيقاف", "ايقاف", "توقف", "الغاء الاشتراك", "إلغاء الاشتراك"), (), ("مساعدة",)),
    "bg": Words(("стоп", "отписване", "отпиши", "отпиши ме"), (), ("помощ",)),
    "bn": Words(("বন্ধ করুন",), (), ("সাহায্য",)),
    "ca": Words(("atura", "baixa", "donar de baixa"), (), ("ajuda",)),
    "cs": Words(("odhlásit", "odhlásit se", "odhlaste mě"), (), ("pomoc",)),
    "da": Words(("afmeld", "frameld"), (), ("hjælp",)),
    "de": Words(
        ("stopp", "halt", "abmelden", "abbestellen", "austragen"),
        (),
        ("hilfe",),
    ),
    "el": Words(("στοπ", "διακοπή", "διαγραφή", "απεγγραφή"), (), ("βοήθεια",)),
    "en": ENGLISH,
    "es": Words(
        ("baja", "darme de baja", "parar", "detener", "desuscribir", "desuscribirme"),
        ("suscribir",),
        ("ayuda",),
    ),
    "et": Words(("stopp", "loobu"), (), ("abi",)),
    "fa": Words(("لغو", "توقف", "لغو اشتراک"), (), ("راهنما",)),
    "fi": Words(("seis", "lopeta"), (), ("apua", "ohje")),
    "fr": Words(
        (
            *("arret", "arrete", "arrett", "arreter", "arretez", "stop pub"),
            *("désabonner", "désabonnement", "me désabonner", "désinscrire", "désinscription"),
        ),
        ("nonarret", "réabonner"),
        ("aide",),
    ),
    "he": Words(("הסר", "הסרה", "הסירו", "עצור"), (), ("עזרה",)),
    "hi": Words(("रोकें", "बंद करें"), (), ("मदद",)),
    "hr": Words(("odjava", "odjavi", "odjavi me"), (), ("pomoć",)),
    "hu": Words(("leiratkozás", "leiratkozom"), ("feliratkozás",), ("segítség",)),
    "id": Words(("berhenti", "berhenti langganan", "unreg"), ("langganan",), ("bantuan",)),
    "it": Words(
        ("ferma", "disiscrivi", "disiscrivimi", "disiscrizione", "cancellami"),
        ("iscrivimi",),
        ("aiuto",),
    ),
    "ja": Words(("停止", "配信停止", "登録解除", "ストップ"), (), ("ヘルプ",)),
    "ko": Words(("중지", "수신거부", "수신 거부", "구독취소", "구독 취소"), (), ("도움말",)),
    "lt": Words(("atsisakyti",), (), ("pagalba",)),
    "lv": Words(("atteikties", "atrakstīties"), (), ("palīdzība",)),
    "ms": Words(("berhenti",), (), ("bantuan",)),
    "nl": Words(("afmelden", "uitschrijven", "stoppen"), (), ("hulp",)),
    "no": Words(("stopp", "avmeld", "meld av"), (), ("hjelp",)),
    "pl": Words(
        ("zatrzymaj", "wypisz", "wypisz mnie", "anuluj subskrypcję"),
        (),
        ("pomocy", "pomoc"),
    ),
    "pt": Words(
        ("sair", "parar", "descadastrar", "cancelar inscrição"),
        (),
        ("ajuda",),
    ),
    "ro": Words(("dezabonare", "dezabonează", "dezabonează-mă"), ("abonare",), ("ajutor",)),
    "ru": Words(("стоп", "остановить", "отписаться", "отписка"), ("подписаться",), ("помощь",)),
    "sk": Words(("odhlásiť", "odhlásiť sa"), (), ("pomoc",)),
    "sl": Words(("odjava", "odjavi", "odjavi me"), (), ("pomoč",)),
    "sr": Words(("odjava", "одјава", "стоп"), (), ("pomoć", "помоћ")),
    "sv": Words(("stopp", "avregistrera", "avanmäl"), (), ("hjälp",)),
    "th": Words(("หยุด", "ยกเลิกการสมัคร", "ยกเลิกรับข่าว"), (), ("ช่วยเหลือ",)),
    "tl": Words(("itigil", "tigil"), (), ("tulong",)),
    "tr": Words(("ret", "iptal sms", "abonelikten çık"), (), ("yardım",)),
    "uk": Words(("стоп", "відписатися", "зупинити"), ("підписатися",), ("допомога",)),
    "ur": Words(("روکیں", "بند کریں"), (), ("مدد",)),
    "vi": Words(("dừng", "huỷ đăng ký", "hủy đăng ký"), (), ("trợ giúp",)),
    "zh": Words(("停止", "退订", "退訂", "取消订阅", "取消訂閱"), ("恢复订阅",), ("帮助", "幫助")),
}
