"""The line above a quote, as the mail programs of 35 languages write and wrap it.

The shapes are those of the programs' localised editions; people and addresses are invented.
"""

# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

import pytest

from maitred.contracts.message import PartKind
from maitred.normalizer.quotes import split

ANSWER = "Thank you, that works for us.\n\nAnn"

INTRODUCTIONS = {
    # English
    "gmail en": "On Tue, Mar 3, 2020 at 10:15 AM Jo Doe <jo.doe@example.com> wrote:",
    "gmail en, before 2018": "On Tue, Mar 3, 2020 at 10:15 AM, Jo Doe <jo.doe@example.com> wrote:",
    "gmail en, uk": "On Tue, 3 Mar 2020 at 10:15, Jo Doe <jo.doe@example.com> wrote:",
    "gmail en, narrow space": "On Tue, Mar 3, 2020 at 10:15\u202fAM Jo Doe <jo@example.com> wrote:",
    "gmail en, wrapped at <": (
        "On Tue, Mar 3, 2020 at 10:15 AM Jo Doe <\njo.doe@example.com> wrote:"
    ),
    "gmail en, wrapped before wrote": (
        "On Tue, Mar 3, 2020 at 10:15 AM Jo Doe <jo@example.com>\nwrote:"
    ),
    "gmail en, wrapped in the address": (
        "On Tue, 3 Mar 2020 at 10:15, Jo Doe <jo@example.com\n> wrote:"
    ),
    "wrapped in the date": "On Tue, 3 Mar\n2020 at 10:15, Jo Doe <jo.doe@example.com> wrote:",
    "wrapped in the name": (
        "On Tuesday, March 3, 2020 at 10:15:32 AM GMT+1, Jo Catherine Doe of the\n"
        "Department for Accounting <jo.doe@example.com> wrote:"
    ),
    "wrapped over four lines": (
        "On Tue, Mar 3, 2020\nat 10:15 AM Jo Doe\n<jo.doe@example.com>\nwrote:"
    ),
    "apple mail en": "On Mar 3, 2020, at 10:15 AM, Jo Doe <jo.doe@example.com> wrote:",
    "apple mail en, uk": "On 3 Mar 2020, at 10:15, Jo Doe <jo.doe@example.com> wrote:",
    "apple mail en, no address": "On Mar 3, 2020, at 10:15 AM, Jo Doe wrote:",
    "thunderbird en": "On 3/3/20 10:15, Jo Doe wrote:",
    "thunderbird en, iso": "On 2020-03-03 10:15, Jo Doe wrote:",
    "thunderbird en, name first": "Jo Doe wrote on 3/3/2020 10:15 AM:",
    "evolution": "On Tue, 2020-03-03 at 10:15 +0100, Jo Doe wrote:",
    "mutt": "On Tue, Mar 03, 2020 at 10:15:04AM +0100, Jo Doe wrote:",
    "claws": "On Tue, 3 Mar 2020 10:15:04 +0100\nJo Doe <jo.doe@example.com> wrote:",
    "yahoo": "On Tuesday, March 3, 2020, 10:15:04 AM GMT+1, Jo Doe <jo@example.com> wrote:",
    "yahoo, indented": (
        "    On Tuesday, March 3, 2020, 10:15:04 AM GMT+1, Jo <jo@example.com> wrote:  "
    ),
    "outlook for ios": (
        'On Tue, Mar 3, 2020 at 10:15 AM +0100, "Jo Doe" '
        "<jo.doe@example.com<mailto:jo.doe@example.com>> wrote:"
    ),
    "protonmail": "On Tuesday, March 3rd, 2020 at 10:15 AM, Jo Doe <jo.doe@example.com> wrote:",
    "protonmail, titled": (
        "------- Original Message -------\n"
        "On Tuesday, March 3rd, 2020 at 10:15 AM, Jo Doe <jo.doe@example.com> wrote:"
    ),
    "protonmail, hyphens": (
        "\u2010\u2010\u2010\u2010\u2010\u2010\u2010 Original Message "
        "\u2010\u2010\u2010\u2010\u2010\u2010\u2010\n"
        "On Tuesday, March 3, 2020 10:15 AM, Jo Doe <jo.doe@example.com> wrote:"
    ),
    "zoho": "---- On Tue, 03 Mar 2020 10:15:04 +0530 Jo Doe <jo.doe@example.com> wrote ----",
    "zoho, escaped": (
        "---- On Tue, 3 Mar 2020 10:15:04 +0530 Jo Doe&lt;jo@example.com&gt; wrote ----"
    ),
    "spark": "On 3 Mar 2020, 10:15 +0100, Jo Doe <jo.doe@example.com>, wrote:",
    "superhuman": "On Tue, Mar 03, 2020 at 10:15 AM, Jo Doe < jo.doe@example.com > wrote:",
    "airmail": "On 3 March 2020 at 10:15:04, Jo Doe (jo.doe@example.com) wrote:",
    "mailspring": "On Mar 3 2020, at 10:15 am, Jo Doe <jo.doe@example.com> wrote:",
    "bluemail": "On 3 Mar 2020, 10:15, at 10:15, Jo Doe <jo.doe@example.com> wrote:",
    "k-9": "On March 3, 2020 10:15:04 AM GMT+01:00, Jo Doe <jo.doe@example.com> wrote:",
    "fastmail": "On Tue, Mar 3, 2020, at 10:15 AM, Jo Doe wrote:",
    "hey": "On March 3, 2020, Jo Doe <jo.doe@example.com> wrote:",
    "android": "Jo Doe <jo.doe@example.com> wrote:",
    "notes": "Jo Doe <jo.doe@example.com> wrote on 03/03/2020 10:15:04 AM:",
    "eudora": "At 10:15 AM 3/3/2020, you wrote:",
    "gnus": "In message <m3abc@example.com> Jo Doe writes:",
    "horde": "Quoting Jo Doe <jo.doe@example.com>:",
    "tutanota": "Mar 3, 2020, 10:15 by jo.doe@example.com:",
    "yandex en": '03.03.2020, 10:15, "Jo Doe" <jo.doe@example.com>:',
    "mail.ru en": "Tuesday, 3 March 2020, 10:15 +03:00 from Jo Doe <jo.doe@example.com>:",
    "gmail, 2013": "2020/3/3 Jo Doe <jo.doe@example.com>",
    "gmail, 2016": "2020-03-03 10:15 GMT+01:00 Jo Doe <jo.doe@example.com>:",
    "gmail, 2016, wrapped": "2020-03-03 10:15 GMT+01:00 Jo Doe <\njo.doe@example.com>:",
    "via a list": "On Tue, Mar 3, 2020 at 10:15 AM Jo Doe via Talk <talk@lists.example.com> wrote:",
    "comma in the name": (
        'On Mar 3, 2020, at 10:15, "Doe, Jo (Sales)" <jo.o\'doe@example.com> wrote:'
    ),
    "a program that says replied": (
        "On Tue, Mar 3, 2020 at 10:15 AM Jo Doe <jo.doe@example.com> replied:"
    ),
    "android, drawn": "---- Jo Doe wrote ----",
    "groupwise": ">>> Jo Doe <jo.doe@example.com> 3/3/2020 10:15 AM >>>",
    "aol": "In a message dated 3/3/2020 10:15:04 A.M. Pacific Standard Time, j@example.com writes:",
    # German
    "gmail de": "Am Di., 3. März 2020 um 10:15 Uhr schrieb Jo Doe <jo.doe@example.com>:",
    "gmail de, wrapped": "Am Di., 3. März 2020 um 10:15 Uhr schrieb Jo Doe <\njo.doe@example.com>:",
    "gmail de, 2017": "Jo Doe <jo.doe@example.com> schrieb am Di., 3. März 2020 um 10:15 Uhr:",
    "gmail de, 2017, wrapped": (
        "Jo Doe <jo.doe@example.com> schrieb am Di., 3. März\n2020 um 10:15:"
    ),
    "gmail de, android": 'Am 03.03.2020 10:15 vorm. schrieb "Jo Doe" <jo.doe@example.com>:',
    "apple mail de": "Am 03.03.2020 um 10:15 schrieb Jo Doe <jo.doe@example.com>:",
    "thunderbird de": "Am 03.03.20 um 10:15 schrieb Jo Doe:",
    "kmail de": "Am Dienstag, 3. März 2020, 10:15:04 CET schrieb Jo Doe:",
    "roundcube de": "Am 2020-03-03 10:15, schrieb Jo Doe:",
    "ionos de": "Jo Doe <jo.doe@example.com> hat am 03.03.2020 10:15 geschrieben:",
    "horde de": "Zitat von Jo Doe <jo.doe@example.com>:",
    "tutanota de": "3. März 2020, 10:15 von jo.doe@example.com:",
    # French
    "gmail fr": "Le mar. 3 mars 2020 à 10:15, Jo Doe <jo.doe@example.com> a écrit :",
    "gmail fr, wrapped": "Le mar. 3 mars 2020 à 10:15, Jo Doe <jo.doe@example.com> a\nécrit :",
    "apple mail fr": "Le 3 mars 2020 à 10:15, Jo Doe <jo.doe@example.com> a écrit :",
    "thunderbird fr": "Le 03/03/2020 à 10:15, Jo Doe a écrit\u00a0:",
    "yahoo fr": "Le mardi 3 mars 2020 à 10:15:04 UTC+1, Jo Doe <jo.doe@example.com> a écrit :",
    "roundcube fr": "Le 2020-03-03 10:15, Jo Doe a écrit :",
    "decomposed accents": "Le 3 mars 2020 a\u0300 10:15, Jo Doe <jo@example.com> a e\u0301crit :",
    # Spanish, Catalan, Galician
    "gmail es": "El mar, 3 mar 2020 a las 10:15, Jo Doe (<jo.doe@example.com>) escribió:",
    "gmail es, wrapped": "El mar, 3 mar 2020 a las 10:15, Jo Doe (<jo.doe@example.com>)\nescribió:",
    "apple mail es": "El 3 mar 2020, a las 10:15, Jo Doe <jo.doe@example.com> escribió:",
    "thunderbird es": "El 3/3/20 a las 10:15, Jo Doe escribió:",
    "ionos es": "El 03/03/2020 10:15 Jo Doe <jo.doe@example.com> ha escrito:",
    "gmail ca": "Missatge de Jo Doe <jo.doe@example.com> del dia dt., 3 de març 2020 a les 10:15:",
    "apple mail ca": "El 3 març 2020, a les 10:15, Jo Doe <jo.doe@example.com> va escriure:",
    "gmail gl": "O mar., 3 mar. 2020 ás 10:15, Jo Doe (<jo.doe@example.com>) escribiu:",
    # Italian
    "gmail it": "Il giorno mar 3 mar 2020 alle ore 10:15 Jo Doe <jo.doe@example.com> ha scritto:",
    "gmail it, wrapped": (
        "Il giorno mar 3 mar 2020 alle ore 10:15 Jo Doe <jo@example.com> ha\nscritto:"
    ),
    "apple mail it": "Il giorno 3 mar 2020, alle ore 10:15, Jo Doe <jo@example.com> ha scritto:",
    "thunderbird it": "Il 03/03/2020 10:15, Jo Doe ha scritto:",
    "libero it": "Il 3 marzo 2020 alle 10:15 Jo Doe <jo.doe@example.com> ha scritto:",
    "aqua mail it": 'In data 3 marzo 2020 10:15:04 "Jo Doe" <jo.doe@example.com> ha scritto:',
    # Portuguese
    "gmail pt-br": "Em ter., 3 de mar. de 2020 às 10:15, Jo Doe <jo.doe@example.com> escreveu:",
    "gmail pt-pt": "Jo Doe <jo.doe@example.com> escreveu no dia terça, 3/03/2020 à(s) 10:15:",
    "apple mail pt-br": "Em 3 de mar. de 2020, à(s) 10:15, Jo Doe <jo@example.com> escreveu:",
    "apple mail pt-pt": "No dia 03/03/2020, às 10:15, Jo Doe <jo.doe@example.com> escreveu:",
    "yahoo pt-br": "Em terça-feira, 3 de março de 2020 10:15:04 BRT, Jo <jo@example.com> escreveu:",
    "thunderbird pt-pt": "Às 10:15 de 03/03/2020, Jo Doe escreveu:",
    # Dutch, Afrikaans
    "gmail nl": "Op di 3 mrt. 2020 om 10:15 schreef Jo Doe <jo.doe@example.com>:",
    "apple mail nl": (
        "Op 3 mrt. 2020, om 10:15 heeft Jo Doe <jo.doe@example.com> het volgende geschreven:"
    ),
    "apple mail nl, wrapped": (
        "Op 3 mrt. 2020 om 10:15 heeft Jo Doe <jo.doe@example.com> het\nvolgende geschreven:"
    ),
    "thunderbird nl": "Op 03-03-2020 om 10:15 schreef Jo Doe:",
    "gmail nl, android": 'Op 3 mrt. 2020 10:15 schreef "Jo Doe" <jo.doe@example.com>:',
    # Danish, Norwegian, Swedish, Icelandic
    "gmail da": "Den tir. 3. mar. 2020 kl. 10.15 skrev Jo Doe <jo.doe@example.com>:",
    "apple mail da": "Den 3. mar. 2020 kl. 10.15 skrev Jo Doe <jo.doe@example.com>:",
    "thunderbird da": "Den 03-03-2020 kl. 10:15 skrev Jo Doe:",
    "gmail no": "tir. 3. mar. 2020 kl. 10:15 skrev Jo Doe <jo.doe@example.com>:",
    "apple mail no": "3. mar. 2020 kl. 10:15 skrev Jo Doe <jo.doe@example.com>:",
    "thunderbird no": "Den 03.03.2020 10:15, skrev Jo Doe:",
    "gmail sv": "Den tis 3 mars 2020 kl 10:15 skrev Jo Doe <jo.doe@example.com>:",
    "apple mail sv": "3 mars 2020 kl. 10:15 skrev Jo Doe <jo.doe@example.com>:",
    "thunderbird sv": "Den 2020-03-03 kl. 10:15, skrev Jo Doe:",
    "gmail is": "Þann þri., 3. mar. 2020 kl. 10:15 skrifaði Jo Doe <jo.doe@example.com>:",
    # Finnish, Estonian, Latvian, Lithuanian
    "gmail fi": "ti 3. maalisk. 2020 klo 10.15 Jo Doe (jo.doe@example.com) kirjoitti:",
    "apple mail fi": "Jo Doe <jo.doe@example.com> kirjoitti 3.3.2020 kello 10.15:",
    "thunderbird fi": "3.3.2020, 10.15, Jo Doe kirjoitti:",
    "gmail et": "Kuupäev T, 3. märts 2020 kell 10:15 kirjutas Jo Doe (<jo.doe@example.com>):",
    "gmail lv": (
        "otrd., 2020. g. 3. marts, plkst. 10:15 — lietotājs Jo Doe (<jo@example.com>) rakstīja:"
    ),
    "gmail lt": "2020-03-03, an, 10:15 Jo Doe <jo.doe@example.com> rašė:",
    # Polish, Czech, Slovak, Slovene, Croatian, Serbian
    "gmail pl": "wt., 3 mar 2020 o 10:15 Jo Doe <jo.doe@example.com> napisał(a):",
    "apple mail pl": (
        "Wiadomość napisana przez Jo Doe <jo.doe@example.com> w dniu 03.03.2020, o godz. 10:15:"
    ),
    "thunderbird pl": "W dniu 03.03.2020 o 10:15, Jo Doe pisze:",
    "onet pl": "Dnia 3 marca 2020 10:15 Jo Doe <jo.doe@example.com> napisał(a):",
    "wp pl": "W dniu 2020-03-03 10:15:04 użytkownik Jo Doe <jo.doe@example.com> napisał:",
    "gmail cs": "út 3. 3. 2020 v 10:15 odesílatel Jo Doe <jo.doe@example.com> napsal:",
    "apple mail cs": "3. 3. 2020 v 10:15, Jo Doe <jo.doe@example.com>:",
    "thunderbird cs": "Dne 03. 03. 20 v 10:15 Jo Doe napsal(a):",
    "gmail sk": "ut 3. 3. 2020 o 10:15 Jo Doe <jo.doe@example.com> napísal(a):",
    "thunderbird sk": "Dňa 3. 3. 2020 o 10:15 Jo Doe napísal(a):",
    "gmail sl": "V V tor., 3. mar. 2020 ob 10:15 je oseba Jo Doe <jo.doe@example.com> napisala:",
    "gmail hr": "uto, 3. ožu 2020. u 10:15 Jo Doe <jo.doe@example.com> napisao je:",
    "gmail sr": "уто, 3. мар 2020. у 10:15 Jo Doe <jo.doe@example.com> је написао/ла:",
    # Hungarian, Romanian, Bulgarian, Greek, Turkish
    "gmail hu": "Jo Doe <jo.doe@example.com> ezt írta (időpont: 2020. márc. 3., K, 10:15):",
    "gmail hu, wrapped": (
        "Jo Doe <jo.doe@example.com> ezt írta (időpont: 2020. márc.\n3., K, 10:15):"
    ),
    "thunderbird hu": "2020. 03. 03. 10:15 keltezéssel, Jo Doe írta:",
    "gmail ro": "În mar., 3 mar. 2020 la 10:15, Jo Doe <jo.doe@example.com> a scris:",
    "apple mail ro": "Pe 3 mar. 2020, la 10:15, Jo Doe <jo.doe@example.com> a scris:",
    "gmail bg": "На вт, 3.03.2020 г. в 10:15 Jo Doe <jo.doe@example.com> написа:",
    "gmail el": "Στις Τρί 3 Μαρ 2020 στις 10:15 π.μ., ο/η Jo Doe <jo.doe@example.com> έγραψε:",
    "roundcube el": "Στις 2020-03-03 10:15, Jo Doe έγραψε:",
    "gmail tr": "Jo Doe <jo.doe@example.com>, 3 Mar 2020 Sal, 10:15 tarihinde şunu yazdı:",
    "thunderbird tr": "3.03.2020 10:15 tarihinde Jo Doe yazdı:",
    # Russian, Ukrainian, Belarusian
    "gmail ru": "вт, 3 мар. 2020 г. в 10:15, Jo Doe <jo.doe@example.com>:",
    "gmail ru, 2014": "вторник, 3 марта 2020 г. пользователь Jo Doe написал:",
    "gmail ru, android": '3 марта 2020 г. 10:15 пользователь "Jo Doe" <jo@example.com> написал:',
    "apple mail ru": "3 марта 2020 г., в 10:15, Jo Doe <jo.doe@example.com> написал(а):",
    "mail.ru": "Вторник, 3 марта 2020, 10:15 +03:00 от Jo Doe <jo.doe@example.com>:",
    "thunderbird ru": "03.03.2020 10:15, Jo Doe пишет:",
    "gmail uk": "вт, 3 бер. 2020 р. о 10:15 Jo Doe <jo.doe@example.com> пише:",
    # Hebrew, Arabic, Persian
    "gmail he": (
        "\u202bבתאריך יום ג׳, 3 במרץ 2020 ב-10:15 מאת \u202aJo Doe\u202c\u200f "
        "<\u202ajo.doe@example.com\u202c\u200f>:\u202c"
    ),
    "gmail ar": "في الثلاثاء، ٣ مارس ٢٠٢٠ في ١٠:١٥ ص تمت كتابة ما يلي بواسطة Jo <jo@example.com>:",
    "apple mail ar": "في ٣ مارس ٢٠٢٠، الساعة ١٠:١٥، كتب Jo Doe <jo.doe@example.com>:",
    "gmail fa": "در تاریخ سه\u200cشنبه ۳ مارس ۲۰۲۰،\u200f ۱۰:۱۵ Jo Doe <jo.doe@example.com> نوشت:",
    # Hindi, Vietnamese, Thai, Indonesian
    "gmail hi": "मंगल, 3 मार्च 2020 को 10:15 am को Jo Doe <jo.doe@example.com> ने लिखा:",
    "gmail vi": "Vào Th 3, 3 thg 3, 2020 vào lúc 10:15 Jo Doe <jo.doe@example.com> đã viết:",
    "gmail th": "เมื่อ อ. 3 มี.ค. 2020 เวลา 10:15 Jo Doe <jo.doe@example.com> เขียนว่า:",
    "gmail id": "Pada tanggal Sel, 3 Mar 2020 pukul 10.15 Jo Doe <jo.doe@example.com> menulis:",
    # Chinese, Japanese, Korean
    "gmail zh-cn": "Jo Doe <jo.doe@example.com> 于2020年3月3日周二 上午10:15写道：",
    "gmail zh-tw": "Jo Doe <jo.doe@example.com> 於 2020年3月3日 週二 上午10:15寫道：",
    "apple mail zh-cn": "在 2020年3月3日，上午10:15，Jo Doe <jo.doe@example.com> 写道：",
    "netease": '在 2020-03-03 10:15:04，"Jo Doe" <jo.doe@example.com> 写道：',
    "netease en": 'At 2020-03-03 10:15:04, "Jo Doe" <jo.doe@example.com> wrote:',
    "gmail ja": "2020年3月3日(火) 10:15 Jo Doe <jo.doe@example.com>:",
    "apple mail ja": "2020/03/03 10:15、Jo Doe <jo.doe@example.com>のメール:",
    "gmail ko": "2020년 3월 3일 (화) 오전 10:15, Jo Doe <jo.doe@example.com>님이 작성:",
    "apple mail ko": "2020. 3. 3. 오전 10:15, Jo Doe <jo.doe@example.com> 작성:",
}

