"""Header blocks and titles above quoted and forwarded messages, in many languages and programs."""

# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

import pytest

from maitred.contracts.message import PartKind
from maitred.normalizer.quotes import split

ANSWER = "Thank you, that works for us.\n\nAnn"
ORIGINAL = "\n\nWhen may we come?\n\nJo\n"
RULE = "_" * 32

HEADERS = {
    "outlook en": (
        "From: Jo Doe <jo.doe@example.com>\nSent: Tuesday, March 3, 2020 10:15 AM\n"
        "To: Ann Roe <ann@example.com>\nSubject: Visit"
    ),
    "outlook en, bold": (
        "*From:* Jo Doe <jo.doe@example.com>\n*Sent:* Tuesday, March 3, 2020 10:15 AM\n"
        "*To:* Ann Roe <ann@example.com>\n*Subject:* Visit"
    ),
    "outlook en, bold with inner blanks": (
        "*From: *Jo Doe\n*Sent: *Tuesday, March 3, 2020 10:15 AM\n*To: *Ann\n*Subject: *Visit"
    ),
    "outlook en, blank lines between": (
        "From: Jo Doe\n\nSent: Tuesday, March 3, 2020 10:15 AM\n\nTo: Ann Roe\n\nSubject: Visit"
    ),
    "outlook en, with copy": (
        "From: Jo Doe\nSent: Tuesday, March 3, 2020 10:15 AM\nTo: Ann Roe\nCc: Max; Eva\n"
        "Subject: Visit\nImportance: High"
    ),
    "outlook en, many recipients": (
        "From: Jo Doe <jo.doe@example.com>\nSent: Tuesday, March 3, 2020 10:15 AM\n"
        "To: Ann Roe <ann@example.com>; Max Roe <max@example.com>;\n"
        "    Eva Roe <eva@example.com>\nSubject: Visit"
    ),
    "outlook en, wrapped address": (
        "From: The Department for Visits \n<visits-and-more@example.com> \n"
        "Sent: Tuesday, March 3, 2020 10:15 AM\nTo: Ann\nSubject: Visit"
    ),
    "outlook en, indented": (
        "   From: Jo Doe<mailto:jo@example.com>\n   Sent: Tuesday, March 3, 2020\n"
        "   To: Ann\n   Subject: Visit"
    ),
    "outlook for mac": (
        "From: Jo Doe <jo@example.com>\nDate: Tuesday, 3 March 2020 at 10:15\n"
        "To: Ann <ann@example.com>\nSubject: Visit"
    ),
    "outlook de": (
        "Von: Jo Doe <jo@example.com>\nGesendet: Dienstag, 3. März 2020 10:15\n"
        "An: Ann <ann@example.com>\nBetreff: AW: Besuch"
    ),
    "gmx": (
        'Gesendet: Dienstag, 03. März 2020 um 10:15 Uhr\nVon: "Jo Doe" <jo@example.com>\n'
        "An: ann@example.com\nBetreff: Besuch"
    ),
    "t-online": (
        "Betreff: Besuch\nDatum: 2020-03-03T10:15:04+0100\nVon: Jo <jo@example.com>\n"
        "An: ann@example.com"
    ),
    "outlook fr": (
        "De : Jo Doe <jo@example.com>\nEnvoyé : mardi 3 mars 2020 10:15\n"
        "À : Ann <ann@example.com>\nObjet : Visite"
    ),
    "outlook fr, no blanks behind": (
        "De : Jo Doe<mailto:jo@example.com>\nEnvoyé le :mardi 3 mars 2020 10:15\n"
        "À : ann@example.com\nObjet :Visite"
    ),
    "orange": (
        'Message du : 03/03/2020 10:15\nDe : "Jo Doe" <jo@example.com>\nA : ann@example.com\n'
        "Copie à : \nSujet : Visite"
    ),
    "outlook es": (
        "De: Jo Doe <jo@example.com>\nEnviado el: martes, 3 de marzo de 2020 10:15\n"
        "Para: Ann <ann@example.com>\nAsunto: Visita"
    ),
    "outlook it": (
        "Da: Jo Doe <jo@example.com>\nInviato: martedì 3 marzo 2020 10:15\n"
        "A: Ann <ann@example.com>\nOggetto: Visita"
    ),
    "outlook pt": (
        "De: Jo Doe <jo@example.com>\nEnviada em: terça-feira, 3 de março de 2020 10:15\n"
        "Para: Ann <ann@example.com>\nAssunto: Visita"
    ),
    "outlook nl": (
        "Van: Jo Doe [mailto:jo@example.com]\nVerzonden: dinsdag 3 maart 2020 10:15\n"
        "Aan: Ann <ann@example.com>\nOnderwerp: Bezoek"
    ),
    "outlook da": "Fra: Jo Doe\nSendt: 3. marts 2020 10:15\nTil: Ann\nEmne: Besøg",
    "outlook no": "Fra: Jo Doe\nSendt: tirsdag 3. mars 2020 10:15\nTil: Ann\nEmne: Besøk",
    "outlook sv": "Från: Jo Doe\nSkickat: den 3 mars 2020 10:15\nTill: Ann\nÄmne: Besök",
    "outlook fi": (
        "Lähettäjä: Jo Doe\nLähetetty: tiistai 3. maaliskuuta 2020 10.15\n"
        "Vastaanottaja: Ann\nAihe: Vierailu"
    ),
    "outlook pl": (
        "Od: Jo Doe <jo@example.com>\nWysłano: wtorek, 3 marca 2020 10:15\nDo: Ann\nTemat: Wizyta"
    ),
    "outlook cs": "Od: Jo Doe\nOdesláno: úterý 3. března 2020 10:15\nKomu: Ann\nPředmět: Návštěva",
    "outlook sk": "Od: Jo Doe\nOdoslané: utorok 3. marca 2020 10:15\nKomu: Ann\nPredmet: Návšteva",
    "outlook hu": (
        "Feladó: Jo Doe\nElküldve: 2020. március 3., kedd 10:15\nCímzett: Ann\nTárgy: Látogatás"
    ),
    "outlook ro": "De la: Jo Doe\nTrimis: marți, 3 martie 2020 10:15\nCătre: Ann\nSubiect: Vizită",
    "outlook bg": "От: Jo Doe\nИзпратено: 3 март 2020 г. 10:15\nДо: Ann\nОтносно: Посещение",
    "outlook ru": "От: Jo Doe\nОтправлено: 3 марта 2020 г. 10:15\nКому: Ann\nТема: Визит",
    "outlook uk": "Від: Jo Doe\nНадіслано: 3 березня 2020 р. 10:15\nКому: Ann\nТема: Візит",
    "outlook hr": "Od: Jo Doe\nPoslano: 3. ožujka 2020. 10:15\nZa: Ann\nPredmet: Posjet",
    "outlook sl": "Od: Jo Doe\nPoslano: torek, 3. marec 2020 10:15\nZa: Ann\nZadeva: Obisk",
    "outlook el": "Από: Jo Doe\nΣτάλθηκε: Τρίτη, 3 Μαρτίου 2020 10:15\nΠρος: Ann\nΘέμα: Επίσκεψη",
    "outlook tr": ("Kimden: Jo Doe\nGönderilen: 3 Mart 2020 Salı 10:15\nKime: Ann\nKonu: Ziyaret"),
    "outlook he": "מאת: Jo Doe\nנשלח: יום שלישי 03 מרץ 2020 10:15\nאל: Ann\nנושא: ביקור",
    "outlook ar": "من: Jo Doe\nتاريخ الإرسال: 3 مارس 2020 10:15\nإلى: Ann\nالموضوع: زيارة",
    "outlook vi": "Từ: Jo Doe\nĐã gửi: 3 Tháng Ba 2020 10:15\nĐến: Ann\nChủ đề: Thăm",
    "outlook th": "จาก: Jo Doe\nส่ง: 3 มีนาคม 2563 10:15\nถึง: Ann\nเรื่อง: เยี่ยมชม",
    "outlook id": "Dari: Jo Doe\nTerkirim: 3 Maret 2020 10:15\nKepada: Ann\nSubjek: Kunjungan",
    "outlook zh-cn": "发件人: Jo Doe\n发送时间: 2020年3月3日 10:15\n收件人: Ann\n主题: 拜访",
    "outlook zh-tw": "寄件者: Jo Doe\n寄件日期: 2020年3月3日 10:15\n收件者: Ann\n主旨: 拜訪",
    "full-width colons": "发件人：Jo Doe\n发送时间：2020年3月3日 10:15\n收件人：Ann\n主题：拜访",
    "outlook ja": "差出人: Jo Doe\n送信日時: 2020年3月3日 10:15\n宛先: Ann\n件名: 訪問",
    "outlook ko": "보낸 사람: Jo Doe\n보낸 날짜: 2020년 3월 3일 10:15\n받는 사람: Ann\n제목: 방문",
    "outlook et": "Saatja: Jo Doe\nSaadetud: 3. märts 2020 10:15\nAdressaat: Ann\nTeema: Külastus",
    "outlook lv": "No: Jo Doe\nNosūtīts: 2020. gada 3. marts 10:15\nKam: Ann\nTēma: Vizīte",
    "outlook lt": "Nuo: Jo Doe\nIšsiųsta: 2020 m. kovo 3 d. 10:15\nKam: Ann\nTema: Vizitas",
}

