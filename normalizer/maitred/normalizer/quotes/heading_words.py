"""Names of header fields, and titles of quoted and forwarded messages, by language.

As Outlook, Outlook for phones, Apple Mail, Gmail, Thunderbird, Yahoo Mail, Zimbra, Lotus Notes,
GMX, Orange, QQ Mail and others write them above a message that they quote or forward. The tables
are written with commas between their phrases.
"""

# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

from enum import IntEnum, auto
from typing import Final


class Field(IntEnum):
    """What a header field tells."""

    FROM = auto()
    DATE = auto()
    TO = auto()
    SUBJECT = auto()
    OTHER = auto()


NAMES: Final = {
    Field.FROM: """
        from, von, de, da, van, fra, från, od, od koho, lähettäjä, feladó, de la, expeditor,
        expeditorul, от, от кого, отправитель, від, від кого, відправник, šalje, pošiljatelj,
        pošiljalac, šalje se, από, αποστολέας, kimden, gönderen, מאת, من, المرسل, از, فرستنده,
        प्रेषक, से, từ, người gửi, จาก, dari, pengirim, 发件人, 寄件者, 寄件人, 差出人, 送信者,
        보낸 사람, 보낸사람, 발신, saatja, no, nuo, sūtītājs, siuntėjas, mittente, nadawca,
        remitente, remetente, expéditeur, absender, afzender, avsender, afsender, avsändare,
        remitent, bidaltzailea, frá, подател, пошиљалац, od kogo
    """,
    Field.DATE: """
        sent, date, received, gesendet, datum, envoyé, envoyé le, date d'envoi, enviado,
        enviado el, enviados, enviada, enviada em, enviado em, fecha, fecha de envío, data,
        inviato, inviato il, data invio, verzonden, verzonden op, datum verzonden, sendt, dato,
        skickat, skickat den, lähetetty, päivämäärä, päiväys, elküldve, dátum, küldve,
        küldés dátuma, küldés ideje, wysłano, wysłane, odesláno, odoslané, odeslané,
        data wysłania, trimis, trimisă, data trimiterii, dată, отправлено, дата, дата отправки,
        надіслано, відправлено, изпратено, poslano, poslato, datum slanja, στάλθηκε, εστάλη,
        ημερομηνία, αποστολή, gönderilen, gönderildi, gönderme tarihi, tarih, נשלח, תאריך,
        تاريخ الإرسال, التاريخ, تاريخ, تم الإرسال, أرسلت, ارسال شده, تاریخ, दिनांक, भेजा गया,
        đã gửi, ngày gửi, ngày, vào lúc, ส่งเมื่อ, วันที่, ส่ง, terkirim, dikirim, tanggal,
        发送时间, 发送日期, 日期, 时间, 寄件日期, 傳送日期, 傳送時間, 送信日時, 送信日, 日付,
        日時, 보낸 날짜, 보낸날짜, 날짜, 발신일, 보냄, saadetud, kuupäev, nosūtīts, datums,
        išsiųsta, enviat, dagsetning, bidalita, message du, posted, am, le, odoslané dňa,
        odeslaná
    """,
    Field.TO: """
        to, an, à, a, para, aan, til, till, vastaanottaja, címzett, do, komu, pre, către, catre,
        destinatar, destinatarul, кому, получатель, до, prima, primatelj, za, προς, kime, alıcı,
        אל, إلى, الى, به, گیرنده, प्रति, đến, tới, ถึง, kepada, ke, untuk, 收件人, 收件者, 宛先,
        받는 사람, 받는사람, 수신, saaja, adressaat, kellele, kam, kui, kas, gavėjas,
        destinatario, destinatário, destinataire, empfänger, pour, ontvanger, mottaker,
        modtager, mottagare, per a, nori, adresat, получател, к
    """,
    Field.SUBJECT: """
        subject, betreff, objet, sujet, asunto, oggetto, assunto, onderwerp, emne, ämne, aihe,
        tárgy, temat, předmět, predmet, subiect, subiectul, тема, относно, tema, naslov, zadeva,
        θέμα, konu, נושא, الموضوع, موضوع, विषय, chủ đề, tiêu đề, เรื่อง, หัวเรื่อง, subjek,
        perihal, judul, 主题, 主題, 主旨, 件名, 제목, teema, temats, tēma, assumpte, efni, gaia,
        предмет, наслов
    """,
    Field.OTHER: """
        cc, bcc, kopie, kopie (cc), blindkopie, copie, copie à, copia, copia para, cópia, kopi,
        kopia, kopio, másolat, másolatot kap, dw, ud, udw, kópia, copie la, копия, копія, копие,
        kopija, κοιν, κοινοποίηση, bilgi, עותק, نسخة, رونوشت, प्रतिलिपि, đồng gửi, สำเนา,
        tembusan, 抄送, 副本, 참조, koopia, reply-to, reply to, antwort an, répondre à,
        réponse à, responder a, rispondi a, risposta, antwoord aan, beantwoorden - aan,
        svar til, svara till, vastaus, vastausosoite, válaszcím, odpověď na, odpovedať-pre,
        odpowiedź-do, odgovori na, răspuns către, ответ-кому, кому відповісти, yanıt adresi,
        回复, 답장 받는 사람, attachments, attachment, anlagen, anlage, pièces jointes,
        pièce jointe, datos adjuntos, archivos adjuntos, allegati, allegato, anexos, anexo,
        bijlagen, bijlage, vedhæftede filer, vedlegg, bifogade filer, bilagor, liitteet,
        mellékletek, załączniki, přílohy, prílohy, atașări, вложения, вкладення,
        прикачени файлове, prilozi, συνημμένα, ekler, קבצים מצורפים, المرفقات, 附件,
        添付ファイル, 첨부 파일, importance, priority, wichtigkeit, priorität, priorité,
        importancia, prioridad, priorità, importância, prioridade, prioriteit, urgentie,
        prioritet, ważność, důležitost, важность, 重要性, 重要度, organization, organisation,
        organización, sender, mailed-by, signed-by, newsgroups, categories, kategorien,
        sensitivity, when, where
    """,
}

