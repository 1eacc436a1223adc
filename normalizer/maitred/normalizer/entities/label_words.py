"""The words with which customers introduce a number, in 30 languages.

Written as `words.fold` leaves them. `NOUNS` are things that have a number, `COMPOUNDS` say already
that a number follows, `NUMBERS` are the words for number itself, and `SMALL` may stand between
any of them. Chinese, Japanese, Korean and Thai put no blank between words, so `ENDINGS` are
compared with the end of what stands before the number.
"""

# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

from typing import Final

from maitred.normalizer.entities.words import listed

ORDER: Final = "order"
TICKET: Final = "ticket"
INVOICE: Final = "invoice"
RETURN: Final = "return"
BOOKING: Final = "booking"
TRACKING: Final = "tracking"
PHONE: Final = "phone"
OTHER: Final = "other"
"""What has a number that is neither looked up nor called: customers, accounts, articles, IBAN."""


def _table(words: dict[str, str]) -> dict[str, str]:
    return {word: sort for sort, listing in words.items() for word in listing.split()}


NOUNS: Final = _table(
    {
        ORDER: "order orders purchase po bestellung bestell auftrag auftrags commande cde cmd"
        " pedido orden compra encomenda comanda ordine bestelling ordre ordren ordern bestilling"
        " bestillingen bestallning bestallningen tilaus tilauksen tellimus tellimuse"
        " pasutijums pasutijuma uzsakymas uzsakymo zamowienie zamowienia zamowieniem"
        " objednavka objednavky objednavku objednavce narocilo narocila narudzba narudzbe"
        " narudzbina porudzbina porudzbine наруџбина поруџбина поруџбине rendeles rendelesi"
        " megrendeles comenda поръчка поръчката заказ заказа заказу заказом замовлення"
        " παραγγελια παραγγελιασ siparis siparisim siparisin siparisimin הזמנה הזמנת ההזמנה"
        " الطلب طلب طلبي طلبية سفارش سفارشم ऑरडर आरडर pesanan hang",
        TICKET: "ticket case incident issue request reference ref fall vorgang vorgangs"
        " anfrage referenz aktenzeichen dossier reclamation incidencia referencia caso"
        " solicitud chamado protocolo solicitacao riferimento pratica segnalazione richiesta"
        " aanvraag referentie zaak sag sagen referanse referens arende arendet tapaus viite"
        " zgloszenie zgloszenia sprawa reklamacja reklamacji reklamace reklamacie pozadavek"
        " ugy bejelentes sesizare cerere заявка заявки обращение обращения запит звернення"
        " αιτημα αιτηματοσ talep talebim kayit פנייה פניה קריאה تذكرة تذكره शिकायत tiket",
        INVOICE: "invoice invoices bill rechnung rechnungs facture factura fattura fatura nota"
        " factuur faktura fakturan fakturaen lasku laskun arve rekins saskaita faktury fakturu"
        " racun racuna рачун szamla фактура счет счета рахунок рахунку τιμολογιο τιμολογιου חשבונית"
        " فاتورة الفاتورة فاکتور इनवॉइस बिल faktur hoadon",
        RETURN: "rma return returns retoure rucksendung ruecksendung retour devolucion devolucao"
        " reso retur returen palautus tagastus zwrot zwrotu vraceni vratenie vracilo povrat"
        " visszakuldes връщане возврат возврата повернення επιστροφη iade החזרה ارجاع"
        " pengembalian",
        BOOKING: "booking reservation buchung buchungs reservierung reservierungs reserva"
        " prenotazione reservering boeking bokning varaus broneering rezerwacja rezerwacji"
        " rezervace rezervacia rezervacija foglalas rezervare резервация бронь бронирование"
        " бронирования бронювання κρατηση κρατησησ rezervasyon حجز الحجز رزرو pemesanan reservasi"
        " policy police polizza poliza apolice polis claim schaden schadens sinistre siniestro"
        " contract vertrag vertrags contrat contrato contratto",
        TRACKING: "tracking track awb waybill shipment parcel package consignment sendung sendungs"
        " paket frachtbrief suivi colis envio seguimiento rastreo guia rastreio rastreamento"
        " spedizione tracciamento pacco zending sporing sporings pakke sparning kollinummer"
        " seuranta lahetys saadetis sutijums siunta przesylka przesylki paczka zasilka zasilky"
        " balik zasielka posiljka csomag colet пратка отправление отправления посылка посылки"
        " посилка відправлення ттн трек αποστολη δεμα kargo takip משלוח שילוח شحنة الشحنة تتبع"
        " مرسوله resi pengiriman vandon",
        PHONE: "phone phones tel telephone telefon telefono telefone telefoon telefonnr puhelin"
        " puhelinnumero puh tlf tlfnr mobile mobil mobilnr movil celular cell cellphone"
        " cellulare handy handynr portable gsm gsmnr fax call calling whatsapp sms text"
        " telefonni telefonski telefonszam mobiltelefon komorka telefonu telefonas talrunis"
        " тел телефон телефона телефону моб мобильныи мобільнии мобилен τηλ τηλεφωνο κινητο"
        " telefonum cep hotline טלפון נייד פלאפון هاتف الهاتف جوال موبايل تلفن موبایل फोन"
        " मोबाइल telepon telp hp dienthoai sdt kontakt contact rufnummer ruf anrufen appeler"
        " appelez joindre llamar llamame llame chiamare chiamami bel bellen ligar ligue ring"
        " ringe zadzwon dzwonic volejte callback reach rappeler",
        OTHER: "customer account client member membership user iban bic vat tax article item sku"
        " product model serial imei part code pin password postcode zip otp verification meter"
        " id ssn isbn ean gtin asin passport kunde kunden konto mitglied mitglieds artikel"
        " produkt serien seriennr steuer ust ustid hrb plz zahler cliente compte adherent"
        " siret siren tva cuenta socio articulo serie dni nif cif cpf cnpj conta artigo conto"
        " articolo codice partita piva klant klantnr rekening artikelnr kvk btw kundenr medlem"
        " medlems varenr vare cvr orgnr org personnummer tili asiakas tuote klient klienta"
        " pesel nip regon towar zakaznik zakaznika ic dic zbozi ugyfel adoszam termek cui"
        " клиент клиента инн артикул товар товара πελατη αφμ musteri tc urun لקוח مشتري"
        " pelanggan npwp batch lot build version size modell modele modelo modello",
    }
)