ONLY_WITH_MARKS = {
    "gmail, 2013",
    "gmail ru, 2014",
}
"""What is an introduction only because a quote with marks stands below it."""


def text_of(mail: str) -> str:
    pieces = split(mail)
    assert "".join(piece.text for piece in pieces) == mail
    return "".join(piece.text for piece in pieces if piece.kind is PartKind.TEXT).strip()


def kinds_of(mail: str) -> list[str]:
    return [piece.kind.value for piece in split(mail)]


@pytest.mark.parametrize("name", INTRODUCTIONS)
def test_an_introduction_above_a_marked_quote_is_cut_with_it(name: str) -> None:
    mail = f"{ANSWER}\n\n{INTRODUCTIONS[name]}\n\n> When may we come?\n> \n> Jo\n"

    assert text_of(mail) == ANSWER
    assert kinds_of(mail) == ["text", "quote"]


@pytest.mark.parametrize("name", [name for name in INTRODUCTIONS if name not in ONLY_WITH_MARKS])
def test_an_introduction_below_an_answer_ends_it_without_marks_too(name: str) -> None:
    mail = f"{ANSWER}\n\n{INTRODUCTIONS[name]}\n\nWhen may we come?\n\nJo\n"

    assert text_of(mail) == ANSWER


@pytest.mark.parametrize("name", INTRODUCTIONS)
def test_an_introduction_right_below_the_words_takes_none_of_them(name: str) -> None:
    mail = f"On Monday I am away.\nSee you then!\n{INTRODUCTIONS[name]}\n> When may we come?\n"

    assert text_of(mail) == "On Monday I am away.\nSee you then!"