TECHNICAL: Final = """
    arc-seal, authentication-results, content-transfer-encoding, content-type, delivered-to,
    dkim-signature, in-reply-to, list-unsubscribe, message-id, mime-version, received-spf,
    references, return-path, user-agent, x-mailer, x-originating-ip, x-received
"""
"""Fields that no program shows above a quote: with them it is a header that somebody pasted."""

ORIGINAL: Final = """
    mail original, ursprüngliche mail, ursprüngliche e-mail,
    original message, original mail, original email, original e-mail, original appointment,
    reply message, oorspronklike boodskap, الرسالة الأصلية, الرسالة الأصليَّة, mensaxe orixinal,
    зыходны ліст, оригинално писмо, оригинално съобщение, missatge original, původní zpráva,
    oprindelig meddelelse, oprindelig besked, original besked, ursprüngliche nachricht,
    ursprüngliche mitteilung, original-nachricht, originalnachricht, original nachricht,
    originalmeldung, antwort nachricht, αρχικό μήνυμα, mensaje original, correo original,
    algne kiri, algne sõnum, jatorrizko mezua, alkuperäinen viesti,
    alkuperäinen viesti / orig.msg., message d'origine, message d’origine, message original,
    message initial, courriel original, oarspronklik berjocht, הודעה מקורית, मूल संदेश,
    izvorna poruka, originalna poruka, eredeti üzenet, pesan asli, pesan asal,
    upprunalegur póstur, messaggio originale, messaggio originario, 元のメッセージ, 元のメール,
    オリジナルメッセージ, 원본 메시지, 원본 메일, 원본 이메일, originalus laiškas,
    pradinis laiškas, sākotnējais ziņojums, oriģinālā ziņa, оригинална порака,
    opprinnelig melding, opphavleg melding, original melding, oorspronkelijk bericht,
    origineel bericht, oorspronkelijke bericht, treść oryginalnej wiadomości,
    oryginalna wiadomość, wiadomość oryginalna, mensagem original, mesajul original,
    mesaj original, mesajul inițial, исходное сообщение, оригинальное сообщение,
    исходное письмо, первоначальное сообщение, pôvodná správa,
    pôvodná správa --- original message, izvirno sporočilo, prvotno sporočilo,
    originalno sporočilo, оригинална порука, ursprungligt meddelande, originalmeddelande,
    originalmeddelandet, özgün ileti, orijinal mesaj, orjinal mesaj, özgün mesaj, asıl ileti,
    початкове повідомлення, вихідне повідомлення, оригінальне повідомлення, thư gốc,
    tin nhắn gốc, thông báo gốc, ข้อความต้นฉบับ, ข้อความเดิม, پیام اصلی, 原始邮件, 原始消息,
    原始郵件, 原始訊息, 原邮件, 原信件, 回复的原邮件, 回复的邮件
"""
"""Titles between dashes above a message that is answered."""

