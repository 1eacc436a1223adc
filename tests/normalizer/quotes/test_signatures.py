"""Signatures: delimiters, phones, contact blocks, notices; and what only looks like one."""

# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

from unicodedata import normalize

import pytest

from maitred.contracts.message import PartKind
from maitred.normalizer.quotes import split

WORDS = "Where is my parcel?\n\nThank you"

MOBILE = (
    "Sent from my iPhone",
    "Sent from my iPad.",
    "Sent from my Samsung Galaxy smartphone.",
    "Sent from my Galaxy",
    "Sent from my Huawei phone",
    "Sent from my Verizon Wireless BlackBerry",
    "Sent from my phone, please excuse typos",
    "Sent from my mobile. Please excuse brevity.",
    "Sent from Mail for Windows 10",
    "Sent from Mail<https://go.microsoft.com/fwlink/?LinkId=550986> for Windows 10",
    "Sent from [Mail](https://go.microsoft.com/fwlink/?LinkId=550986) for Windows",
    "Sent from Outlook for iOS<https://aka.ms/o0ukef>",
    "Sent from Yahoo Mail on Android",
    "Sent from Yahoo Mail for iPhone",
    "Sent from AOL Mobile Mail",
    "Sent from ProtonMail mobile",
    "Sent from Proton Mail for iOS",
    "Sent with Proton Mail secure email.",
    "Sent with ProtonMail Secure Email.",
    "Sent via Superhuman ( https://sprh.mn/?vip=ann@example.com )",
    "Sent with Spark",
    "Sent using the mail.com mail app",
    "Sent from myMail for iOS",
    "Get Outlook for Android<https://aka.ms/AAb9ysg>",
    "Get Outlook for iOS (https://aka.ms/o0ukef)",
    "(sent from a mobile phone)",
    "Von meinem iPhone gesendet",
    "Von meinem Samsung Gerät gesendet.",
    "Gesendet von meinem iPhone",
    "Gesendet von Mail für Windows",
    "Gesendet von Outlook für iOS",
    "Gesendet mit der GMX Mail App",
    "Gesendet mit der Telekom Mail App auf meinem Handy",
    "Diese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.",
    "Outlook für Android beziehen",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon iPad",
    "Envoyé depuis mon appareil Galaxy",
    "Envoyé à partir de Outlook pour iOS<https://aka.ms/o0ukef>",
    "Télécharger Outlook pour Android<https://aka.ms/ghei36>",
    "Enviado desde mi iPhone",
    "Enviado desde mi teléfono Xiaomi",
    "Enviado desde Yahoo Mail para Android",
    "Obtener Outlook para Android",
    "Inviato da iPhone",
    "Inviato dal mio dispositivo Samsung",
    "Scarica Outlook per Android",
    "Enviado do meu iPhone",
    "Enviado do meu smartphone Samsung Galaxy.",
    "Obter o Outlook para iOS",
    "Verstuurd vanaf mijn iPhone",
    "Verzonden vanaf Outlook voor Android",
    "Verzonden met BlackBerry Work",
    "Sendt fra min iPhone",
    "Hent Outlook til iOS",
    "Skickat från min iPhone",
    "Hämta Outlook för Android",
    "Lähetetty iPhonesta",
    "Wysłane z iPhone'a",
    "Wysłano z telefonu Samsung",
    "Odesláno z iPhonu",
    "Odoslané z iPhonu",
    "Az iPhone-omról küldve",
    "Trimis de pe iPhone-ul meu",
    "Отправлено с iPhone",
    "Отправлено из мобильной Почты Mail.ru",
    "Отправлено из Яндекс.Почты для мобильных",
    "Надіслано з iPhone",
    "Изпратено от моя iPhone",
    "Poslano s mog iPhonea",
    "Στάλθηκε από το iPhone μου",
    "iPhone'umdan gönderildi",
    "נשלח מה-iPhone שלי",
    "أرسلت من الـ iPhone",
    "iPhoneから送信",
    "从我的 iPhone 发送",
    "發自我的 iPhone",
    "나의 iPhone에서 보냄",
    "Được gửi từ iPhone của tôi",
    "ส่งจาก iPhone ของฉัน",
    "Dikirim dari iPhone saya",
    "Enviat des del meu iPhone",
    "Saadetud minu iPhone'ist",
    "Nosūtīts no mana iPhone",
    "Išsiųsta iš mano iPhone",
    "Sent from my Verizon, Samsung Galaxy smartphone",
    "Sent via the Samsung Galaxy S20, an AT&T 5G smartphone",
    "Sent from Workspace ONE Boxer",
    "Sent from Canary (https://canarymail.io)",
    "Sent using https://www.zoho.com/mail/",
    "Sent from Yahoo Mail. Get the app",
    "Get BlueMail for Android",
    "Von unterwegs gesendet",
    "Gesendet aus der Telekom Mail App",
    "Envoyé avec la messagerie sécurisée Proton Mail.",
    "Enviado a través de mi teléfono móvil",
    "Enviado desde Correo para Windows",
    "Verstuurd via mobiel",
    "Trimis din Yahoo Mail pe Android",
    "来自 Outlook for Android",
    "ارسال شده از آیفون من",
)