@pytest.mark.parametrize("name", INTRODUCTIONS)
def test_an_introduction_inside_of_its_quote_is_found(name: str) -> None:
    quoted = "".join(f"> {line}\n" for line in INTRODUCTIONS[name].splitlines())
    mail = f"{ANSWER}\n\n{quoted}>\n> When may we come?\n"

    assert text_of(mail) == ANSWER


@pytest.mark.parametrize("name", INTRODUCTIONS)
def test_an_answer_below_a_quote_stands_alone(name: str) -> None:
    mail = f"{INTRODUCTIONS[name]}\n> When may we come?\n\n{ANSWER}\n"

    assert text_of(mail) == ANSWER
    assert kinds_of(mail) == ["quote", "text"]


@pytest.mark.parametrize(
    "words",
    [
        "On Monday he wrote: hello",
        "On Monday he wrote:\nthat he would come.",
        "I wrote to Jo <jo@example.com> and got no answer.",
        "On 3 March 2020 at 10:15 I wrote:\nplease cancel it.\nNobody did.",
        "As you wrote:\n\nit is on its way.",
        "Your colleague wrote on the 3rd of March:\nit comes on Friday.",
        "My address is now:\njo.doe@example.com",
        "Please send it to Jo Doe <jo.doe@example.com>",
        "Please send it until 3/3/2020 to:\nJo Doe",
        "He wrote:",
        "On 3 March 2020 I sent this to support@example.com:\nplease cancel it.",
        "Am 3.3.2020 um 10:15 ging diese Mail an support@example.com:\nbitte stornieren.",
        "I got this from Jo <jo@example.com> who wrote:\nit is on its way.",
        "Your colleague Jo <jo@example.com> wrote:\nit is on its way.",
        "My new address since 3/3/2020 is jo.doe@example.com:\nplease use it.",
        "The order of 2020-03-03 10:15 contains:\n2 shoes",
        "2020-03-03 10:15 ERROR cannot connect:\ntimeout",
        "Am 3. März 2020 habe ich bestellt:\n2 Schuhe",
        "Am Montag schrieb ich Ihnen:\nbitte stornieren.",
        "Le 3 mars j'ai écrit :\nannulez.",
        "El 3 de marzo escribí:\nanulen.",
        "Вчера я написал:\nотмените заказ.",
        "昨天我写道：\n请取消订单。",
        "On 3 March 2020 at 10:15 your agent jo@example.com wrote:\nit is on its way.",
        "On 3 March 2020 at 10:15 your driver said:\nwe come tomorrow.",
        "On 3 March 2020 at 10:15 I replied to support@example.com:\nplease cancel it.",
        "We met On Mar 3, 2020 at 10:15 AM,\nand you said it would come.",
        "1. What did she say?\n2. She wrote:\nnothing",
    ],
)
def test_what_the_sender_tells_of_mails_is_his_own(words: str) -> None:
    assert text_of(f"Hello,\n\n{words}\n\nBye\n") == f"Hello,\n\n{words}\n\nBye"