COMPOUNDS: Final = _table(
    {
        ORDER: "orderno ordernumber orderid ordernr ordrenr ordrenummer ordernummer bestellnummer"
        " bestellnr auftragsnummer auftragsnr bestelnummer bestelnr bestelcode"
        " bestillingsnummer bestallningsnummer bestillingsnr tilausnumero tilausnro"
        " tellimusnumber tellimisnumber rendelesszam megrendelesszam siparisno"
        " bestellungsnummer orderreferens bestelreferentie ordrereferanse ponumber",
        TICKET: "ticketnummer ticketnr ticketid ticketno vorgangsnummer vorgangsnr fallnummer"
        " referenznummer referentienummer referensnummer referansenummer referencenummer"
        " casenr caseid arendenummer saksnummer sagsnummer zaaknummer viitenumero ugyszam"
        " bearbeitungsnummer refnr geschaftszeichen geschaeftszeichen",
        INVOICE: "rechnungsnummer rechnungsnr factuurnummer factuurnr fakturanummer fakturanr"
        " laskunumero laskunnumero szamlaszam arvenumber invoiceno invoicenr",
        RETURN: "retourennummer retournummer rmanummer rmanr returnummer returnr retourenummer"
        " rucksendenummer ruecksendenummer",
        BOOKING: "buchungsnummer buchungsnr buchungscode reservierungsnummer reserveringsnummer"
        " boekingsnummer bokningsnummer bokningskod bestillingskode varausnumero varaustunnus"
        " foglalasszam pnr vertragsnummer vertragsnr schadennummer schadensnummer polisnummer"
        " versicherungsnummer policennummer polizzennummer contractnummer",
        TRACKING: "sendungsnummer sendungsnr sendungsverfolgung sendungsverfolgungsnummer"
        " paketnummer trackingnummer trackingnr trackingid trackingnumber trackingcode"
        " frachtbriefnummer zendingnummer zendingsnummer sporingsnummer pakkenummer sporingskode"
        " sandningsnummer sparningsnummer kollinummer kollinr seurantakoodi lahetystunnus"
        " csomagszam trackcode barcode",
        PHONE: "telefonnummer handynummer mobilnummer mobielnummer telefoonnummer tlfnummer"
        " telefonnumber puhelinnumero telefonszam telefonnr ruckrufnummer rueckrufnummer",
        OTHER: "kundennummer kundennr kundenkonto kontonummer kontonr klantnummer rekeningnummer"
        " kundenummer artikelnummer artikelnr artikelcode varenummer tuotenumero asiakasnumero"
        " tilinumero mitgliedsnummer medlemsnummer seriennummer serienummer sarjanumero"
        " ugyfelszam steuernummer personalnummer zahlernummer produktnummer modellnummer"
        " personnummer organisasjonsnummer fodselsnummer cvrnummer kundnummer kundnr"
        " postleitzahl postnummer adoszam vergunningsnummer",
    }
)