BELOW = {
    "usenet": "-- \nAnn Roe\nExample Ltd.",
    "the blank stripped": "--\nAnn Roe\nExample Ltd.\n+1 555 0100",
    "windows": "-- \r\nAnn Roe\r\n",
    "a name behind the dashes": "--\nAnn",
    "em dash": "—\nAnn Roe\nAccounts",
    "underscores": "__\nann@example.com\nwww.example.com",
    "a mailing list": (
        "_______________________________________________\n"
        "talk mailing list\ntalk@lists.example.com\n"
        "https://lists.example.com/mailman/listinfo/talk"
    ),
    "a rule above the contact": "---\nRegards,\nAnn Roe\nHead of Sales",
    "a rule above the name": "---\nAnn Roe",
    "stars": "*****\nAnn Roe\nTel. +1 555 0100\nwww.example.com",
    "nothing below": "--\n",
    "rules only": "***\n======\n_______\n",
    "closing with position": "Regards,\n\nAnn Roe\nCEO @ Example",
    "closing with contact": "Best regards,\nAnn Roe\nPhone: +1 555 0100\nhttps://example.com",
    "closing de": (
        "Mit freundlichen Grüßen\n\nAnn Roe\nVertrieb\nBeispiel GmbH\nTel.: 0555 0100\n"
        "ann@example.com"
    ),
    "closing fr": "Cordialement,\n\nAnn Roe\nResponsable des achats\nTél. : 01 55 55 01 00",
    "closing es": "Un saludo,\nAnn Roe\nGerente\nTel: 555 01 00",
    "closing it": "Cordiali saluti\nAnn Roe\nResponsabile vendite\nTel. 055 501 0000",
    "closing nl": "Met vriendelijke groet,\n\nAnn Roe\nwww.example.com\nT: 055 501 0000",
    "closing sv": "Med vänliga hälsningar\nAnn Roe\nVD\n+46 55 501 00 00",
    "closing pl": "Pozdrawiam\nAnn Roe\nSpecjalista ds. sprzedaży\ntel. 555 010 000",
    "closing ru": "С уважением,\nAnn Roe\nменеджер\n+7 555 010-00-00",
    "closing and company": "Best,\nAnn Roe\nHead of Sales\nExample Ltd.\n+1 555 010 0100",
    "closing in two languages": "Med venlig hilsen / Kind regards\n\nAnn Roe\nCEO",
    "closing pl, with feeling": "Pozdrawiam serdecznie,\nAnn Roe\nSpecjalista\ntel. 555 010 000",
    "underscores and a phone's line": "_____\nAnn Roe\nSpringfield\nSent via mobile device\n_____",
    "the picture of a logo, in Markdown": "![Logo](https://example.com/logo.png)",
    "disclaimer": (
        "This e-mail and any attachments are confidential and intended solely for the addressee. "
        "If you are not the intended recipient, please notify the sender."
    ),
    "disclaimer with heading": (
        "CONFIDENTIALITY NOTICE:\n\nThis message may contain privileged and confidential "
        "information. If you received this message in error, please delete it."
    ),
    "disclaimer de": (
        "Diese E-Mail enthält vertrauliche und/oder rechtlich geschützte Informationen. Wenn Sie "
        "nicht der richtige Adressat sind, vernichten Sie diese Mail."
    ),
    "disclaimer fr": (
        "Ce message et ses pièces jointes peuvent contenir des informations confidentielles. Si "
        "vous avez reçu ce message par erreur, veuillez le signaler à l'expéditeur."
    ),
    "disclaimer es": (
        "Este mensaje es confidencial y va dirigido exclusivamente a su destinatario. Si lo ha "
        "recibido por error, le rogamos que lo elimine."
    ),
    "disclaimer it": (
        "Le informazioni contenute in questo messaggio sono riservate e per uso esclusivo del "
        "destinatario. Se lo ricevete per errore, cancellatelo."
    ),
    "avast": "Virus-free. www.avast.com",
    "trees": "Please consider the environment before printing this email.",
    "google groups": (
        'You received this message because you are subscribed to the Google Groups "talk" group.\n'
        "To unsubscribe from this group, send an email to talk+unsubscribe@lists.example.com."
    ),
    "a tracker's dot": "\u1427",
    "the picture of a logo": "[image: Example Ltd.]",
    "an image by its id": "[cid:image001.png@01D5F13A.00000000]",
}