FORWARDED: Final = """
    forwarded message, forwarded mail, forwarded email, forwarded e-mail, fwd message,
    weitergeleitete nachricht, weitergeleitete mail, weitergeleitete e-mail, message transféré,
    message transmis, message réexpédié, courriel transféré, mensaje reenviado,
    messaggio inoltrato, mensagem encaminhada, mensagem reencaminhada, doorgestuurd bericht,
    videresendt meddelelse, videresendt besked, videresendt melding, vidaresend melding,
    vidarebefordrat meddelande, vidarebefordrat mejl, vidarebefordrat brev,
    edelleenlähetetty viesti, välitetty viesti, välitetty viesti / fwd.msg,
    przekazana wiadomość, przekazywana wiadomość, treść przekazanej wiadomości,
    wiadomość przekazana, přeposlaná zpráva, preposlaná správa,
    preposlaná správa --- forwarded message, továbbított üzenet, továbbított levél,
    mesaj redirecționat, mesaj redirectionat, mesajul redirecționat, пересылаемое сообщение,
    перенаправленное сообщение, пересланное сообщение, переслане повідомлення,
    перенаправлене повідомлення, препратено съобщение, препратено писмо, proslijeđena poruka,
    prosleđena poruka, прослеђена порука, posredovano sporočilo, προωθημένο μήνυμα,
    iletilmiş mesaj, iletilen ileti, yönlendirilmiş mesaj, iletilen mesaj, הודעה שהועברה,
    رسالة معاد توجيهها, الرسالة المعاد توجيهها, پیام هدایت‌شده, پیام بازارسال‌شده,
    अग्रेषित संदेश, thư đã chuyển tiếp, tin nhắn được chuyển tiếp, ข้อความที่ส่งต่อ,
    pesan terusan, pesan yang diteruskan, 转发的邮件, 转发邮件, 转发邮件信息, 已转发邮件,
    轉寄郵件, 轉寄的郵件, 已轉寄的訊息, 転送メッセージ, 転送されたメッセージ, 転送メール,
    전달된 메시지, 전달된 메일, edastatud kiri, edastatud sõnum, pārsūtītā ziņa,
    pārsūtīts ziņojums, persiųstas laiškas, persiunčiamas laiškas, missatge reenviat,
    mensaxe reenviada, birbidalitako mezua, áframsendur póstur
"""
"""Titles between dashes above a message that is passed on."""

FORWARDED_BY: Final = """
    forwarded by, weitergeleitet von, transféré par, réexpédié par, reenviado por, inoltrato da,
    encaminhado por, doorgestuurd door, vidarebefordrat av, videresendt af, videresendt av,
    przekazane przez
"""
"""Starts of such titles with a name and a date behind them (Lotus Notes)."""

FORWARD_BEGINS: Final = """
    begin forwarded message, anfang der weitergeleiteten nachricht,
    anfang der weitergeleiteten e-mail, début du message réexpédié, début du message transféré,
    début du courriel transféré, inicio del mensaje reenviado, inizio messaggio inoltrato,
    início da mensagem encaminhada, início da mensagem reencaminhada,
    begin doorgestuurd bericht, start på videresendt besked, videresendt melding,
    vidarebefordrat mejl, välitetty viesti alkaa, początek przekazywanej wiadomości,
    začátek přeposílané zprávy, začiatok preposlanej správy, továbbított levél kezdete,
    începe mesajul redirecționat, начало переадресованного сообщения,
    початок листа що пересилається, započni proslijeđenu poruku, αρχή προωθημένου μηνύματος,
    έναρξη προωθημένου μηνύματος, i̇leti başlangıcı, iletilmiş mesajın başlangıcı,
    התחלת ההודעה שהועברה, بدء الرسالة المعاد توجيهها, bắt đầu thư được chuyển tiếp,
    เริ่มข้อความที่ส่งต่อ, mulai pesan terusan, 开始转发的邮件, 開始轉寄郵件, 转发的邮件,
    転送されたメッセージ, 전달된 메시지, inici del missatge reenviat
"""
"""Apple Mail's titles, with a colon and without dashes; a comma in one is left out."""

ABOVE: Final = """
    reply above this line, your reply above this line, write above this line,
    respond above this line, add your reply above this line, text above this line,
    oberhalb dieser zeile antworten, antworten sie oberhalb dieser zeile,
    über dieser zeile antworten, antworten sie über dieser zeile,
    antworten oberhalb dieser linie, antwort oberhalb dieser zeile, antwort über dieser zeile,
    au-dessus de cette ligne, au dessus de cette ligne, par-dessus cette ligne,
    por encima de esta línea, encima de esta línea, arriba de esta línea, sobre esta línea,
    acima desta linha, por cima desta linha, sopra questa riga, al di sopra di questa riga,
    sopra questa linea, boven deze lijn, boven deze regel, over denne linje, over denne linjen,
    ovanför den här raden, ovanför denna rad, ovenfor denne linje, tämän rivin yläpuolelle,
    powyżej tej linii, nad tą linią, nad tuto čáru, nad tento řádek, nad touto čárou,
    nad tímto řádkem, nad túto čiaru, nad tento riadok, e sor fölé, a vonal fölé,
    e fölé a sor fölé, deasupra acestei linii, выше этой линии, выше этой строки,
    над этой чертой, над этой линией, вище цієї лінії, вище цього рядка, над тази линия,
    iznad ove linije, iznad ove crte, iznad ovog retka, nad to črto, πάνω από αυτή τη γραμμή,
    πάνω από αυτήν τη γραμμή, bu satırın üzerine, bu satırın üstüne, bu çizginin üzerine,
    מעל שורה זו, מעל לשורה זו, فوق هذا السطر, بالای این خط, phía trên dòng này, เหนือบรรทัดนี้,
    di atas baris ini, 在此行上方, 请在此行上方, 在此行以上, 在這行上方, 在此行之上,
    この行より上に, この線より上に, この行の上に, 이 줄 위에, 이 선 위에, selle rea kohal,
    virs šīs līnijas, virš šios eilutės, per sobre d'aquesta línia
"""
"""What help desks ask for, so that they can cut there ("##- … -##")."""
