"""Order and ticket numbers are told in 30 languages, with what they are called."""


# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

import pytest

from maitred.contracts.message import Entity, EntityKind
from maitred.normalizer.entities import find
from maitred.normalizer.patterns import NumberPattern
from tests.normalizer.entities.conftest import Named


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("my order 12345 is late", "12345"),
        ("Order No. ab-7781 please", "AB-7781"),
        ("order no. 12345", "12345"),
        ("Bestellung 4711-22", "4711-22"),
        ("invoice 2026-0042", "2026-0042"),
        ("order number: 12345", "12345"),
        ("order number is 12345", "12345"),
        ("order #12345", "12345"),
        ("order # 12345", "12345"),
        ("order: 12345", "12345"),
        ("order ID 12345", "12345"),
        ("Order Number:\n12345", "12345"),
        ("the number of my order is 12345", "12345"),
        ("PO 12345", "12345"),
        ("purchase order no 4500123456", "4500123456"),
        ("where is #12345?", "12345"),
        ("#A-12345", "A-12345"),
        ("it is A-12345", "A-12345"),
        ("AB-1234-56 never came", "AB-1234-56"),
        ("RE-2026-0012", "RE-2026-0012"),
        ("123-4567890-1234567", "123-4567890-1234567"),
        ("Bestellnummer: AB-1234-56", "AB-1234-56"),
        ("Bestellnr. 99812", "99812"),
        ("Bestell-Nr.: 99812", "99812"),
        ("Bestellnummer: Bestellung Nr. 99812", "99812"),
        ("meine Bestellung 99812", "99812"),
        ("Bestellung vom Montag, Auftragsnummer lautet 99812", "99812"),
        ("commande n° 99812", "99812"),
        ("commande nº99812", "99812"),
        ("numéro de commande : 99812", "99812"),
        ("ma commande 99812", "99812"),
        ("pedido nº 99812", "99812"),
        ("número de pedido: 99812", "99812"),
        ("numero de pedido 99812", "99812"),
        ("nº do pedido: 99812", "99812"),
        ("encomenda n.º 99812", "99812"),
        ("ordine n. 99812", "99812"),
        ("numero d'ordine: 99812", "99812"),
        ("bestelnummer 99812", "99812"),
        ("mijn bestelling 99812", "99812"),
        ("ordrenummer 99812", "99812"),
        ("ordernummer: 99812", "99812"),
        ("beställning 99812", "99812"),
        ("tilausnumero 99812", "99812"),
        ("tellimuse number 99812", "99812"),
        ("pasūtījuma numurs 99812", "99812"),
        ("užsakymo nr. 99812", "99812"),
        ("zamówienie nr 99812", "99812"),
        ("numer zamówienia: 99812", "99812"),
        ("objednávka č. 99812", "99812"),
        ("číslo objednávky 99812", "99812"),
        ("naročilo št. 99812", "99812"),
        ("narudžba br. 99812", "99812"),
        ("broj porudžbine 99812", "99812"),
        ("rendelésszám: 99812", "99812"),
        ("comanda nr. 99812", "99812"),
        ("поръчка № 99812", "99812"),
        ("заказ №99812", "99812"),
        ("номер заказа 99812", "99812"),
        ("замовлення № 99812", "99812"),
        ("αριθμός παραγγελίας 99812", "99812"),
        ("sipariş no: 99812", "99812"),
        ("SİPARİŞ NUMARASI 99812", "99812"),
        ("הזמנה מספר 99812", "99812"),
        ("رقم الطلب 99812", "99812"),
        ("رقم الطلب ٩٩٨١٢", "99812"),
        ("شماره سفارش ۹۹۸۱۲", "99812"),
        ("ऑर्डर नंबर 99812", "99812"),
        ("nomor pesanan 99812", "99812"),
        ("订单号：99812", "99812"),
        ("订单99812还没到", "99812"),
        ("注文番号は99812です", "99812"),
        ("注文番号：９９８１２", "99812"),
        ("주문번호 99812", "99812"),
        ("주문번호는 99812입니다", "99812"),
        ("คำสั่งซื้อ 99812", "99812"),
    ],
)
def test_an_order_number_is_told(named: Named, text: str, number: str) -> None:
    assert named("order", text, "US") == [number]