def text_of(mail: str) -> str:
    pieces = split(mail)
    assert "".join(piece.text for piece in pieces) == mail
    return "".join(piece.text for piece in pieces if piece.kind is PartKind.TEXT).strip()


@pytest.mark.parametrize("line", MOBILE)
def test_what_a_phone_writes_below_is_a_signature(line: str) -> None:
    assert text_of(f"{WORDS}\n\n{line}\n") == WORDS
    assert (
        text_of(f"{WORDS}\n\n{line}\n\nOn 3 Mar 2020, at 10:15, Jo Doe wrote:\n\n> Hi\n") == WORDS
    )


@pytest.mark.parametrize("line", MOBILE)
def test_accents_may_stand_behind_their_letters(line: str) -> None:
    assert text_of(f"{WORDS}\n\n{normalize('NFD', line)}\n") == WORDS


@pytest.mark.parametrize("line", MOBILE)
def test_words_below_a_phones_line_are_kept(line: str) -> None:
    assert (
        text_of(f"{WORDS}\n\n{line}\n\nPS: It is parcel 12.\n")
        == f"{WORDS}\n\nPS: It is parcel 12."
    )


@pytest.mark.parametrize("name", BELOW)
def test_a_signature_is_told_from_the_words_above(name: str) -> None:
    assert text_of(f"{WORDS}\n\n{BELOW[name]}\n") == WORDS


@pytest.mark.parametrize("name", BELOW)
def test_a_signature_between_words_and_quote_is_no_part_of_either(name: str) -> None:
    mail = f"{WORDS}\n\n{BELOW[name]}\n\nOn 3 Mar 2020, at 10:15, Jo Doe wrote:\n\n> Hi\n"

    assert [piece.kind.value for piece in split(mail)] == ["text", "signature", "quote"]
    assert text_of(mail) == WORDS