TITLES = {
    "outlook en": "-----Original Message-----",
    "outlook express": "----- Original Message -----",
    "small letters": "-----original message-----",
    "bold": "*-------- Original Message --------*",
    "with a blank": " -----Original Message----- ",
    "android": "-------- Original message --------",
    "outlook de": "-----Ursprüngliche Nachricht-----",
    "thunderbird de": "-------- Original-Nachricht --------",
    "outlook fr": "-----Message d'origine-----",
    "samsung fr": "-------- Message d’origine --------",
    "outlook es": "-----Mensaje original-----",
    "outlook it": "-----Messaggio originale-----",
    "outlook pt": "-----Mensagem Original-----",
    "outlook nl": "-----Oorspronkelijk bericht-----",
    "outlook da": "-----Oprindelig meddelelse-----",
    "samsung da": "-------- Oprindelig besked --------",
    "outlook no": "-----Opprinnelig melding-----",
    "outlook sv": "-----Ursprungligt meddelande-----",
    "outlook fi": "-----Alkuperäinen viesti-----",
    "thunderbird pl": "-------- Treść oryginalnej wiadomości --------",
    "outlook cs": "-----Původní zpráva-----",
    "outlook sk": "-----Pôvodná správa-----",
    "outlook hu": "-----Eredeti üzenet-----",
    "outlook ro": "-----Mesaj original-----",
    "outlook ru": "-----Исходное сообщение-----",
    "thunderbird uk": "-------- Початкове повідомлення --------",
    "outlook el": "-----Αρχικό μήνυμα-----",
    "outlook tr": "-----Özgün İleti-----",
    "outlook he": "-----הודעה מקורית-----",
    "outlook hr": "-----Izvorna poruka-----",
    "outlook ko": "-----원본 메시지-----",
    "qq": "------------------ 原始邮件 ------------------",
    "qq, escaped": "------------------&nbsp;原始邮件&nbsp;------------------",
    "zimbra fr": "----- Mail original -----",
    "zimbra de": "----- Ursprüngliche Mail -----",
    "outlook zh-tw": "-----原始郵件-----",
    "thunderbird et": "-------- Algne kiri --------",
    "thunderbird lt": "-------- Originalus laiškas --------",
    "zendesk": "##- Please type your reply above this line -##",
    "zendesk, spaced": "## - Please type your reply above this line - ##",
    "zendesk de": "##- Bitte geben Sie Ihre Antwort oberhalb dieser Zeile ein -##",
    "zendesk fr": "##- Veuillez saisir votre réponse au-dessus de cette ligne -##",
    "zendesk es": "##- Por favor, escriba su respuesta por encima de esta línea -##",
    "zendesk pt": "##- Digite sua resposta acima desta linha -##",
    "zendesk nl": "##- Typ uw antwoord boven deze regel -##",
    "zendesk it": "##- Inserisci la tua risposta sopra questa riga -##",
    "zendesk ru": "##- Пожалуйста, введите ответ выше этой строки -##",
    "zendesk ja": "##- この行より上に返信を入力してください -##",
    "help desk": "--- Reply above this line ---",
    "help desk, loud": "======= PLEASE REPLY ABOVE THIS LINE =======",
}

