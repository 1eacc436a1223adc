"""That a recipient or his host does not exist, whatever the words in which a server says it.

A server names a thing (a mailbox, a user, a domain) and says close by that there is none. Tables of
phrases hold what the known servers say; this holds for what administrators write themselves.
"""

# ruff: noqa: RUF001  (other languages have letters that look like ours)

from __future__ import annotations

import re
from typing import Final

from maitred.normalizer.email.kind.reason import Reason
from maitred.normalizer.email.kind.words import listed

_RECIPIENTS: Final = listed("""
    user; users; user's; recipient; recipients; recipient's; mailbox; mail box; mailboxes; address;
    addresses; addressee; account; alias; mailing address; e-mail; email; person; benutzer;
    benutzername; empfänger; empfaenger; postfach; adresse; e-mail-adresse; konto; mailadresse;
    utilisateur; destinataire; boite; boîte; boite aux lettres; boîte aux lettres; compte; usuario;
    destinatario; cuenta; cuenta de correo; buzón; casilla; dirección; utente; casella;
    casella di posta; indirizzo; account di posta; usuário; destinatário; conta; endereço;
    caixa postal; caixa de correio; gebruiker; ontvanger; adres; postvak; geadresseerde; użytkownik;
    odbiorca; skrzynka; uživatel; příjemce; schránka; používateľ; príjemca; adresát; felhasználó;
    címzett; postafiók; cím; användare; användaren; mottagare; mottagaren; adressen; bruger;
    brugeren; modtager; modtageren; bruker; brukeren; mottaker; mottakeren; käyttäjä; käyttäjää;
    vastaanottaja; vastaanottajaa; osoite; osoitetta; kullanıcı; alıcı; adresi; utilizator;
    utilizatorul; destinatarul; корисник; korisnik; primatelj; primalac; uporabnik; prejemnik;
    пользователь; пользователя; получатель; получателя; адресат; адрес; ящик; ящика; аккаунт;
    користувач; користувача; одержувач; скринька; потребител; потребителят; χρήστης; παραλήπτης
""")
_HOSTS: Final = listed("""
    domain; domain name; host; hostname; destination host; domäne; domaine; dominio; domínio;
    domein; domena; doména; домен; alan adı
""")
_ABSENT: Final = listed("""
    not found; wasn't found; could not be found; couldn't be found; cannot be found;
    can't be found; not exist; doesn't exist; does not exist; don't exist; do not exist;
    not exists; nonexistent; non-existent; inexistent; unknown; not known; isn't known;
    not recognized; not recognised; invalid; not valid; isn't valid; not a valid; no longer valid;
    no longer exists; no longer in use; not registered; not listed here; has been deleted;
    has been removed; has been terminated; has been closed; was deleted; unbekannt;
    existiert nicht; existieren nicht; nicht gefunden; gibt es nicht; nicht vorhanden;
    nicht bekannt; ungültig; inconnu; inconnue; n'existe pas; n'existe plus; introuvable;
    inexistant; inexistante; non valide; invalide; desconocido; desconocida; no existe;
    inexistente; no encontrado; no encontrada; no válido; no válida; inválido; inválida;
    sconosciuto; sconosciuta; non esiste; inesistente; non trovato; non trovata; non valido;
    non valida; desconhecido; desconhecida; não existe; não encontrado; não encontrada; onbekend;
    bestaat niet; niet gevonden; ongeldig; nieznany; nieznana; nie istnieje; nie znaleziono;
    neexistuje; neznámý; neznámá; nenalezen; nem létezik; ismeretlen; nem található; finns inte;
    finns ej; okänd; hittades inte; findes ikke; ukendt; finnes ikke; ukjent; ei löydy;
    ei löytynyt; ei ole olemassa; tuntematon; bulunamadı; mevcut değil; bilinmiyor; nu există;
    necunoscut; inexistentă; ne postoji; nepoznat; ne obstaja; не существует; не найден;
    не найдена; не зарегистрирован; неизвестен; неизвестный; не існує; не знайдено; не знайдений;
    невідомий; не съществува; δεν υπάρχει; άγνωστος
""")
_ADJECTIVES: Final = listed("""
    no such; don't know this; not a valid; no longer a valid; unknown; unrecognized; unrecognised;
    invalid; nonexistent; non-existent; inexistent; illegal; undefined; no; unbekannter;
    unbekannte; unbekanntes; ungültiger; ungültige; kein; keine; nieznany; neznámý; ismeretlen;
    okänd; ukendt; ukjent; tuntematon; onbekende; ongeldig; неизвестный; нет такого; немає такого;
    нема такого; няма такъв; не найден; не знайдено; geçersiz; άγνωστος
""")
# In these scripts words are not parted.
_UNSPACED: Final = re.compile(
    r"(?:用户|用戶|收件人|收件者|收信人|邮箱|郵箱|信箱|邮件地址|电子邮件|帐号|帳號|账号"
    r"|ユーザー?|受信者|宛先|アドレス|アカウント|メールボックス"
    r"|사용자|수신자|받는 사람|메일함|계정|주소)"
    r"[^。.;]{0,20}(?:不存在|未找到|找不到|无效|無效|未知|存在しません|存在しない|存在致しません"
    r"|見つかりません|見つからない(?!か)|不明|無効|존재하지 않|찾을 수 없|없습니다|없는)"
    r"|(?:找不到|无此|無此|没有此|没有这个|查无此|查無此|未知|无效的?|無效的?)"
    r"(?:用户|用戶|收件人|收件者|邮箱|郵箱|信箱|帐号|帳號|人)"
)


