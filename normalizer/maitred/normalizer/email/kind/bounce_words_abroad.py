"""What servers say when they refuse a mail, in other languages than English."""

# ruff: noqa: RUF001  (other languages have letters that look like ours)

from __future__ import annotations

from typing import Final

from maitred.normalizer.email.kind.reason import Reason

ABROAD: Final = {
    Reason.MAILBOX_FULL: """
        boite du destinataire pleine; boîte du destinataire pleine; boîte aux lettres pleine;
        boite aux lettres est pleine; boîte aux lettres est pleine; postfach ist voll;
        postfach voll; postfach des empfängers ist voll; speicherplatz; buzón lleno;
        buzón de correo está lleno; buzón está lleno; casella piena; casella di posta piena;
        casella postale è piena; caixa de correio cheia; caixa postal cheia;
        caixa de correio está cheia; postvak is vol; mailbox vol; skrzynka przepełniona;
        skrzynka odbiorcy jest pełna; ящик переполнен; почтовый ящик получателя переполнен;
        поштова скринька переповнена; posta kutusu dolu; メールボックスがいっぱい;
        benutzer hat zuviele mails; mailbox pełna; メールボックスの容量; 容量を超え; 容量が一杯;
        邮箱已满; 邮箱空间不足; 信箱已滿; 사서함이 가득; 용량이 초과
    """,
    Reason.TOO_BIG: """
        nachricht ist zu groß; message trop volumineux; mensaje demasiado grande;
        сообщение слишком большое
    """,
    Reason.SPAM: """
        als spam; comme spam; como spam; come spam; спам; スパム; 迷惑メール; 垃圾
    """,
    Reason.SUSPENDED: """
        boite inactive; boîte inactive; compte inactif; compte suspendu; konto gesperrt;
        postfach gesperrt; cuenta suspendida; cuenta desactivada; cuenta inactiva; account sospeso;
        conta suspensa; ящик заблокирован; аккаунт заблокирован; 停止されて; casilla ha expirado;
        estado: inactivo; bloccato per inutilizzo; boite desactivee; boîte désactivée;
        compte désactivé; compte desactive; konto jest zablokowane; 利用停止; 已停用; 已被禁用
    """,
    Reason.USER_UNKNOWN: """
        empfängername wurde nicht erkannt; nicht im domino; n'est pas reconnu;
        répertorié dans l'annuaire; no se reconoce; non riconosciuto; não foi reconhecido;
        ディレクトリには見つかりません; ist unbekannt; unbekannter empfänger; unbekannter benutzer;
        empfänger unbekannt; empfänger existiert nicht; empfängeradresse existiert nicht;
        adresse existiert nicht; adresse nicht gefunden; adresse wurde nicht gefunden;
        e-mail-adresse konnte nicht gefunden; konnte die adresse nicht; adresse inconnue;
        adresse d au moins un destinataire invalide; adresse d'au moins un destinataire invalide;
        adresse destinataire invalide; adresse introuvable; utilisateur inconnu;
        destinataire inconnu; destinataire introuvable; adressat unbekannt; adresse ungültig;
        ungültiger empfänger; empfaenger unbekannt; empfänger nicht gefunden;
        benutzer existiert nicht; postfach existiert nicht; ci-dessus n'existe pas;
        adresse n'existe pas; adresse électronique n'existe pas; destinataire n'existe pas;
        utilisateur n'existe pas; adresse invalide; boite inexistante; usuario desconocido;
        usuario no existe; destinatario no existe; dirección no existe; cuenta no existe;
        buzón no existe; usuario inexistente; destinatario inexistente; destinatario desconocido;
        no se ha encontrado la dirección; no se encontró la dirección; dirección no encontrada;
        dirección desconocida; la cuenta no existe; utente sconosciuto; utente inesistente;
        destinatario sconosciuto; indirizzo non trovato; indirizzo inesistente;
        indirizzo non valido; destin. sconosciuto; destinatario errato; casella inesistente;
        usuário desconhecido; usuário não existe; destinatário desconhecido;
        endereço não encontrado; onbekende gebruiker; onbekende ontvanger; adres niet gevonden;
        ukendt modtager; okänd mottagare; adressen hittades inte; tuntematon vastaanottaja;
        nie ma takiego konta; adres nie istnieje; konto nie istnieje; użytkownik nie istnieje;
        nieznany użytkownik; nieznany odbiorca; nie znaleziono adresu; neznámý příjemce;
        ismeretlen felhasználó; пользователь не найден; нет такого пользователя;
        такого пользователя нет; неизвестный пользователь; получатель не существует;
        адрес не найден; адресат не найден; ящик не найден; ящик не существует; несуществующ;
        адресу не знайдено; користувача не знайдено; alıcı bulunamadı; adres bulunamadı;
        宛先が見つかりません; 宛先不明; 宛先のメールアドレスが; 該当するユーザ;
        ユーザーが見つかりません; ユーザーは存在し; アドレスが存在しない; アドレス不明;
        アドレスは存在しません; 存在しないメールアドレス; 用户不存在; 收件人不存在; 邮箱不存在;
        地址不存在; 找不到收件人; 用戶不存在; 收件者不存在; 존재하지 않는; 수신자를 찾을 수 없
    """,
    Reason.HOST_UNKNOWN: """
        domäne wurde nicht gefunden; domain existiert nicht; domaine inconnu;
        domaine n'existe pas; domaine introuvable; dominio no existe; dominio desconocido;
        dominio inesistente; домен не найден; домен не существует; ドメインが見つかりません;
        ドメインが存在しません; 域名不存在
    """,
    Reason.FILTERED: """
        拒否
    """,
}
"""Phrases by what they mean, between semicolons."""