FORWARDS = {
    "gmail": "---------- Forwarded message ---------",
    "gmail, before 2018": "---------- Forwarded message ----------",
    "thunderbird en": "-------- Forwarded Message --------",
    "yahoo en": "----- Forwarded Message -----",
    "apple mail en": "Begin forwarded message:",
    "apple mail de": "Anfang der weitergeleiteten Nachricht:",
    "thunderbird de": "-------- Weitergeleitete Nachricht --------",
    "apple mail fr": "Début du message réexpédié :",
    "apple mail fr, ios": "Début du message transféré :",
    "thunderbird fr": "-------- Message transféré --------",
    "apple mail es": "Inicio del mensaje reenviado:",
    "thunderbird es": "-------- Mensaje reenviado --------",
    "apple mail it": "Inizio messaggio inoltrato:",
    "thunderbird it": "-------- Messaggio Inoltrato --------",
    "apple mail nl": "Begin doorgestuurd bericht:",
    "thunderbird pt-br": "-------- Mensagem encaminhada --------",
    "apple mail da": "Start på videresendt besked:",
    "apple mail sv": "Vidarebefordrat mejl:",
    "apple mail fi": "Välitetty viesti alkaa:",
    "thunderbird pl": "--- Treść przekazanej wiadomości ---",
    "thunderbird cs": "-------- Přeposlaná zpráva --------",
    "apple mail hu": "Továbbított levél kezdete:",
    "thunderbird ru": "-------- Перенаправленное сообщение --------",
    "mail.ru": "-------- Пересылаемое сообщение --------",
    "apple mail tr": "İleti başlangıcı:",
    "netease": "-------- 转发邮件信息 --------",
    "notes": "----- Forwarded by Jo Doe/ACME on 03/03/2020 10:15 AM -----",
}