def _any(phrases: tuple[str, ...]) -> str:
    return "|".join(re.escape(each) for each in sorted(phrases, key=len, reverse=True))


def _pattern(things: tuple[str, ...]) -> re.Pattern[str]:
    """Return what matches `the mailbox ... does not exist` and `unknown mailbox`.

    What is unknown may be the reason, and what is invalid the command.
    """
    thing, absent, adjective = _any(things), _any(_ABSENT), _any(_ADJECTIVES)
    return re.compile(
        rf"\b(?:{thing})\b(?:[^.;!?]|\.(?=\w)){{0,40}}?\b(?:{absent})\b"
        r"(?!['-]|\s(?:error|reason|problem|cause|failure|command|response|sender|certificate)\b)"
        rf"|\b(?:{adjective})\s(?:\w{{1,12}}\s)?(?:{thing})\b"
    )


_RECIPIENT: Final = _pattern(_RECIPIENTS)
_HOST: Final = _pattern(_HOSTS)
_AROUND: Final = 30
# It is not the recipient that is missing.
_OTHER: Final = re.compile(
    r"sender|\bfrom\b|absender|expéditeur|remitente|remetente|mittente|afzender|nadawc|odesílatel"
    r"|отправител|відправник|发件|寄件|送信者|差出人|보낸|your|reverse|helo|client|allow|permi"
    r"|whitelist|record|certificat|signature|policy|password|\bip\b|relay"
)
_PERHAPS: Final = re.compile(
    r"\b(?:may|might|if|whether|könnte|möglicherweise|vielleicht|peut|puede|pode|potrebbe|mogelijk"
    r"|возможно|может)\b"
)


def missing(words: str) -> Reason | None:
    """Return what does not exist by a refusal's words, which are in lower case; None if unsaid."""
    for reason, pattern in ((Reason.HOST_UNKNOWN, _HOST), (Reason.USER_UNKNOWN, _RECIPIENT)):
        match = pattern.search(words)
        if match is not None and not _is_other(words, match):
            return reason
    match = _UNSPACED.search(words)
    return Reason.USER_UNKNOWN if match is not None and not _is_other(words, match) else None


def _is_other(words: str, match: re.Match[str]) -> bool:
    around = words[max(0, match.start() - _AROUND) : match.end() + _AROUND]
    return _OTHER.search(around) is not None or _PERHAPS.search(match[0]) is not None
