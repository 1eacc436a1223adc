"""The names of the months in 40 languages (Unicode CLDR 48), as `words.fold` leaves them."""


# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

from typing import Final

from maitred.normalizer.entities.words import listed


def _numbered(*months: str) -> dict[str, int]:
    return {word: number for number, words in enumerate(months, 1) for word in words.split()}


NAMES: Final = _numbered(
    "enero gener gennaio ianuarie jaanuar janar janeiro janner januar januara januari"
    " januarie january janvaris janvier leden ledna ocak sausio sausis sijecanj sijecnja"
    " styczen stycznia tammikuu tammikuuta urtarrila xaneiro ιανουαριοσ ιανουαριου студзень"
    " студзеня січень січня январь января януари јануар јануари ינואר يناير ژانویه जनवरी"
    " জানুযারী มกราคม",
    "febbraio feber febreiro febrer febrero februar februara februari februarie februaris"
    " february fevereiro fevrier helmikuu helmikuuta lutego luty otsaila shkurt subat unor"
    " unora vasario vasaris veebruar veljaca veljace φεβρουαριοσ φεβρουαριου лютага лютии"
    " лютого люты фебруар февраль февраля февруари פברואר شباط فبراير فوریه फरवरी ফেবরুযারী"
    " กมภาพันธ์",
    "brezen brezna kovas kovo maaliskuu maaliskuuta maart mac maerz marc marca march marcius"
    " marco marec maret mars marta mart martie marts martsil martxoa marz marzec marzo ozujak"
    " ozujka"
    " μαρτιοσ μαρτιου березень березня март марта сакавік сакавіка מרץ اذار مارس मारच মারচ"
    " มีนาคม",
    "abril apirila april aprila aprile aprilie aprilis aprill avril balandis balandzio duben"
    " dubna huhtikuu huhtikuuta kwiecien kwietnia nisan prill travanj travnja απριλιοσ"
    " απριλιου апрель апреля април квітень квітня красавік красавіка אפריל ابريل اوریل نيسان"
    " अपरैल এপরিল เมษายน",
    "geguze geguzes kveten kvetna maggio mai maiatza maig maijs maio maj maja majus may mayis"
    " mayo mayıs mei svibanj svibnja toukokuu toukokuuta μαιοσ μαιου маи мая мај травень"
    " травня מאי ايار ماي مايو พฤษภาคม",
    "birzelio birzelis cerven cervna czerwca czerwiec ekaina giugno haziran iunie juin jun"
    " juna june junho juni junie junij junijs junio junius juny juuni kesakuu kesakuuta lipanj"
    " lipnja qershor xuno ιουνιοσ ιουνιου июнь июня червень червня чэрвень чэрвеня юни јун"
    " јуни יוני حزيران يونيو ژوين जून জুন มิถนายน",
    "cervence cervenec heinakuu heinakuuta iulie juillet jul jula julai julho juli julie"
    " julij julijs julio juliol julius july juuli korrik liepa liepos lipca lipiec luglio"
    " srpanj srpnja temmuz uztaila xullo ιουλιοσ ιουλιου июль июля липень липня ліпень ліпеня"
    " юли јул јули יולי تموز يوليو يوليوز ژويیه जुलाई জুলাই กรกฎาคม",
    "abuztua agost agosto agust agustos agustus aout august augusta augusti augusts augustus"
    " augusztus avgust avgusta elokuu elokuuta gusht kolovoz kolovoza ogos rugpjucio rugpjutis"
    " sierpien sierpnia srpen srpna αυγουστοσ αυγουστου август августа жнівень жніуня серпень"
    " серпня אוגוסט اغسطس اوت غشت अगसत আগসট สิงหาคม",
    "eylul iraila rugsejis rugsejo rujan rujna septembar september septembra septembre"
    " septembrie septembris septiembre setembre setembro settembre shtator syyskuu syyskuuta"
    " szeptember wrzesien wrzesnia zari σεπτεμβριοσ σεπτεμβριου верасень верасня вересень"
    " вересня сентябрь сентября септембар септември ספטמבר ايلول سبتمبر سپتامبر شتنبر सितंबर"
    " সেপটেমবর กันยายน",
    "ekim lokakuu lokakuuta october octobre octombrie octubre oktobar oktober oktobra"
    " oktobris oktoober ottobre outubro pazdziernik pazdziernika rijen rijna spalio spalis"
    " tetor urria οκτωβριοσ οκτωβριου жовтень жовтня кастрычнік кастрычніка октобар октомври"
    " октябрь октября אוקטובר اكتوبر اکتبر अकटूबर অকটোবর ตลาคม",
    "azaroa kasim kasım lapkricio lapkritis listopadu marraskuu marraskuuta nentor noiembrie"
    " novembar november novembra novembre novembris novembro noviembre studeni studenoga"
    " νοεμβριοσ νοεμβριου листопад листопада лістапад лістапада новембар ноември ноябрь ноября"
    " נובמבר نوامبر نوفمبر نونبر नवंबर নভেমবর พฤศจิกายน",
    "abendua aralik aralık decembar december decembra decembre decembrie decembris decembro"
    " desember desembre detsember dezember dezembro dhjetor dicembre diciembre disember"
    " grudnia grudzien gruodis gruodzio joulukuu joulukuuta prosinac prosinca prosince"
    " prosinec δεκεμβριοσ δεκεμβριου грудень грудня декабрь декабря декември децембар снежань"
    " снежня דצמבר دجنبر دسامبر ديسمبر दिसंबर ডিসেমবর ธันวาคม",
)
"""The full names, in the forms that stand in a date."""
ABBREVIATIONS: Final = _numbered(
    "ene gen jan jann janv oca sty ιαν січ янв",
    "feb febr fev fevr lut sub φεβ лют февр",
    "mar mrt mrz μαρ бер мар",
    "abr apr avr kwi nis απρ апр квіт",
    "mag μαι трав",
    "cze giu haz ιουν июн черв",
    "juil lip lug tem ιουλ июл лип",
    "ago agu aug sie αυγ авг серп",
    "eyl sep sept set szept wrz σεπ вер сент",
    "eki oct okt ott out paz οκτ жовт окт",
    "kas lis nov νοε лист нояб",
    "ara dec des dez dic gru δεκ груд дек",
)
"""Short ones, which are ordinary words elsewhere: only a year beside them makes a date."""

AMBIGUOUS: Final = {
    "listopad": {"cs": 11, "pl": 11, "hr": 10, "bs": 10},
    "listopada": {"pl": 11, "hr": 10, "bs": 10},
}
"""Names that mean another month next door, by language."""

COMMON: Final = listed("may march mars mart marts marta maj mai abril")
"""Names that are words or given names as well: without a year they count in capitals only."""