def text_of(mail: str) -> str:
    pieces = split(mail)
    assert "".join(piece.text for piece in pieces) == mail
    return "".join(piece.text for piece in pieces if piece.kind is PartKind.TEXT).strip()


def kinds_of(mail: str) -> list[str]:
    return [piece.kind.value for piece in split(mail)]


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize(
    "above", ["\n\n", f"\n\n{RULE}\n", "\n\n  ------------------------------\n\n"]
)
def test_a_header_block_starts_the_quote(name: str, above: str) -> None:
    mail = f"{ANSWER}{above}{HEADERS[name]}{ORIGINAL}"

    assert text_of(mail) == ANSWER
    assert kinds_of(mail) == ["text", "quote"]


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_block_needs_no_blank_lines_around_it(name: str) -> None:
    mail = f"{ANSWER}\n{HEADERS[name]}\nWhen may we come?\n"

    assert text_of(mail) == ANSWER


@pytest.mark.parametrize(
    "line",
    [
        (
            "From: Jo <jo@example.com> Date: 3/3/20 10:15 (GMT+01:00) To: Ann "
            "<a@example.com> Subject: Visit"
        ),
        (
            "De : Jo <jo@example.com> Date : 03/03/20 10:15 (GMT+01:00) À : "
            "a@example.com Objet : Visite"
        ),
        "Von: Jo <jo@example.com> Datum: 03.03.20 10:15 (GMT+01:00) An: Ann Betreff: Besuch",
        (
            "-------- Original message --------From: Jo <jo@example.com> Date: 3/3/20  10:15 AM  "
            "(GMT+01:00) To: Ann Roe <a@example.com> Subject: Re: Visit"
        ),
        "-------- Message d'origine --------De : Jo Date : 03/03/20 10:15 À : Ann Objet : Visite",
        (
            "*From:* Jo <jo@example.com> *Sent:* Tuesday, March 3, 2020 10:15 AM "
            "*To:* Ann *Subject:* Visit"
        ),
    ],
)
def test_a_header_block_on_one_line_starts_the_quote(line: str) -> None:
    assert text_of(f"{ANSWER}\n\n{line}{ORIGINAL}") == ANSWER


