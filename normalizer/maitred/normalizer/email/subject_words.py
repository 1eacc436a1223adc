"""Words in front of subjects, by what they mean, and subjects that say nothing.

What mail programs put in front of the subject of an answer or a forwarded mail, in the language of
their users: RFC 5322, section 3.6.5, knows only `Re: `; the others are those of Outlook, Lotus
Notes, Thunderbird, Apple Mail and the web mailers of each country. A word that is an answer in
one language and a forward in another (`VS`) counts as an answer. All are case-folded, without
colon and dots.
"""

# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)
from __future__ import annotations

from typing import Final

REPLY_WORDS: Final = frozenset({
    # Latin letters
    "re", "aw", "antw", "antwort", "sv", "svar", "vs", "r", "rif", "ref", "rép", "rep", "réf",
    "res", "resp", "rsp", "rv", "odp", "odpoveď", "odpověď", "ynt", "yan", "yanıt", "bls", "balas",
    "atb", "ats", "vá", "va", "vál", "válasz", "odg", "odgovor", "răsp", "rasp", "răspuns", "tl",
    "trả lời", "vast", "vastaus", "respuesta", "réponse", "risposta", "resposta", "antwoord",
    "odpowiedź", "reply", "ha",
    # Greek, Cyrillic
    "απ", "απαντ", "απάντηση", "отв", "ответ", "на", "відп", "відповідь", "отг", "отговор", "одг",
    # Hebrew, Arabic, Persian
    "השב", "תגובה", "רד", "رد", "الرد", "پاسخ",
    # East and South-East Asia
    "回复", "回覆", "回復", "答复", "答覆", "返信", "답장", "회신", "답변", "ตอบ",
    "ตอบกลับ", "उत्तर",
})  # fmt: skip
FORWARD_WORDS: Final = frozenset({
    "fwd", "fw", "wg", "weitergeleitet", "weiterleitung", "tr", "trans", "transf", "enc", "encam",
    "i", "inoltro", "inoltra", "reenv", "reenviado", "reenviar", "rvd", "doorst", "doorgestuurd",
    "vb", "vid", "videresendt", "vl", "fs", "pd", "przek", "ilt", "i̇lt", "iletilen", "trs",
    "terusan", "tov", "továbbítás", "továbbított", "prosl", "posl", "preposlané", "přeposláno",
    "redir", "redirecționat", "ct", "chuyển tiếp", "edasi", "pārs", "persiųsti", "forward",
    "forwarded", "πρθ", "σχετ", "προώθηση", "пересл", "пересылка", "переслано", "перенапр", "препр",
    "הועבר", "إعادة توجيه", "تحويل", "هدایت", "转发", "轉寄", "轉發", "転送", "전달",
    "ส่งต่อ",
})  # fmt: skip
AUTOMATIC_WORDS: Final = frozenset({
    "auto", "automatic reply", "automatic response", "auto reply", "autoreply", "auto-reply",
    "auto response", "autoresponse", "autoresponder", "out of office", "out of office autoreply",
    "ooo", "automatische antwort", "automatische rückantwort", "abwesenheit",
    "abwesenheitsnotiz", "abwesend", "réponse automatique", "absence", "absent",
    "absence du bureau", "respuesta automática", "fuera de la oficina", "risposta automatica",
    "fuori ufficio", "resposta automática", "automatisch antwoord", "afwezig", "autosvar",
    "automatiskt svar", "automatisk svar", "fraværende", "automaattinen vastaus",
    "odpowiedź automatyczna", "automatická odpověď", "automatická odpoveď", "otomatik yanıt",
    "automatikus válasz", "răspuns automat", "автоответ", "автоматический ответ", "автовідповідь",
    "αυτόματη απάντηση", "自动回复", "自動回覆", "自動返信", "자동 회신", "자동 응답",
    "تلقائي", "تشغيل تلقائي", "מענה אוטומטי",
})  # fmt: skip
GENERIC_SUBJECTS: Final = frozenset({
    # English
    "no subject", "(no subject)", "a question", "one question", "general question",
    "quick question", "my question", "a request", "support request", "service request",
    "general inquiry", "general enquiry", "customer service", "customer support",
    "customer request", "help needed", "help please", "please help", "please help me", "need help",
    "i need help", "contact form", "contact request", "contact us", "new message",
    "new contact form message", "message from website", "your order", "my order", "order status",
    "order question", "order problem", "question about order", "question about my order",
    "problem with order", "problem with my order", "where is my order", "your invoice",
    "my invoice", "my account", "account question", "account problem", "your message",
    "thank you", "thanks a lot", "good morning", "good afternoon", "hello there", "test message",
    "order confirmation", "for your information", "follow up", "important message", "untitled",
    # German
    "kein betreff", "(kein betreff)", "ohne betreff", "eine frage", "allgemeine anfrage",
    "allgemeine frage", "meine bestellung", "ihre bestellung", "frage zur bestellung",
    "frage zu meiner bestellung", "meine rechnung", "ihre rechnung", "mein konto",
    "bitte um hilfe", "brauche hilfe", "guten tag", "guten morgen", "vielen dank",
    "kontaktformular", "neue nachricht", "ihre nachricht",
    # French, Spanish, Italian, Portuguese, Dutch
    "sans objet", "(sans objet)", "une question", "ma commande", "votre commande", "ma facture",
    "demande d'information", "demande d'informations", "besoin d'aide", "service client",
    "sin asunto", "(sin asunto)", "una pregunta", "mi pedido", "su pedido", "mi factura",
    "solicitud de información", "necesito ayuda", "atención al cliente", "senza oggetto",
    "(senza oggetto)", "nessun oggetto", "una domanda", "il mio ordine", "richiesta informazioni",
    "richiesta di informazioni", "servizio clienti", "sem assunto", "(sem assunto)",
    "uma pergunta", "meu pedido", "minha encomenda", "preciso de ajuda", "geen onderwerp",
    "(geen onderwerp)", "een vraag", "mijn bestelling", "uw bestelling", "vraag over bestelling",
    "vraag over mijn bestelling",
    # others
    "brak tematu", "(brak tematu)", "moje zamówienie", "bez předmětu", "inget ämne", "intet emne",
    "ingen emne", "ei aihetta", "без темы", "(без темы)", "без теми", "мой заказ", "χωρίς θέμα",
    "konu yok", "無主旨", "无主题", "(无主题)", "件名なし", "(件名なし)", "제목 없음",
    "(제목 없음)", "お問い合わせ", "お問い合わせについて", "問い合わせ", "咨询", "订单咨询",
    "订单问题", "문의", "문의드립니다",
})  # fmt: skip
