"""What mail programs mark in their HTML is cut where they marked it."""

from __future__ import annotations

from pathlib import Path

import pytest

from maitred.contracts.message import PartKind
from maitred.normalizer.html import pieces, readable
from maitred.normalizer.html.regions import REGIONS_MAX

_FIXTURES = Path(__file__).parent / "fixtures"
T, Q, F, S = PartKind.TEXT, PartKind.QUOTE, PartKind.FORWARD, PartKind.SIGNATURE

CLIENTS: list[tuple[str, list[tuple[PartKind, str]]]] = [
    ("apple_forward_en", [(T, "Is this from you?"), (F, "Begin forwarded message:")]),
    ("apple_mail_en", [(T, "Yes, Thursday suits me."), (Q, "On 12 May 2025, at 10:02,")]),
    ("apple_mail_old_de", [(T, "Der Schirm ist da,"), (Q, "Am 12.05.2025 um 10:02 schrieb")]),
    ("fastmail_en", [(T, "Room 12 is fine."), (S, "Eve"), (Q, "On Mon, 12 May 2025, at 10:02,")]),
    ("freshdesk_en", [(T, "The second link works."), (Q, "On Mon, 12 May at 10:02 AM , Ann")]),
    ("front_en", [(T, "Thanks for the quick"), (S, "Eve Adams"), (Q, "On May 12, 2025 at")]),
    ("gmail_en", [(T, "Hi Ann,\n\nthe lamp arrived"), (Q, "On Mon, May 12, 2025 at")]),
    ("gmail_forward_de", [(T, "Bitte prüfen, ob"), (F, "---------- Forwarded message")]),
    (
        "gmail_inline_fr",
        [
            (Q, "Le lun. 12 mai 2025"),
            (T, "Bleue, comme sur la photo."),
            (Q, "Et la taille ?"),
            (T, "Du 42."),
            (S, "--"),
        ],
    ),
    ("gmail_old_pt", [(T, "Ainda não recebi o reembolso."), (Q, "Em 12 de maio de 2025")]),
    ("gmx_de", [(T, "Ja, bitte umtauschen."), (Q, "Gesendet: Montag, 12. Mai 2025")]),
    ("intercom_en", [(T, "No, the other invoice."), (Q, "On Mon, May 12, 2025 at")]),
    ("iphone_forward_it", [(T, "Guardate qui"), (S, "Inviato da"), (F, "Inizio messaggio")]),
    ("iphone_inline_es", [(T, "El pedido es el"), (S, "Enviado desde"), (Q, "El 12 may 2025,")]),
    ("mailru_ru", [(T, "Спасибо, всё пришло."), (Q, "Понедельник, 12 мая 2025, 10:02")]),
    ("missive_cs", [(T, "Ano, souhlasím."), (S, "Eva"), (Q, "12. května 2025 v 10:02,")]),
    ("netease_zh", [(T, "还没有收到货。"), (Q, "在 2025-05-12 10:02:11")]),
    ("notes_en", [(T, "Approved."), (Q, '-----"Ann Baker" <ann@shop.example.com> wrote: -----')]),
    ("outlook_2007_sv", [(T, "Hej, jag vill returnera"), (Q, "Från: Anna Bagare")]),
    ("outlook_desktop_de", [(T, "Guten Tag Frau Bäcker,"), (Q, "Von: Anna Bäcker")]),
    ("outlook_express_ja", [(T, "返品したいです。"), (Q, "---\n差出人: 安奈")]),
    ("outlook_mobile_en", [(T, "Still no parcel"), (S, "Get Outlook"), (Q, "---\nFrom: Ann")]),
    ("outlook_mobile_typed_en", [(T, "Hi,\nplease cancel my order,"), (Q, "---\nFrom: Ann")]),
    ("outlook_web_en", [(T, "I would like to cancel"), (S, "Eve Adams\nAdams"), (Q, "---\nFrom:")]),
    ("outlook_web_old_ru", [(T, "Деньги до сих"), (S, "Ева Адамова"), (Q, "---\n")]),
    ("proton_en", [(T, "Thanks, that"), (S, "Sent with Proton"), (Q, "On Monday, May 12th,")]),
    ("roundcube_he", [(Q, "בתאריך 12-05-2025"), (T, "כן, תודה."), (S, "אווה")]),
    ("samsung_ko", [(T, "환불 부탁드립니다."), (S, "Galaxy에서 보냄")]),
    ("spark_fi", [(T, "Kiitos, toimii nyt."), (S, "Eeva"), (Q, "12. toukok. 2025 klo 10.02,")]),
    ("superhuman_en", [(T, "Perfect, thanks."), (S, "Eve"), (Q, "On Mon, May 12, 2025 at")]),
    ("thunderbird_forward_pl", [(T, "Przesyłam dalej."), (F, "-------- Wiadomość przekazana")]),
    (
        "thunderbird_nl",
        [
            (Q, "Op 12-05-2025 om 10:02 schreef Anna Bakker:\n\nWelke"),
            (T, "De staande lamp."),
            (Q, "En wanneer gekocht?"),
            (T, "In april."),
            (S, "--\nEva de Vries"),
        ],
    ),
    ("tuta_de", [(T, "Der Code ist abgelaufen."), (Q, "12. Mai 2025, 10:02 von")]),
    ("windows_mail_da", [(T, "Hvor bliver min pakke af?"), (Q, "Fra: Anna")]),
    ("yahoo_android_tr", [(T, "Kargo hâlâ gelmedi."), (S, "Android'de Yahoo"), (Q, "12 May 2025")]),
    ("yahoo_en", [(T, "Please change the address"), (S, "Eve Adams"), (Q, "On Monday, May 12,")]),
    ("yandex_ru", [(T, "Здравствуйте, трек-номер"), (Q, '12.05.2025, 10:02, "Магазин"')]),
    ("zendesk_en", [(T, "Here is the photo."), (Q, "##- Please type your reply above")]),
    ("zimbra_fr", [(T, "Bonjour,\nle colis est"), (S, "Ève Martin"), (Q, "---\nDe: ")]),
    ("zoho_en", [(T, 'It still says "declined".'), (Q, "---- On Mon, 12 May 2025")]),
]