@pytest.mark.parametrize("name", TITLES)
@pytest.mark.parametrize("header", ["", f"\n{HEADERS['outlook en']}", f"\n{HEADERS['outlook de']}"])
def test_a_title_starts_the_quote(name: str, header: str) -> None:
    mail = f"{ANSWER}\n\n{TITLES[name]}{header}{ORIGINAL}"

    assert text_of(mail) == ANSWER
    assert kinds_of(mail) == ["text", "quote"]


@pytest.mark.parametrize(
    "title", ["Original Message", "----- Mesazhi origjinal -----", "== Foo =="]
)
def test_a_title_above_a_header_goes_with_it(title: str) -> None:
    assert text_of(f"{ANSWER}\n\n{title}\n{HEADERS['outlook en']}{ORIGINAL}") == ANSWER


def test_a_quote_with_marks_below_a_title_ends_where_the_marks_do() -> None:
    mail = f"Hi!\n----- Original Message -----\nFrom: Jo\nTo: Ann\n> Shall we come?\n\n{ANSWER}\n"

    assert text_of(mail) == f"Hi!\n{ANSWER}"


@pytest.mark.parametrize("name", FORWARDS)
def test_what_is_passed_on_is_told_from_what_is_answered(name: str) -> None:
    mail = f"{ANSWER}\n\n{FORWARDS[name]}\n{HEADERS['outlook for mac']}{ORIGINAL}"

    assert text_of(mail) == ANSWER
    assert kinds_of(mail) == ["text", "forward"]


@pytest.mark.parametrize("name", FORWARDS)
def test_what_is_passed_on_with_marks_is_a_forward(name: str) -> None:
    quoted = "".join(
        f"> {line}\n" for line in f"{FORWARDS[name]}\n\nFrom: Jo\n\nHello".splitlines()
    )
    mail = f"{ANSWER}\n\n{quoted}"

    assert text_of(mail) == ANSWER
    assert kinds_of(mail) == ["text", "forward"]


@pytest.mark.parametrize("name", FORWARDS)
def test_what_is_passed_on_without_a_word_is_what_the_mail_says(name: str) -> None:
    mail = f"{FORWARDS[name]}\n{HEADERS['outlook for mac']}{ORIGINAL}"

    assert text_of(mail) == "When may we come?\n\nJo"
    assert kinds_of(mail) == ["forward", "text"]


def test_words_below_a_header_that_nothing_stands_above_are_not_thrown_away() -> None:
    mail = f"{HEADERS['outlook en']}{ORIGINAL}"

    assert kinds_of(mail) == ["quote", "text"]
    assert text_of(mail) == "When may we come?\n\nJo"


def test_a_header_further_down_ends_what_was_passed_on_without_a_word() -> None:
    mail = f"{HEADERS['outlook en']}\n\nThank you!\n\n{HEADERS['outlook de']}{ORIGINAL}"

    assert text_of(mail) == "Thank you!"


@pytest.mark.parametrize(
    "words",
    [
        "From: Monday\nTo: Friday",
        "De: Madrid\nA: Barcelona\nFecha: 12/03/2024",
        "Da: Roma\nA: Milano\nData: 12/03/2024",
        "Von: Berlin\nAn: Hamburg\nDatum: 12.03.2024",
        "Date: 3 March\nTime: 10:15\nSubject: my heating",
        "Subject: my order\nDate: 3 March",
        "The log says:\nFrom: jo@example.com\nTo: ann@example.com\nStatus: failed",
        (
            "Received: from mx.example.com\nFrom: jo@example.com\nTo: ann@example.com\n"
            "Subject: test\nMessage-ID: <1@example.com>\nDate: 3 Mar 2020"
        ),
        "```\nFrom: Jo\nSent: Tuesday\nTo: Ann\nSubject: Visit\n```",
        "From: the start it did not work.",
        "To: whom it may concern",
        "----- My list -----\nshoes",
        "---- My list ----\nFrom: home\nshoes",
        "Original message\nwas deleted by me.",
        "The original message was lost.",
        "I replied above this line of yours.",
        "Please see the forwarded message:\nit is attached.",
        "--- 3 shoes ---\nsize 40",
    ],
)
def test_lines_that_only_look_like_headers_are_the_senders(words: str) -> None:
    mail = f"Hello,\n\n{words}\n\nwhat can I do about that?\n"

    assert text_of(mail) == mail.strip()
