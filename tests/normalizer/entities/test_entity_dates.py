"""Dates are told as ISO days, where it is sure which day is meant."""


# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

import pytest

from tests.normalizer.entities.conftest import Named

DAY = "2026-03-12"


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-12",
        "since 2026-03-12.",
        "2026-03-12T10:30:00Z",
        "2026-3-12",
        "2026/03/12",
        "2026.03.12",
        "2026. 3. 12.",
        "12.03.2026",
        "12.3.2026",
        "12. 3. 2026",
        "12.03.26",
        "am 12.03.",
        "vom 12.3. an",
        "12 March 2026",
        "12 march 2026",
        "12TH MARCH 2026",
        "12th of March 2026",
        "12th of March, 2026",
        "on the 12th of March",
        "12 March",
        "March 12, 2026",
        "March 12 2026",
        "March 12th, 2026",
        "March 12th",
        "on March 12.",
        "Mar 12, 2026",
        "12 Mar 2026",
        "12-Mar-2026",
        "12-Mar-26",
        "12 Mar '26",
        "2026-Mar-12",
        "Thu, 12 Mar 2026 10:00",
        "12. März 2026",
        "12. März",
        "12. Maerz 2026",
        "12 mars 2026",
        "le 12 mars 2026",
        "12 de marzo de 2026",
        "12 marzo 2026",
        "12 de março de 2026",
        "12 maart 2026",
        "12. marts 2026",
        "den 12. mars 2026",
        "den 12:e mars 2026",
        "12. maaliskuuta 2026",
        "12. märts 2026",
        "2026. gada 12. marts",
        "2026 m. kovo 12 d.",
        "12 marca 2026 r.",
        "12. března 2026",
        "12. marca 2026",
        "12. ožujka 2026.",
        "12. marta 2026.",
        "12. март 2026.",
        "2026. március 12.",
        "2026. március 12-én",
        "12 martie 2026",
        "12 март 2026 г.",
        "12 марта 2026 г.",
        "12 марта",
        "12 березня 2026",
        "12 Μαρτίου 2026",
        "12 ΜΑΡΤΙΟΥ 2026",
        "12 Mart 2026",
        "12 de març de 2026",
        "12 במרץ 2026",
        "12 مارس 2026",
        "١٢ مارس ٢٠٢٦",
        "12 मार्च 2026",
        "12 Maret 2026",
        "ngày 12 tháng 3 năm 2026",
        "12 มีนาคม 2569",
        "2026年3月12日",
        "2026年3月12號",
        "3月12日に届く",
        "令和8年3月12日",
        "2026년 3월 12일",
        "3월 12일까지",
        "２０２６年３月１２日",
    ],
)
def test_a_day_is_told_in_many_languages(named: Named, text: str) -> None:
    assert named("date", text) == [DAY]


@pytest.mark.parametrize(
    ("text", "region", "language", "day"),
    [
        ("12/03/2026", "US", "en", "2026-12-03"),
        ("12/03/2026", "US", "", "2026-12-03"),
        ("12/03/2026", "GB", "en", "2026-03-12"),
        ("12/03/2026", "", "fr", "2026-03-12"),
        ("12/03/2026", "US", "de", "2026-03-12"),
        ("12-03-2026", "NL", "nl", "2026-03-12"),
        ("12/03/26", "GB", "en", "2026-03-12"),
        ("25/03/2026", "US", "en", "2026-03-25"),
        ("03/25/2026", "GB", "en", "2026-03-25"),
        ("03/03/2026", "", "", "2026-03-03"),
        ("12.03.2026", "US", "en", "2026-03-12"),
        ("5 listopada 2026", "", "pl", "2026-11-05"),
        ("5. listopada 2026.", "", "hr", "2026-10-05"),
    ],
)
def test_the_order_of_day_and_month_follows_the_writer(
    named: Named, text: str, region: str, language: str, day: str
) -> None:
    assert named("date", text, region, language) == [day]


def test_one_clear_date_tells_how_the_others_are_meant(named: Named) -> None:
    assert named("date", "from 03/04/2026 to 25/04/2026") == ["2026-04-03", "2026-04-25"]
    assert named("date", "from 03/04/2026 to 04/25/2026") == ["2026-03-04", "2026-04-25"]


@pytest.mark.parametrize(
    ("text", "region", "language"),
    [
        ("03/04/2026", "", ""),
        ("03/04/2026", "CA", "en"),
        ("03/04/2026", "DE", "en"),
        ("5 listopada 2026", "", ""),
        ("2024-02-30", "", ""),
        ("on 2024-02-30 or 2024-13-01", "US", "en"),
        ("31.02.2026", "", "de"),
        ("32.01.2026", "", "de"),
        ("12 September", "US", "en"),
        ("we met on the 3rd", "US", "en"),
        ("tomorrow at 10:30", "US", "en"),
        ("version 1.2.24", "US", "en"),
        ("version 10.15.2024.7", "US", "en"),
        ("10.0.0.1", "US", "en"),
        ("5 may be wrong", "US", "en"),
        ("3 out of 5", "US", "en"),
        ("section 2.3.", "US", "en"),
        ("1/2 cup, 3/4 full", "US", "en"),
        ("in March 12 people came", "US", "en"),
        ("from 10-12-14", "US", "en"),
        ("call 555-12-2024-1", "US", "en"),
        ("2026", "US", "en"),
        ("March 2026", "US", "en"),
        ("ratio 16:9", "US", "en"),
        ("A12.03.2026", "US", "en"),
        ("12.03.2126", "", "de"),
        ("1234-56-78", "", ""),
        ("set 12 2026", "US", "en"),
    ],
)
def test_what_is_not_sure_is_not_told(named: Named, text: str, region: str, language: str) -> None:
    assert named("date", text, region, language) in ([], ["2026-09-12"][:0])


def test_a_day_without_a_year_needs_the_day_of_the_message(named: Named) -> None:
    assert named("date", "12 March", at=None) == []
    assert named("date", "28. Dezember") == ["2025-12-28"]
    assert named("date", "12 March", at=10**18) == []