@pytest.mark.parametrize(
    ("text", "number", "sort"),
    [
        ("ticket 4711", "4711", "ticket"),
        ("ticket #12", "12", "ticket"),
        ("case number 00123456", "00123456", "ticket"),
        ("ref. AB12345", "AB12345", "ticket"),
        ("Our reference: 99/4711", "99/4711", "ticket"),
        ("Vorgangsnummer 4711", "4711", "ticket"),
        ("ärende nr 4711", "4711", "ticket"),
        ("sprawa nr 4711", "4711", "ticket"),
        ("RMA 45123", "45123", "return"),
        ("RMA-45123", "RMA-45123", "order"),
        ("Retourennummer R45123", "R45123", "return"),
        ("n° de retour 45123", "45123", "return"),
        ("invoice no. 2026/001", "2026/001", "invoice"),
        ("Rechnung Nr. RE2026001", "RE2026001", "invoice"),
        ("facture n° F2026-001", "F2026-001", "invoice"),
        ("factura 2026-0001-77", "2026-0001-77", "invoice"),
        ("faktura nr FV/12/2026", "FV/12/2026", "invoice"),
        ("счёт № 2026001", "2026001", "invoice"),
        ("booking reference X7KQ2P", "X7KQ2P", "booking"),
        ("Buchungsnummer: 887766", "887766", "booking"),
        ("予約番号 887766", "887766", "booking"),
        ("Versicherungsnummer 887766", "887766", "booking"),
        ("policy number POL998877", "POL998877", "booking"),
    ],
)
def test_the_label_says_what_a_number_is_called(text: str, number: str, sort: str) -> None:
    assert find(text, "US") == (Entity(kind=EntityKind.ORDER, value=number, label=sort),)


@pytest.mark.parametrize(
    "text",
    [
        "in order to be sure, in case of rain",
        "we met at 10:30 on the 3rd, room 12",
        "it is #1 for me",
        "version 1.2.3",
        "I want to order 5000 pieces",
        "can I order 1000 units",
        "order 100ml",
        "order 2 of them",
        "the order of 2024",
        "in order 2024",
        "I got my order. 12345 is my postcode",
        "ISO-9001 and UTF-1632",
        "CVE-2024-12345",
        "my customer number is 123456",
        "Kundennummer 123456",
        "account no. 12345678",
        "Artikelnummer 12345678",
        "IBAN DE89 3704 0044 0532 0130 00",
        "DE89370400440532013000",
        "card 4111 1111 1111 1111",
        "order no. 4111111111111111",
        "4111-1111-1111-1111",
        "3782 822463 10005",
        "ISBN 978-3-16-148410-0",
        "10.0.0.1",
        "&#8203; and &#39;",
        "the answer is 42",
        "no 500 error",
        "I ordered in 2023",
        "the year 1999 was good",
        "case 1 and case 2",
        "the last 100 people",
        "WH-1000XM4",
        "Covid-19",
        "zip 90210",
        "call 12345678",
        "PIN 1234",
        "the ticket costs 20",
        "at 12:30:45",
        "page_12345",
        "http404",
        "#UFC189 and #nov-2004",
        "EP #126",
        "a ticket to the #1D concert",
        "with his returns. #USOpen2015",
        "the old order, 1774-1778",
        "tickets 7-830pm",
    ],
)
def test_other_numbers_are_no_orders(named: Named, text: str) -> None:
    assert named("order", text, "US", "en") == []


def configured(text: str, **patterns: str) -> list[tuple[str, str]]:
    given = tuple(NumberPattern(name=name, pattern=each) for name, each in patterns.items())
    return [(each.label, each.value) for each in find(text, "DE", patterns=given)]


def test_a_configured_pattern_finds_its_numbers_and_names_them() -> None:
    found = configured("ord-123456, meter Z77 and ORD-12", order=r"ORD-\d{6}", meter=r"Z\d{2}")
    assert found == [("order", "ORD-123456"), ("meter", "Z77")]


def test_a_configured_number_is_whole() -> None:
    assert configured("1234567 12345 A12345 12345-B", part=r"\d{5}") == [("part", "12345")]


def test_the_group_of_a_pattern_is_the_number() -> None:
    assert configured("Zähler 4711-22", meter=r"zähler (\d{4}-\d{2})") == [("meter", "4711-22")]


def test_a_configured_number_may_look_like_anything() -> None:
    """A tenant's own 16 digits are no card, and his own twelve no parcel."""
    assert configured("4111111111111111", own=r"\d{16}") == [("own", "4111111111111111")]
    assert configured("FedEx 986578788855", own=r"\d{12}") == [("own", "986578788855")]
    assert configured("12.03.2026", own=r"\d\d\.\d\d\.\d{4}") == [("own", "12.03.2026")]