@pytest.mark.parametrize(("client", "expected"), CLIENTS, ids=[name for name, _ in CLIENTS])
def test_a_mail_is_cut_as_its_program_marked_it(
    client: str, expected: list[tuple[PartKind, str]]
) -> None:
    found = pieces((_FIXTURES / f"{client}.html").read_text(encoding="utf-8"))
    assert [piece.kind for piece in found] == [kind for kind, _ in expected]
    for piece, (_, beginning) in zip(found, expected, strict=True):
        assert piece.text.startswith(beginning)


def test_every_fixture_is_expected() -> None:
    assert {path.stem for path in _FIXTURES.glob("*.html")} == {name for name, _ in CLIENTS}


_CITE = "<blockquote type=cite>Is it broken?</blockquote>"
_HEADERS = "<b>From:</b> a@example.com<br><b>Sent:</b> May 12, 2025<br><b>To:</b> Eve<br>Hello"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>Goethe said</p><blockquote>More light!</blockquote><p>bye</p>", [T]),
        ("<p>hi</p><p>Anna wrote:</p><blockquote>Light!</blockquote><p>bye</p>", [T, Q, T]),
        (f"<p>No.</p>{_CITE}<p>Yes.</p>{_CITE}", [T, Q, T, Q]),
        (f"<blockquote type=cite>{_CITE}more{_CITE}</blockquote>", [Q]),
        ("<p>All of it is text</p><p>and this</p>", [T]),
        ('<div class="gmail_signature">I typed all of it here</div>', [T]),
        (f'<div id="signature">I typed it here</div>{_CITE}', [T, Q]),
        (f'<hr tabindex="-1"><div id="divRplyFwdMsg">{_HEADERS}</div>body', [F]),
        (f'<div id="Signature">Eve</div><div style="border-top:solid">{_HEADERS}</div>x', [S, F]),
        (f'<p>See</p><div style="border-top:1px solid">{_HEADERS}</div>rest', [T, Q]),
        ('<p>See</p><div style="border-top:1px solid">Note: mine</div>rest', [T]),
        ("<p>above</p><hr><p>below: mine</p>", [T]),
        ("<p>x</p><div class=history>I bought it in 1998: all was well</div>", [T]),
        (f'<div class="x_x_moz-cite-prefix">Anna:</div>{_CITE}<p>new</p>', [Q, T]),
        (f"<div id=Signature>Eve{_CITE}<p>new words</p></div>", [S, Q, T]),
        ("", []),
    ],
)
def test_marks_mean_no_more_than_they_say(source: str, expected: list[PartKind]) -> None:
    assert [piece.kind for piece in pieces(source)] == expected


def test_a_folded_attribution_and_a_rule_go_with_their_quote() -> None:
    source = (
        f"<p>new</p>____________<br>On Monday, 12 May 2025,<br>Ann (a@example.com) wrote:{_CITE}"
    )
    text, quote = pieces(source)
    assert text.text == "new\n\n"
    assert quote.text.startswith("____________\nOn Monday,")


def test_behind_very_many_answers_all_is_text() -> None:
    source = "<blockquote type=cite>q</blockquote>a" * (2 * REGIONS_MAX)
    found = pieces(source)
    assert len(found) <= REGIONS_MAX
    assert found[-1].kind is T
    assert "".join("".join(piece.text for piece in found).split()) == "qa" * (2 * REGIONS_MAX)


def test_pieces_joined_are_the_readable_text() -> None:
    for path in _FIXTURES.glob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert "".join(piece.text for piece in pieces(source)) == readable(source)