@pytest.mark.parametrize(
    ("mail", "expected"),
    [
        ("Yes, do On Wed, Apr 4, 2012 at 3:59 PM, jo@example.com wrote:\n> Shall we?\n", "Yes, do"),
        ("Yes\ndo--- On Wed, Apr 4, 2012 at 3:59 PM, jo@example.com wrote:\n> We?\n", "Yes\ndo"),
        ("Yes, do On 4 Apr 2012 at 15:59, Jo <\njo@example.com> wrote:\n\nShall we?\n", "Yes, do"),
        ('Yes.\n\nOn 4/4/2012 at 3:59 PM, "Jo Doe" wrote:Dear Ann,\nshall we?\n', "Yes."),
    ],
)
def test_words_that_run_into_an_introduction_are_kept(mail: str, expected: str) -> None:
    assert text_of(mail) == expected


def test_a_name_above_a_blank_line_is_no_part_of_an_introduction() -> None:
    mail = f"{ANSWER}\n\n<jo@example.com> wrote:\n\n> When may we come?\n"

    assert text_of(mail).startswith(ANSWER)


def test_an_introduction_far_down_is_found_below_a_long_quote() -> None:
    quoted = "> When may we come?\n" * 500
    mail = (
        f"{INTRODUCTIONS['thunderbird en']}\n{quoted}\n{ANSWER}\n\n"
        f"{INTRODUCTIONS['gmail de']}\n\nWhen?\n"
    )

    assert text_of(mail) == ANSWER
