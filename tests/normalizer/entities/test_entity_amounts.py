"""Amounts are read in every country's way of writing them, in one normal form."""


# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

import pytest

from tests.normalizer.entities.conftest import Named


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("I paid $1,234.50", "1234.50 USD"),
        ("ich zahlte 1.234,50 €", "1234.50 EUR"),
        ("1 234,56 € payés", "1234.56 EUR"),
        ("1\u00a0234,56\u00a0€", "1234.56 EUR"),
        ("1'234.50 CHF", "1234.50 CHF"),
        ("CHF 1’234.50", "1234.50 CHF"),
        ("₹1,23,456.78", "123456.78 INR"),
        ("Rs. 1,23,456", "123456 INR"),
        ("Rs 500", "500 INR"),
        ("it cost 20 CHF", "20 CHF"),
        ("EUR 3,5 each", "3.50 EUR"),
        ("EUR 12,-", "12 EUR"),
        ("12,- €", "12 EUR"),
        ("CHF 12.–", "12 CHF"),
        ("12 €", "12 EUR"),
        ("12€", "12 EUR"),
        ("€12", "12 EUR"),
        ("€ 12.50", "12.50 EUR"),
        ("12,50€.", "12.50 EUR"),
        ("12€50", "12.50 EUR"),
        ("0,99 €", "0.99 EUR"),
        ("0,289 €/kWh", "0.289 EUR"),
        ("12.50EUR", "12.50 EUR"),
        ("USD12.50", "12.50 USD"),
        ("49.90 usd", "49.90 USD"),
        ("20 eur", "20 EUR"),
        ("20 Euro", "20 EUR"),
        ("20 euros", "20 EUR"),
        ("ein 50-Euro-Gutschein", "50 EUR"),
        ("-12,50 €", "-12.50 EUR"),
        ("−12,50 €", "-12.50 EUR"),
        ("-$12", "-12 USD"),
        ("$-12", "-12 USD"),
        ("EUR -3", "-3 EUR"),
        ("between 10-20 €", "20 EUR"),
        ("- 12 € for shipping", "12 EUR"),
        ("US$ 99", "99 USD"),
        ("99 US$", "99 USD"),
        ("R$ 1.234,56", "1234.56 BRL"),
        ("C$5", "5 CAD"),
        ("A$ 5.20", "5.20 AUD"),
        ("HK$100", "100 HKD"),
        ("25 zł", "25 PLN"),
        ("25 złotych", "25 PLN"),
        ("zapłaciłem 1 250,99 zł", "1250.99 PLN"),
        ("499 Kč", "499 CZK"),
        ("499 korun", "499 CZK"),
        ("1 500 рублей", "1500 RUB"),
        ("1500 ₽", "1500 RUB"),
        ("500 грн", "500 UAH"),
        ("45 лв.", "45 BGN"),
        ("₺250", "250 TRY"),
        ("250 TL'ye aldım", "250 TRY"),
        ("250 lira", "250 TRY"),
        ("₩15,000", "15000 KRW"),
        ("15000원을 냈어요", "15000 KRW"),
        ("3만원", "30000 KRW"),
        ("5000円です", "5000 JPY"),
        ("3万円", "30000 JPY"),
        ("100元", "100 CNY"),
        ("花了100块钱", "100 CNY"),
        ("100人民币", "100 CNY"),
        ("500 บาทครับ", "500 THB"),
        ("฿500", "500 THB"),
        ("500.000 đ", "500000 VND"),
        ("Rp 150.000", "150000 IDR"),
        ("200 שקלים", "200 ILS"),
        ("₪200", "200 ILS"),
        ("50 ευρώ", "50 EUR"),
        ("50 евро", "50 EUR"),
        ("٥٠ يورو", "50 EUR"),
        ("500 रुपये", "500 INR"),
        ("99 dollars", "99 USD"),
        ("99 dólares", "99 USD"),
        ("99 Dollar", "99 USD"),
        ("99 US dollars", "99 USD"),
        ("99 Canadian dollars", "99 CAD"),
        ("99 francs suisses", "99 CHF"),
        ("99 Franken", "99 CHF"),
        ("20 quid", "20 GBP"),
        ("£20.50", "20.50 GBP"),
        ("20 pounds sterling", "20 GBP"),
        ("$1.5k", "1500 USD"),
        ("5k €", "5000 EUR"),
        ("$2 million", "2000000 USD"),
        ("2 million euros", "2000000 EUR"),
        ("3,5 Mio. €", "3500000 EUR"),
        ("2 millones de euros", "2000000 EUR"),
        ("5 lakh rupees", "500000 INR"),
        ("2 Mrd. Euro", "2000000000 EUR"),
        ("1.234 €", "1234 EUR"),
        ("1.234.567,89 €", "1234567.89 EUR"),
        ("5 000 000 €", "5000000 EUR"),
        ("100 TRY", "100 TRY"),
        ("KWD 1.234", "1.234 KWD"),
        ("¥1200", "1200 JPY"),
        ("(12,50 €)", "12.50 EUR"),
        ("total:12,50€", "12.50 EUR"),
        ("100 reais", "100 BRL"),
        ("20 ron", "20 RON"),
        ("3000 forint", "3000 HUF"),
    ],
)
def test_an_amount_is_told_in_one_form(named: Named, text: str, amount: str) -> None:
    assert named("amount", text.replace("\u00a0", " ")) == [amount]


