"""Charsets as mail has them: declared, wrongly declared, and not declared at all."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.normalizer.email.charset import CHARSET_GUESSED, text_of
from maitred.normalizer.email.charset_names import codec
from maitred.normalizer.email.japanese import from_iso_2022_jp

GERMAN = "Schöne Grüße aus Köln, das Gerät läuft wieder für 20 €."
RUSSIAN = "Здравствуйте, посылка до сих пор не пришла, подскажите, пожалуйста."
GREEK = "Καλημέρα σας, το δέμα δεν έχει φτάσει ακόμα, πού βρίσκεται;"
HEBREW = "שלום, החבילה עדיין לא הגיעה, אשמח לדעת היכן היא נמצאת"
ARABIC = "مرحبا، لم يصل الطرد بعد، أرجو إخباري أين هو الآن"
THAI = "สวัสดีครับ ยังไม่ได้รับพัสดุ กรุณาแจ้งให้ทราบด้วยครับ"
JAPANESE = "先週注文した本がまだ届いていません。よろしくお願いいたします。"
CHINESE = "您好 我上周订购的书还没有收到 请问包裹现在在哪里。"
TAIWANESE = "您好 我上週訂購的書還沒有收到 請問包裹現在在哪裡。"
KOREAN = "안녕하세요, 지난주에 주문한 책이 아직 도착하지 않았습니다."
POLISH = "Dzień dobry, zamówiłem książkę, ale paczka jeszcze nie dotarła."


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("UTF-8", "utf_8"),
        ("utf8", "utf_8"),
        ("utf8mb4", "utf_8"),
        ("utf-8-sig", "utf_8"),
        ("cp65001", "utf_8"),
        ("us-ascii", "utf_8"),
        ("ANSI_X3.4-1968", "utf_8"),
        ("iso-8859-1", "cp1252"),
        ("ISO_8859-1:1987", "cp1252"),
        ("latin1", "cp1252"),
        ("iso-8859-15", "iso8859_15"),
        ("windows-1252http-equivContent-Type", "cp1252"),
        ("'windows-1252'", "cp1252"),
        ("win-1251", "cp1251"),
        ("windows1251", "cp1251"),
        ("x-cp1250", "cp1250"),
        ("IBM850", "cp850"),
        ("koi8-r", "koi8_u"),
        ("KOI8R", "koi8_u"),
        ("gb2312", "gb18030"),
        ("GBK", "gb18030"),
        ("x-gbk", "gb18030"),
        ("big5", "big5hkscs"),
        ("Big5-HKSCS", "big5hkscs"),
        ("shift-jis", "cp932"),
        ("x-sjis", "cp932"),
        ("Windows-31J", "cp932"),
        ("ks_c_5601-1987", "cp949"),
        ("euc-kr", "cp949"),
        ("x-euc-jp", "euc_jp"),
        ("iso-2022-jp", "iso2022_jp"),
        ("csISO2022JP", "iso2022_jp"),
        ("unicode-1-1-utf-7", "utf_7"),
        ("utf-16le", "utf_16_le"),
        ("iso-8859-8-i", "iso8859_8"),
        ("tis-620", "cp874"),
        ("macintosh", "mac_roman"),
        ("unknown-8bit", None),
        ("x-user-defined", None),
        ("x-unknown", None),
        ("default", None),
        ("binary", None),
    ],
)
def test_a_charset_is_known_under_the_names_that_senders_give_it(
    declared: str, name: str | None
) -> None:
    assert codec(declared) == name


@pytest.mark.parametrize("name", ["zlib", "hex", "idna", "punycode", "unicode_escape", "os", "\0"])
def test_a_codec_that_is_not_for_mail_is_never_found(name: str) -> None:
    assert codec(name) is None


@pytest.mark.parametrize(
    ("text", "declared", "encoding"),
    [
        (GERMAN, "iso-8859-1", "cp1252"),
        (GERMAN, "windows-1252", "cp1252"),
        (GERMAN, "iso-8859-15", "iso8859_15"),
        (POLISH, "iso-8859-2", "iso8859_2"),
        (POLISH + " „Tak”", "iso-8859-2", "cp1250"),
        (RUSSIAN, "koi8-r", "koi8_r"),
        (RUSSIAN, "windows-1251", "cp1251"),
        (RUSSIAN, "iso-8859-5", "iso8859_5"),
        (GREEK, "iso-8859-7", "iso8859_7"),
        (HEBREW, "iso-8859-8-i", "iso8859_8"),
        (ARABIC, "windows-1256", "cp1256"),
        (THAI, "tis-620", "cp874"),
        (JAPANESE, "iso-2022-jp", "iso2022_jp"),
        (JAPANESE, "shift_jis", "cp932"),
        (JAPANESE, "euc-jp", "euc_jp"),
        (CHINESE, "gb2312", "gb18030"),
        (TAIWANESE, "big5", "big5"),
        (KOREAN, "euc-kr", "cp949"),
        (KOREAN, "iso-2022-kr", "iso2022_kr"),
        (CHINESE, "hz-gb-2312", "hz"),
        (GERMAN, "utf-7", "utf_7"),
        (GERMAN, "utf-16", "utf_16"),
        (CHINESE, "utf-16le", "utf_16_le"),
        (RUSSIAN, "utf-16be", "utf_16_be"),
        (GERMAN, "utf-32", "utf_32"),
        (GERMAN, "", "utf_8_sig"),
        (GERMAN, "", "utf_16"),
        (GERMAN, "us-ascii", "utf_8"),
        ("Only letters", "utf-16", "ascii"),
    ],
)
def test_text_is_read_as_it_is_declared(text: str, declared: str, encoding: str) -> None:
    found, flags = text_of(text.encode(encoding), declared)
    assert found == text
    assert flags == ()


@pytest.mark.parametrize(
    ("text", "declared", "encoding"),
    [
        (GERMAN, "iso-8859-1", "utf_8"),
        (GERMAN, "windows-1252", "utf_8"),
        (RUSSIAN, "iso-8859-1", "utf_8"),
        (RUSSIAN, "koi8-r", "utf_8"),
        (CHINESE, "gb2312", "utf_8"),
        (JAPANESE, "iso-2022-jp", "utf_8"),
        (GERMAN, "utf-8", "cp1252"),
        (RUSSIAN, "utf-8", "cp1251"),
        (RUSSIAN, "us-ascii", "koi8_r"),
        (RUSSIAN, "iso-8859-1", "cp1251"),
        (GREEK, "iso-8859-1", "cp1253"),
        (JAPANESE, "iso-8859-1", "cp932"),
        (CHINESE, "windows-1252", "gb18030"),
        (JAPANESE, "utf-8", "iso2022_jp"),
        (JAPANESE, "us-ascii", "iso2022_jp"),
        (JAPANESE, "iso-2022-jp", "cp932"),
        (JAPANESE, "iso-2022-jp", "euc_jp"),
        (KOREAN, "utf-8", "cp949"),
        (TAIWANESE, "us-ascii", "big5"),
        (GERMAN, "unknown-8bit", "cp1252"),
        (RUSSIAN, "x-user-defined", "cp1251"),
        (GERMAN, "", "utf_16_le"),
        (GERMAN, "iso-8859-1", "utf_16_be"),
    ],
)
def test_text_is_read_as_it_is_and_not_as_it_is_declared(
    text: str, declared: str, encoding: str
) -> None:
    assert text_of(text.encode(encoding), declared) == (text, (CHARSET_GUESSED,))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "cp1252"),
        (RUSSIAN, "koi8_r"),
        (RUSSIAN, "cp1251"),
        (GREEK, "cp1253"),
        (HEBREW, "cp1255"),
        (ARABIC, "cp1256"),
        (THAI, "cp874"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (CHINESE, "gb18030"),
        (TAIWANESE, "big5"),
        (KOREAN, "cp949"),
        (POLISH, "cp1250"),
    ],
)
def test_a_charset_that_is_not_declared_is_detected(text: str, encoding: str) -> None:
    assert text_of(text.encode(encoding)) == (text, (CHARSET_GUESSED,))


def test_a_dash_in_western_text_makes_nobody_think_of_another_charset() -> None:
    for text in ("——— Café ———", "«éàè»", "20 €€€€€€€€", "“Yes”…"):
        assert text_of(text.encode("cp1252"), "iso-8859-1") == (text, ())


def test_a_little_valid_utf_8_is_what_a_chinese_sender_declared() -> None:
    assert text_of("联通".encode("gbk"), "gb2312")[0] == "联通"


def test_a_few_foreign_bytes_do_not_spoil_utf_8() -> None:
    data = GERMAN.encode() * 3 + b" \x93quoted\x94"
    assert text_of(data, "utf-8") == (GERMAN * 3 + " “quoted”", (CHARSET_GUESSED,))


def test_a_character_that_was_cut_in_two_spoils_only_itself() -> None:
    text, flags = text_of("Grüße und mehr: ü".encode()[:-1], "utf-8")
    assert text.startswith("Grüße und mehr: ")
    assert flags == (CHARSET_GUESSED,)


def test_a_few_broken_bytes_do_not_spoil_a_multi_byte_charset() -> None:
    data = JAPANESE.encode("cp932") + b"\x81" + JAPANESE.encode("cp932")[:-1]
    assert text_of(data, "shift_jis")[0].startswith(JAPANESE)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x1b$B-!-j\x1b(B", "①㈱"),
        (b"\x1b(I1\x1b(B A", "ｱ A"),
        (b"\x1b$B%F%9%H\x1b(J Test", "テスト Test"),
        (b"\x1b$B%F\n%9\x1b(B", "テ\nス"),
        (b"plain", "plain"),
    ],
)
def test_japanese_mail_may_hold_the_characters_of_windows(data: bytes, text: str) -> None:
    assert from_iso_2022_jp(data) == text
    assert text_of(data, "iso-2022-jp")[0] == text


@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            "",
            "utf-7",
            "utf-16",
            "utf-32",
            "iso-2022-jp",
            "hz",
            "x",
            "big5",
            "gbk",
            "koi8-r",
            "latin1",
        ]
    ),
)
def test_any_bytes_are_text_in_any_charset(data: bytes, declared: str) -> None:
    text, _ = text_of(data, declared)
    assert isinstance(text, str)
    assert text_of(data, declared)[0] == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_utf_8_is_never_taken_for_anything_else(text: str) -> None:
    data = text.encode()
    marks = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if "\0" in text or "\x1b" in text or data.startswith(marks):
        return
    assert text_of(data, "utf-8")[0] == text
