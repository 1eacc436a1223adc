"""Signs, codes and names of money, and what those that several currencies share mean where.

Codes are ISO 4217's; what several currencies share has a word of its own in small letters, or its
sign (`$`, `kr`, `peso`). Names are without accents, as `words.fold` leaves them.
"""


# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

from typing import Final

from maitred.normalizer.entities.sought import Habits
from maitred.normalizer.entities.words import fold, listed, paired

CODES: Final = listed(
    "AED ARS AUD AZN BDT BGN BHD BRL CAD CHF CLP CNY COP CRC CZK DKK DOP DZD EGP EUR GBP GEL GHS"
    " GTQ HKD HRK HUF IDR ILS INR IQD IRR ISK JOD JPY KES KRW KWD KZT LBP LKR MAD MDL MKD MXN MYR"
    " NGN NOK NPR NZD OMR PEN PHP PKR PLN PYG QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD UAH USD"
    " UYU VND XAF XOF ZAR"
)
WORDS_TOO: Final = listed("TRY MAD PEN GEL")
"""Codes that are English words: in front of a number (`TRY 2`) they need a fraction behind it."""
THREE_PLACES: Final = listed("BHD IQD JOD KWD OMR TND")
"""A dinar or a rial has a thousand parts."""

SIGNS: Final = paired(
    "€:EUR £:£ $:$ ¥:¥ ￥:¥ ₹:INR ₺:TRY ₽:RUB ₴:UAH ₩:KRW ₪:ILS ₫:VND ฿:THB ₱:PHP ₦:NGN ₡:CRC"
    " ₵:GHS ₸:KZT ₼:AZN ₾:GEL ৳:BDT ₨:rs ₲:PYG 円:JPY 元:元 圆:元 원:KRW"
)
"""One character each; before or behind the number."""
PREFIXED: Final = paired(
    "us$:USD u$s:USD usd$:USD c$:CAD ca$:CAD can$:CAD cad$:CAD a$:AUD au$:AUD nz$:NZD hk$:HKD"
    " s$:SGD sg$:SGD r$:BRL nt$:TWD mx$:MXN ar$:ARS cl$:CLP co$:COP cn¥:CNY jp¥:JPY kr:kr sfr:CHF"
    " fr:franc rs:rs rp:IDR zł:PLN kc:CZK lei:lei rm:rm r:rand dh:dirham dhs:dirham euro:EUR"
    " eur:EUR usd:USD gbp:GBP chf:CHF pln:PLN czk:CZK huf:HUF ron:RON sek:SEK nok:NOK dkk:DKK"
    " inr:INR jpy:JPY cny:CNY rub:RUB uah:UAH brl:BRL"
)
"""Letters in front of a number, in small ones."""
EASTERN: Final = paired(
    "欧元:EUR 歐元:EUR ユーロ:EUR 유로:EUR ยูโร:EUR 美元:USD 美金:USD ドル:$ 달러:$ ดอลลาร์:$"
    " 日元:JPY 人民币:CNY 块:CNY 港币:HKD 港元:HKD 台币:TWD 台幣:TWD บาท:THB"
    " रुपये:INR रुपए:INR रुपया:INR"
)
"""Names behind a number that the next word may follow without a blank."""


def _names(table: dict[str, str]) -> dict[str, str]:
    return {fold(name): code for code, names in table.items() for name in names.split()}


