"""Tracking numbers are told by check digit or by a prefix that nothing else has."""

from __future__ import annotations

import pytest

from maitred.contracts.message import EntityKind
from maitred.normalizer.entities import find


def parcels(text: str) -> list[tuple[str, str]]:
    found = find(text, "US", language="en")
    return [(each.value, each.label) for each in found if each.kind is EntityKind.TRACKING]


@pytest.mark.parametrize(
    ("text", "number", "carrier"),
    [
        ("1Z999AA10123456784", "1Z999AA10123456784", "ups"),
        ("where is 1z999aa10123456784?", "1Z999AA10123456784", "ups"),
        ("1Z 999 AA1 01 2345 6784", "1Z999AA10123456784", "ups"),
        ("RR123456785DE", "RR123456785DE", "dhl"),
        ("RR 123 456 785 GB", "RR123456785GB", "royal_mail"),
        ("rb123456785us", "RB123456785US", "usps"),
        ("LX123456785CN", "LX123456785CN", "china_post"),
        ("CP123456785MT", "CP123456785MT", "upu"),
        ("9400 1112 0108 0805 4830 16", "9400111201080805483016", "usps"),
        ("9400111201080805483016 12 days ago", "9400111201080805483016", "usps"),
        ("9405803699300124287899", "9405803699300124287899", "usps"),
        ("420221539101026837331000039521", "420221539101026837331000039521", "usps"),
        ("4201002334249200190132607600833457", "4201002334249200190132607600833457", "usps"),
        ("tracking 0307 1790 0005 2348 3741", "03071790000523483741", "usps"),
        ("9611020987654312345672", "9611020987654312345672", "fedex"),
        ("9622001900000000000000776632517510", "9622001900000000000000776632517510", "fedex"),
        ("FedEx 9865 7878 8855", "986578788855", "fedex"),
        ("tracking number: 986578788855", "986578788855", "fedex"),
        ("fedex tracking 041441760228964", "041441760228964", "fedex"),
        ("DHL 3318810025", "3318810025", "dhl"),
        ("DHL Sendungsnummer 3318810025", "3318810025", "dhl"),
        ("Sendungsnummer: JJD000390007882984999", "JJD000390007882984999", "dhl"),
        ("GM2951173225174494", "GM2951173225174494", "dhl"),
        ("00340434161094042557", "00340434161094042557", "dhl"),
        ("0081 827 0998 0000 0200 45 327 276 N", "008182709980000020045327276N", "dpd"),
        ("Canada Post 0073938000549297", "0073938000549297", "canada_post"),
        ("TBA502887274000", "TBA502887274000", "amazon"),
        ("C11031500001879", "C11031500001879", "ontrac"),
        ("D10011354453707", "D10011354453707", "ontrac"),
        ("JD0002254405060992", "JD0002254405060992", "yodel"),
        ("suivi colis 986578788855", "986578788855", "fedex"),
        ("número de seguimiento 986578788855", "986578788855", "fedex"),
        ("追跡番号 986578788855", "986578788855", "fedex"),
        ("운송장번호 986578788855", "986578788855", "fedex"),
        ("номер отправления RR123456785RU", "RR123456785RU", "upu"),
    ],
)
def test_a_tracking_number_is_told_with_its_carrier(text: str, number: str, carrier: str) -> None:
    assert parcels(text) == [(number, carrier)]


@pytest.mark.parametrize(
    "text",
    [
        "1Z999AA10123456785",
        "1Z1111111111111111",
        "2Z999AA10123456784",
        "RR123456786DE",
        "RR123456785XX",
        "9400111201080805483017",
        "9611020987654312345673",
        "986578788855",
        "00000000000000000000",
        "FedEx 996578788855",
        "FedEx 3318810025",
        "3318810025",
        "DHL 3318810024",
        "00340434161094042558",
        "TBA50288727400",
        "C11031500001889",
        "XTBA502887274000",
        "I called DHL twice. My number is 12345",
        "tracking number 12345",
        "4111 1111 1111 1111",
    ],
)
def test_a_wrong_check_digit_or_no_sign_of_a_parcel_is_none(text: str) -> None:
    assert parcels(text) == []


def test_a_wrong_tracking_number_is_nothing_else_either() -> None:
    for text in ("tracking number 996578788855", "Sendungsnummer 01475012345678"):
        assert find(text, "US") == ()