@pytest.mark.parametrize(
    "words",
    [
        "Regards,\nAnn",
        "Best regards\n\nAnn Roe",
        "Mit freundlichen Grüßen\nAnn Roe",
        "Thanks!\n\n-Ann",
        "Cheers\n//Ann",
        "—Ann",
        "Regards,\nAnn Roe\nOrder 12345",
        "Regards,\nAnn Roe\nMy phone is +1 555 0100",
        "Thanks,\nAnn\n\nPS: the CEO said you would call. Will you?",
        "Kind regards and until Monday, when the manager comes",
        "Sent from my desk, is much easier then my mobile phone.",
        "Sent my phone to repair last week",
        "I sent it from my iPhone",
        "Sent via DHL on Monday, number 12345",
        "Sent a magnificent torch of pixels",
        "Sent on Monday with my husband",
        "Sent by post with my old phone in it",
        "Sent via my brother to your office",
        "Enviado a mi casa el lunes",
        "Envoyé à mon adresse le 3 mars",
        "Gesendet mit DHL an meine Frau",
        "Verzonden met PostNL naar mijn adres",
        "Inviato a mio marito lunedì",
        "Von meiner Seite ist alles gesendet",
        "---\nNext Steps\nsee https://example.com",
        "Gesendet habe ich es am Montag mit meinem Mann",
        "My iPhone was sent to you",
        "The first point\n\n---\n\nThe second point is a longer one, and ends with a dot.",
        "Shoes\n-----\nBlack, size 40, with laces, and please quickly.",
        "Options:\n- red\n- blue\n-- dark blue",
        "Total\n=====\n40.00 in all, and it should have been 30.00, as agreed.",
        "a -- b -- c",
        "This is confidential: I want to leave the company.",
        "I received this in error, please take it back.",
        "I received this email in error, please remove me from your mailing list.",
        "How do I unsubscribe from this list? I never asked for it.",
        "Expéditeur : Jo Doe\nDestinataire : Ann Roe\nLe colis a été livré par erreur au voisin.",
        "El paquete llegó por error a otro destinatario, que ya no lo devuelve.",
        "Antes de imprimir aparece un error, y la impresora se apaga sin más.",
        "Outlook for iOS does not show your mails.",
        "Von meinem Handy aus kann ich nicht bestellen.",
        "Sent from your shop on Monday, with a phone that is broken",
        "My data\n=====\nAnn Roe\n+1 555 0100\nann@example.com",
        (
            "What happened\n--\nI opened it and it was broken into two pieces.\n"
            "I called you and nobody was there to take the call.\n"
            "I wrote to you and nobody has answered me until today."
        ),
        "Questions\n--\nWhen does it come?",
        "My data:\nAnn Roe\n1 Main Street\n+1 555 0100\nann@example.com",
        "-- \n",
        "| a | b |\n--- | ---\n| 1 | 2 |",
        "1.\n2.\n...\n3. three",
    ],
)
def test_what_may_be_the_senders_stays_his(words: str) -> None:
    mail = f"Hello,\n\nplease see this.\n\n{words}\n"
    expected = mail.replace("-- \n", "") if words == "-- \n" else mail

    assert text_of(mail) == expected.strip()


def test_a_signature_is_kept_where_nothing_else_says_anything() -> None:
    assert text_of("🎉\n\n—\nAnn Roe\nAccounts\n") == "🎉\n\n—\nAnn Roe\nAccounts"
    assert text_of("👍\n\nSent from my iPhone\n") == "👍"
    assert text_of("-- \nAnn Roe\n") == "-- \nAnn Roe"


CAUTIONS = (
    (
        "CAUTION: This email originated from outside of the organization. Do not click links or "
        "open attachments unless you recognize the sender and know the content is safe."
    ),
    (
        "[EXTERNAL] This message comes from an external sender.\nDo not click any links "
        "or open attachments that you did not expect."
    ),
    (
        "Achtung: Diese E-Mail kommt von einem externen Absender. Klicken Sie auf keine Links und "
        "öffnen Sie keine Anhänge."
    ),
    (
        "You don't often get email from ann@example.com. Learn why this is important"
        "<https://aka.ms/LearnAboutSenderIdentification>"
    ),
)


@pytest.mark.parametrize("caution", CAUTIONS)
def test_what_the_receiving_house_writes_above_is_not_the_senders(caution: str) -> None:
    assert text_of(f"{caution}\n\n{WORDS}\n") == WORDS
    assert text_of(f"\n{caution}\n\n{WORDS}\n\nSent from my iPhone\n") == WORDS
    assert text_of(f"Hello,\n\n{caution}\n\n{WORDS}\n") == f"Hello,\n\n{caution}\n\n{WORDS}"


@pytest.mark.parametrize(
    "words",
    [
        "Caution: the box is fragile, and on the outside is a dent, see the attachment.",
        "Warning: an external email asks me to click on links, is that from you?",
        "External drives make a noise when I click on start, see the two attachments.",
        "Important: I need it outside of the office hours.",
    ],
)
def test_a_sender_who_warns_is_heard(words: str) -> None:
    assert text_of(f"{words}\n\n{WORDS}\n") == f"{words}\n\n{WORDS}"