NUMBERS: Final = listed(
    "number numbers num º ° no nos nr nro nbr № # id ids code key nummer nummern nummeret"
    " numret numero numeros n° nº n numer numeru numerem cislo cisla cislem c stevilka st broj"
    " br szam szama sz numar numarul numarului номер номера номером номеру ном nomer αριθμοσ"
    " αριθμο αριθ αρ numara numarasi numarali kodu kod koodi koden kode codigo codice tunnus"
    " מספר מס' מס رقم الرقم شماره नंबर नमबर संखया करमांक nomor so ma ref reference referenz"
    " referencia riferimento referentie referens referanse viite kodas numeris numurs identifier"
    " identifiant identificador"
)

SMALL: Final = listed(
    "is was are s the my our your this that with has had of for to a an it ist war lautet"
    " lauten die der das den dem mein meine meiner meinen ihre ihrer unsere unser mit von zu zur"
    " unter est etait la le les de du des d l mon ma votre notre avec es era el lo mi su tu del"
    " con y e il dello della di mia mio vostro vs o os um meu minha do da com het mijn onze met"
    " van er min din vores ar pa av til nu on minu jest moje mojego moj je muj jsem si moja az"
    " szerinti este mea е моята моя мои мое моего є міи ειναι μου η το τησ του benim bu ve שלי"
    " הוא היא هو هي ال का की के है मेरा मेरे adalah cua toi đon"
)

ENDINGS: Final = _table(
    {
        ORDER: "订单号 订单编号 订单 訂單編號 訂單號碼 訂單 注文番号 ご注文番号 オーダー番号"
        " 注文 オーダー 주문번호 주문 คำสั่งซื้อ เลขที่คำสั่งซื้อ หมายเลขคำสั่งซื้อ"
        " ออเดอร์",
        TICKET: "工单号 工单 受付番号 お問い合わせ番号 問い合わせ番号 チケット 접수번호 문의번호",
        INVOICE: "发票号 发票号码 請求書番号",
        BOOKING: "予約番号 예약번호 预订号",
        TRACKING: "송장번호 运单号 快递单号 物流单号 追跡番号 伝票番号 送り状番号 운송장번호"
        " เลขพัสดุ หมายเลขพัสดุ",
        PHONE: "电话 手机 手机号 電話 電話番号 携帯 전화 전화번호 연락처 핸드폰 โทร เบอร์ เบอร์โทร",
        OTHER: "客户编号 会员号 账号 身份证 会員番号 お客様番号 口座番号 회원번호 계좌번호 邮编",
    }
)

VERBS: Final = listed("to will would could can should cannot please let i we you they zu te att at")
"""Before an English noun that is a verb as well (`to order 5000 pieces`)."""