NAMES: Final = _names(
    {
        "EUR": "euro euros eur euroa euroja eura eurot eiro eurų eurai euroi evro evra evrov"
        " eurod euron ευρω евро євро avro يورو یورو יורו यूरो",
        "USD": "usd bucks",
        "GBP": "gbp quid sterling funt funtow фунтов",
        "CHF": "chf sfr franken stutz",
        "JPY": "jpy yen yens jen иен йен ين",
        "CNY": "cny rmb yuan yuans юаней",
        "INR": "inr rupee rupees",
        "PLN": "pln zł zl złoty złotych złote złotówek zloty zlotys zlotych zlote zlotowek zloti",
        "CZK": "czk kc korun koruny koruna korunach",
        "HUF": "huf forint forintot",
        "RUB": "rub руб рубля рублей рубль рублями rubel rubles roubles р",
        "UAH": "uah грн гривень гривні гривня hrywien",
        "BGN": "bgn лв лева leva лев",
        "RON": "ron",
        "TRY": "tl lira lirasi liraya liradan",
        "BRL": "brl reais",
        "ILS": "ils nis shekel shekels שקל שקלים ש״ח שח",
        "KRW": "krw",
        "THB": "thb baht",
        "VND": "vnd dong vnđ đ",
        "IDR": "idr rupiah",
        "ZAR": "zar rand rands",
        "RSD": "rsd",
        "XOF": "fcfa cfa",
        "SAR": "sar",
        "AED": "aed dhs",
        "CAD": "cad",
        "AUD": "aud",
        "SEK": "sek",
        "NOK": "nok",
        "DKK": "dkk",
        "ISK": "isk",
        "$": "dollar dollars dollarn dolar dolari dolares dolara dolarow dolaru dollaro dollari"
        " dollaria dollarit doller доллар доллара долларов долара доларів долара δολαρια دولار"
        " دلار דולר דולרים डॉलर",
        "kr": "kr kronor kronen kroner krona krone kronur",
        "peso": "peso pesos",
        "franc": "franc francs franchi",
        "rial": "ريال riyal riyals rial",
        "dirham": "dirham dirhams درهم",
        "dinar": "dinar dinars dinara دينار динара",
        "pound": "pounds pound libras livres sterline pfund جنيه",
        "ft": "ft",
        "lei": "lei leu",
        "rm": "rm ringgit",
        "rs": "rs",
    }
)
QUALIFIED: Final = paired(
    "us:USD usa:USD american:USD americanos:USD americains:USD amerikanische:USD canadian:CAD"
    " australian:AUD hong:HKD swiss:CHF suisses:CHF schweizer:CHF svizzeri:CHF sterling:GBP"
    " british:GBP swedish:SEK svenska:SEK norwegian:NOK norske:NOK danish:DKK danske:DKK czech:CZK"
    " turkish:TRY indian:INR mexican:MXN mexicanos:MXN argentinos:ARS chilenos:CLP colombianos:COP"
)
"""A word before or behind the name that says whose it is."""

_BY_REGION: Final = {
    "$": paired(
        "CA:CAD AU:AUD NZ:NZD SG:SGD HK:HKD TW:TWD MX:MXN AR:ARS CL:CLP CO:COP UY:UYU DO:DOP"
    ),
    "kr": paired("SE:SEK NO:NOK DK:DKK IS:ISK FO:DKK GL:DKK"),
    "¥": paired("CN:CNY JP:JPY"),
    "元": paired("TW:TWD HK:HKD"),
    "£": paired("EG:EGP LB:LBP"),
    "pound": paired("GB:GBP IE:GBP IM:GBP JE:GBP GG:GBP GI:GBP EG:EGP LB:LBP"),
    "peso": paired("MX:MXN AR:ARS CL:CLP CO:COP UY:UYU PH:PHP DO:DOP"),
    "franc": paired("CH:CHF LI:CHF SN:XOF CI:XOF CM:XAF"),
    "rs": paired("IN:INR PK:PKR LK:LKR NP:NPR"),
    "rial": paired("SA:SAR QA:QAR OM:OMR IR:IRR"),
    "dirham": paired("AE:AED MA:MAD"),
    "dinar": paired("RS:RSD KW:KWD JO:JOD BH:BHD TN:TND DZ:DZD IQ:IQD"),
    "rand": paired("ZA:ZAR"),
    "ft": paired("HU:HUF"),
    "lei": paired("RO:RON MD:MDL"),
    "rm": paired("MY:MYR"),
}
_BY_LANGUAGE: Final = {
    "kr": paired("sv:SEK no:NOK nb:NOK da:DKK is:ISK"),
    "¥": paired("zh:CNY ja:JPY"),
    "ft": paired("hu:HUF"),
    "lei": paired("ro:RON"),
    "rm": paired("ms:MYR"),
    "dinar": paired("sr:RSD"),
    "rial": paired("fa:IRR"),
}
_ELSEWHERE: Final = paired("$:USD ¥:JPY £:GBP rs:INR dirham:AED 元:CNY")
"""What is meant where neither region nor language says more; the others then are not told."""


def meant(money: str, habits: Habits) -> str:
    """Return the code of what a sign or a name means to this writer, or nothing.

    The tenant's own region counts more than the language: Danish and Norwegian are easily taken
    for each other, and customers pay in the shop's currency.
    """
    if money not in _BY_REGION:
        return money
    region = _BY_REGION[money].get(habits.region, "")
    if region:
        return region
    if money == "pound" and habits.language == "en" and not habits.region:
        return "GBP"
    return _BY_LANGUAGE.get(money, {}).get(habits.language, "") or _ELSEWHERE.get(money, "")
