"""SPF: what RFC 7208 says of a domain's record, its own examples among them."""

from __future__ import annotations

import pytest

from maitred.connectors.email.spf import spf
from tests.connectors.email.zone import Table, Zone

EXAMPLE: Table = {
    # RFC 7208, appendix A
    ("example.com", "A"): ["192.0.2.10", "192.0.2.11"],
    ("amy.example.com", "A"): ["192.0.2.65"],
    ("bob.example.com", "A"): ["192.0.2.66"],
    ("mail-a.example.com", "A"): ["192.0.2.129"],
    ("mail-b.example.com", "A"): ["192.0.2.130"],
    ("mail-c.example.org", "A"): ["192.0.2.140"],
    ("example.com", "MX"): ["mail-a.example.com.", "mail-b.example.com."],
    ("example.org", "MX"): ["mail-c.example.org."],
    ("10.2.0.192.in-addr.arpa", "PTR"): ["example.com."],
    ("65.2.0.192.in-addr.arpa", "PTR"): ["amy.example.com."],
    ("140.2.0.192.in-addr.arpa", "PTR"): ["mail-c.example.org."],
    ("4.0.0.10.in-addr.arpa", "PTR"): ["bob.example.com."],
    ("6.example.com", "AAAA"): ["2001:db8::7"],
}


def result(
    record: str | list[str] | None,
    peer: str,
    *,
    mail_from: str = "strong-bad@example.com",
    helo: str = "mx.example.com",
    more: Table | None = None,
) -> str:
    texts = [record] if isinstance(record, str) else record
    zone = Zone({**EXAMPLE, ("example.com", "TXT"): texts, **(more or {})})
    return spf(peer, mail_from, helo, zone.lookups())


@pytest.mark.parametrize(
    ("record", "peer", "expected"),
    [
        # RFC 7208, appendix A.1
        ("v=spf1 +all", "198.51.100.1", "pass"),
        ("v=spf1 a -all", "192.0.2.10", "pass"),
        ("v=spf1 a -all", "192.0.2.12", "fail"),
        ("v=spf1 a:example.org -all", "192.0.2.10", "fail"),
        ("v=spf1 mx -all", "192.0.2.129", "pass"),
        ("v=spf1 mx -all", "192.0.2.10", "fail"),
        ("v=spf1 mx:example.org -all", "192.0.2.140", "pass"),
        ("v=spf1 mx mx:example.org -all", "192.0.2.140", "pass"),
        ("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.131", "pass"),
        ("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.143", "pass"),
        ("v=spf1 ptr -all", "192.0.2.10", "pass"),
        ("v=spf1 ptr -all", "192.0.2.65", "pass"),
        ("v=spf1 ptr -all", "192.0.2.140", "fail"),
        ("v=spf1 ptr -all", "10.0.0.4", "fail"),
        ("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65", "fail"),
        ("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129", "pass"),
        # the results by their qualifiers, and without a match
        ("v=spf1 ~all", "192.0.2.1", "softfail"),
        ("v=spf1 ?all", "192.0.2.1", "neutral"),
        ("v=spf1 ip4:203.0.113.0/24", "192.0.2.1", "neutral"),
        ("v=spf1", "192.0.2.1", "neutral"),
        ("V=SPF1 IP4:192.0.2.0/24 -ALL", "192.0.2.1", "pass"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1", "pass"),
        ("v=spf1 ip6:2001:db8::/32 -all", "192.0.2.1", "fail"),
        ("v=spf1 ip4:192.0.2.0/24 -all", "::ffff:192.0.2.1", "pass"),
        ("v=spf1 a:6.example.com//64 -all", "2001:db8::99", "pass"),
        # what is no record, and what is one too many
        ("v=spf10 -all", "192.0.2.1", "none"),
        ([], "192.0.2.1", "none"),
        (["v=spf1 -all", "v=spf1 +all"], "192.0.2.1", "permerror"),
        (None, "192.0.2.1", "temperror"),
        # faults anywhere spoil the whole record
        ("v=spf1 +all foo", "192.0.2.1", "permerror"),
        ("v=spf1 +all ip4:192.0.2.0/33", "192.0.2.1", "permerror"),
        ("v=spf1 +all ip4:192.0.2.0/08", "192.0.2.1", "permerror"),
        ("v=spf1 +all ip4:2001:db8::1", "192.0.2.1", "permerror"),
        ("v=spf1 +all ip4", "192.0.2.1", "permerror"),
        ("v=spf1 +all include", "192.0.2.1", "permerror"),
        ("v=spf1 +all exists:%{x}.example", "192.0.2.1", "permerror"),
        ("v=spf1 +all a:%{d0}.example", "192.0.2.1", "permerror"),
        ("v=spf1 +all a:example.123", "192.0.2.1", "permerror"),
        ("v=spf1 +all redirect=a.example redirect=b.example", "192.0.2.1", "permerror"),
        ("v=spf1 all:example.com", "192.0.2.1", "permerror"),
        ("v=spf1 unknown=modifier +all", "192.0.2.1", "pass"),
    ],
)
def test_a_record_says_what_the_rfc_says(
    record: str | list[str] | None, peer: str, expected: str
) -> None:
    assert result(record, peer) == expected


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (["v=spf1 ip4:192.0.2.1 -all"], "pass"),
        (["v=spf1 -all"], "softfail"),
        (["v=spf1 foo"], "permerror"),
        ([], "permerror"),
        (None, "temperror"),
    ],
)
def test_an_include_counts_only_if_it_passes(inner: list[str] | None, expected: str) -> None:
    more = {("inner.example", "TXT"): inner}
    assert result("v=spf1 include:inner.example ~all", "192.0.2.1", more=more) == expected