@pytest.mark.parametrize(
    ("text", "region", "language", "amount"),
    [
        ("$20", "CA", "en", "20 CAD"),
        ("$20", "AU", "en", "20 AUD"),
        ("$200", "MX", "es", "200 MXN"),
        ("20 dollars", "NZ", "", "20 NZD"),
        ("$20", "DE", "de", "20 USD"),
        ("200 kr", "SE", "sv", "200 SEK"),
        ("200 kr", "NO", "da", "200 NOK"),
        ("200 kr", "", "da", "200 DKK"),
        ("kr 200,-", "NO", "", "200 NOK"),
        ("200 kronor", "", "sv", "200 SEK"),
        ("¥200", "", "zh", "200 CNY"),
        ("¥200", "", "ja", "200 JPY"),
        ("3000 Ft", "HU", "hu", "3000 HUF"),
        ("20 lei", "RO", "", "20 RON"),
        ("RM 20", "MY", "", "20 MYR"),
        ("R 200", "ZA", "en", "200 ZAR"),
        ("200 pesos", "AR", "es", "200 ARS"),
        ("200 pesos mexicanos", "", "es", "200 MXN"),
        ("Fr. 20.50", "CH", "de", "20.50 CHF"),
        ("20 francs", "CH", "fr", "20 CHF"),
        ("20 pounds", "GB", "en", "20 GBP"),
        ("300 درهم", "AE", "ar", "300 AED"),
        ("300 ريال", "SA", "ar", "300 SAR"),
        ("Rs 300", "PK", "", "300 PKR"),
    ],
)
def test_what_money_is_meant_follows_region_and_language(
    named: Named, text: str, region: str, language: str, amount: str
) -> None:
    assert named("amount", text, region, language) == [amount]


@pytest.mark.parametrize(
    ("text", "region", "language"),
    [
        ("200 kr", "", ""),
        ("200 pesos", "", "es"),
        ("I lost 20 pounds", "US", "en"),
        ("it is 20 ft long", "GB", "en"),
        ("Fr. 12 Uhr", "DE", "de"),
        ("5 lei", "IT", "it"),
        ("R 200", "US", "en"),
        ("RM 20", "GB", "en"),
        ("20 francs", "FR", "fr"),
    ],
)
def test_money_that_may_be_several_or_none_is_not_told(
    named: Named, text: str, region: str, language: str
) -> None:
    assert named("amount", text, region, language) == []


@pytest.mark.parametrize(
    "text",
    [
        "room 12",
        "TOP 10",
        "ALL 5 of them",
        "TRY 2 times",
        "TRY 2",
        "I MAD 3 of them",
        "AMD 5600",
        "100 km",
        "5 km/h",
        "50 %",
        "version 1.2.3",
        "since 1999",
        "at 10:30",
        "12 people",
        "5 won the game",
        "5 real problems",
        "3 m long",
        "2 kg",
        "$",
        "€ and $",
        "US 101",
        "a 5 star hotel",
        "the 1st of 3",
        "10.0.0.1",
        "5k run",
        "order 12345",
    ],
)
def test_numbers_without_money_are_no_amounts(named: Named, text: str) -> None:
    assert named("amount", text, "US", "en") == []


def test_two_amounts_keep_their_own_currency(named: Named) -> None:
    assert named("amount", "10 € 20 $ 30 CHF") == ["10 EUR", "20 USD", "30 CHF"]
    assert named("amount", "€10 $20 CHF 30") == ["10 EUR", "20 USD", "30 CHF"]
    assert named("amount", "10 EUR, 20 EUR and 10 EUR") == ["10 EUR", "20 EUR"]
