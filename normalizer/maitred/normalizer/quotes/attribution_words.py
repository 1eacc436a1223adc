"""Words of the line that introduces a quote ("On <date>, <name> wrote:"), by language.

As the localised editions of Gmail, Apple Mail, Thunderbird (`mailnews.reply_header_*`), Outlook,
Yahoo Mail, Mail.ru, Yandex, K-9 and Horde write them, in lower case. The tables are written with
commas between their phrases.
"""

# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

from typing import Final

WROTE: Final = {
    "af": "geskryf, skryf",
    "ar": "كتب, كتبت, كتب/ت, تمت كتابة ما يلي بواسطة, بواسطة",
    "ast": "escribió'l",
    "be": "напісаў, напісала, піша",
    "bg": "написа, написал/а, писа",
    "ca": "va escriure, ha escrit, escrigué, missatge de",
    "cs": "napsal(a), napsal/a, napsal, napsala, píše",
    "da": "skrev følgende, skrev",
    "de": "schrieb folgendes, schrieb, schrieben sie, schrieben, geschrieben",
    "el": "έγραψε, έγραψαν, έγραψες",
    "en": "wrote the following, wrote, writes",
    "es": "escribió lo siguiente, escribió, escribio, ha escrito",
    "et": "kirjutas, kirjutab",
    "eu": "idatzi zuen, idatzi du",
    "fa": "نوشته است, نوشت, نوشته",
    "fi": "kirjoitti seuraavaa, kirjoitti",
    "fr": "a écrit, a ecrit, a-écrit, écrit, nous a dit",
    "gl": "escribiu",
    "he": "כתב/ה, כתב, כתבה, מאת",
    "hi": "ने लिखा, लिखा",
    "hr": "je napisao/la, je napisao(la), napisao je, napisao/la, napisao, napisala",
    "hu": "ezt írta, a következőt írta, írta, irta",
    "id": "menulis, tulis",
    "is": "skrifaði",
    "it": "ha scritto, scrisse, scrive",
    "lt": "rašė, parašė",
    "lv": "rakstīja, raksta",
    "mk": "напиша, напишал",
    "nl": "het volgende geschreven, schreef het volgende, schreef, geschreven",
    "nn": "skreiv",
    "pl": "napisał(a), napisał/a, napisał, napisała, pisze, nadesłał, wiadomość napisana przez",
    "pt": "escreveu o seguinte, escreveu",
    "ro": "a scris",
    "ru": "написал(а), написал/а, написал, написала, пишет, писал, писал(а)",
    "sk": "napísal(a), napísal/a, napísal, napísala",
    "sl": "je napisal(a), je napisal/-a, je napisal, napisal, napisala, piše",
    "sq": "shkroi, ka shkruar",
    "sr": "је написао/ла, је написао, је написала, написао, написала",
    "sv": "skrev följande, skrev",
    "tr": "şunu yazdı, şunları yazdı, yazdı, yazmış",
    "uk": "написав(-ла), написав(ла), написав, написала, пише, писав",
    "vi": "đã viết, viết",
}

WROTE_UNSPACED: Final = {
    "hy": "գրել է",
    "ja": "のメール, のメッセージ, さんは書きました, さんが書きました, が書きました",
    "ka": "დაწერა",
    "ko": "님이 작성, 작성, 이(가) 쓴 글, 님이 쓴 글, 님이 다음을 작성, 썼습니다",
    "th": "เขียนว่า, เขียน",
    "zh": "写道, 寫道, 写于, 寫於, 撰写, 来信",
}
"""Words of languages that write no space in front of them."""

SAID: Final = """
    replied, responded, answered, sent, said, says, antwortete, sagte, sendte, répondu, a répondu,
    respondió, respondeu, ha risposto, antwoordde, svarade, svarede, svarte, odpowiedział(a),
    odpowiedział, ответил, ответил(а)
"""
"""What programs and people write instead, below a whole date and an address only."""

QUOTING: Final = """
    in message, in article,
    quoting, zitat von, zitiere, citando a, citando, citation de, selon, citat fra, citat från,
    citerar, cytowanie, cytuję, citace, citát, citeren, lainaus, цитата, цитирую
"""
"""Openings of Horde and Gnus: "Quoting <name> <address>:", which needs no word for wrote."""

OPENERS: Final = {
    "ar": "في, على, بتاريخ, يوم",
    "bg": "на, в",
    "ca": "el, a, en data",
    "cs": "dne, dňa",
    "da": "den, d., på",
    "de": "am",
    "el": "στις, την, τη, στην, στο",
    "en": "on, at, in",
    "es": "el, en",
    "et": "kuupäeval",
    "fa": "در, به",
    "fr": "le, en date du, à",
    "he": "בתאריך, ב, ביום",
    "hi": "को",
    "hr": "dana, u, na, dne",
    "id": "pada",
    "is": "þann",
    "it": "il, in, alle",
    "lt": "data",
    "nl": "op",
    "pl": "dnia, w, w dniu",
    "pt": "em, às, no, a",
    "ro": "la, în, pe",
    "sl": "dne, v",
    "sq": "më",
    "sv": "den, på",
    "th": "เมื่อ, เมื่อวันที่, ใน, วันที่",
    "uk": "у, в, на",
    "vi": "vào, ngày, lúc",
    "zh": "在, 於, 于",
}
"""Words before the date."""

OPENERS_UNSPACED: Final = """
    在, ב-, เมื่อ
"""
"""The same where no space follows."""

PARTICLES: Final = """
    al, bin, da, de, del, della, den, der, di, do, el, la, le, van, via, von, for, of, the, and,
    und, et, y, e, from, by, par, por, od, от, від, fra, från, am,
    pm, a.m., p.m., utc, gmt, г., р., lietotājs
"""
"""Small words in people's names, and between a date and a name."""

YOURS: Final = "your, our, their, ihr, ihre, unser, unsere, votre, notre, vuestro, jullie, uw"
"""Words of a tale about somebody, which no program writes: "Your agent <address> wrote:"."""

FIRST_PERSON: Final = """
    i, we, ich, wir, je, j'ai, j’ai, nous, yo, io, eu, nós, ik, wij, jeg, jag, vi, minä, ja, я,
    мы, ми, аз, én, ben, biz, εγώ, já, saya, tôi, אני
"""
"""Who tells what he wrote himself introduces nothing: "On Monday at 9:15 I wrote:"."""