@pytest.mark.parametrize(
    ("inner", "expected"), [(["v=spf1 -all"], "fail"), ([], "permerror"), (None, "temperror")]
)
def test_a_redirect_takes_the_place_of_the_record(inner: list[str] | None, expected: str) -> None:
    more = {("inner.example", "TXT"): inner}
    assert result("v=spf1 redirect=inner.example", "192.0.2.1", more=more) == expected


@pytest.mark.parametrize(
    ("macro", "name"),
    [
        # RFC 7208, section 7.4
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
    ],
)
def test_macros_are_expanded_as_in_the_rfc(macro: str, name: str) -> None:
    zone = Zone(
        {
            ("email.example.com", "TXT"): [f"v=spf1 exists:{macro}.x.example -all"],
            (f"{name}.x.example", "A"): ["127.0.0.2"],
        }
    )
    sender = "strong-bad@email.example.com"
    assert spf("192.0.2.3", sender, "mx.example.com", zone.lookups()) == "pass"


def test_a_mail_without_a_return_path_is_judged_by_its_hello() -> None:
    more = {("mx.example.com", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"]}
    assert result("v=spf1 -all", "192.0.2.1", mail_from="<>", more=more) == "pass"


@pytest.mark.parametrize("peer", ["", "unix", "nowhere"])
def test_without_an_address_nothing_is_known(peer: str) -> None:
    assert result("v=spf1 +all", peer) == "none"


@pytest.mark.parametrize("domain", ["localhost", "a..example", "x" * 64 + ".example", ""])
def test_what_is_no_domain_has_no_record(domain: str) -> None:
    assert result("v=spf1 +all", "192.0.2.1", mail_from=f"a@{domain}", helo=domain) == "none"


def test_eleven_terms_that_ask_are_one_too_many() -> None:
    a_terms = " ".join(["a:example.com"] * 10)
    assert result(f"v=spf1 {a_terms} -all", "198.51.100.1") == "fail"
    assert result(f"v=spf1 {a_terms} a -all", "198.51.100.1") == "permerror"


def test_a_record_that_includes_itself_comes_to_an_end() -> None:
    assert result("v=spf1 include:example.com -all", "198.51.100.1") == "permerror"
    assert result("v=spf1 redirect=example.com", "198.51.100.1") == "permerror"


def test_three_questions_without_an_answer_are_one_too_many() -> None:
    nothing = " ".join(f"a:n{number}.example" for number in range(2))
    assert result(f"v=spf1 {nothing} +all", "198.51.100.1") == "pass"
    assert result(f"v=spf1 {nothing} a:n2.example +all", "198.51.100.1") == "permerror"


def test_eleven_mail_servers_are_one_too_many() -> None:
    more = {("example.com", "MX"): [f"mx{number}.example.com." for number in range(11)]}
    assert result("v=spf1 mx +all", "198.51.100.1", more=more) == "permerror"


def test_a_name_that_grows_too_long_loses_labels_on_its_left() -> None:
    """RFC 7208, section 7.3; what a stranger lets grow without end costs next to nothing."""
    sender = f"{'.'.join(['x' * 9] * 30)}@example.com"
    zone = Zone(
        {("example.com", "TXT"): ["v=spf1 exists:" + "%{l}." * 10_000 + "end.example -all"]}
    )
    assert spf("192.0.2.3", sender, "mx.example.com", zone.lookups()) == "fail"
    name, kind = zone.asked[-1]
    assert kind == "A"
    assert 240 < len(name) <= 253
    assert name.startswith("xxxxxxxxx.")
    assert name.endswith(".end.example")
