"""How mail programs and people say that they are away, in some forty languages.

Phrases are in lower case, without the punctuation behind them.
"""

# ruff: noqa: RUF001  (other languages have letters that look like ours)

from __future__ import annotations

from typing import Final

from maitred.normalizer.email.kind.words import filed, listed

PREFIXES: Final = listed("""
    automatic reply; automated reply; automatic response; automated response; auto reply;
    auto-reply; autoreply; auto response; auto-response; autoresponse; autoresponder;
    out of office autoreply; out of office reply; out of office auto reply; out-of-office reply;
    out of office automatic reply; out of office notification; out-of-office notification;
    out of office message; vacation reply; vacation autoreply; vacation response; vacation message;
    auto: out of office; [auto-reply]; [autoreply]; [auto reply]; (auto reply); [automatic reply];
    [out of office]; automatische antwort; automatische antwort auf; abwesenheitsnotiz;
    abwesenheitsmeldung; abwesenheitsbenachrichtigung; abwesenheitsagent; abwesenheitsassistent;
    autoantwort; automatische abwesenheitsnotiz; automatische rückantwort;
    automatische rückmeldung; urlaubsbenachrichtigung; réponse automatique; reponse automatique;
    réponse automatisée; absence du bureau; message d'absence; message d'absence automatique;
    notification d'absence; réponse d'absence; respuesta automática; respuesta automatica;
    respuesta de ausencia; fuera de la oficina; fuera de oficina; mensaje de ausencia;
    resposta automàtica; resposta automática; resposta automatica; ausência temporária;
    fora do escritório; fora da empresa; risposta automatica; fuori sede; fuori ufficio;
    messaggio di assenza; avviso di assenza; automatisch antwoord; automatische reactie;
    automatisch bericht; afwezigheidsbericht; afwezigheidsmelding; niet op kantoor; autosvar;
    automatisk svar; automatisk svar på; automatiskt svar; autosvar på; frånvaromeddelande;
    frånvaro; fraværsmelding; ikke til stede; ikke på kontoret; ikke til stede autosvar;
    fraværsbesked; sjálfvirkt svar; automaattinen vastaus; poissa; poissaoloviesti;
    poissa toimistosta; automaatvastus; automātiska atbilde; automātiskā atbilde;
    automatinis atsakymas; autoodpowiedź; odpowiedź automatyczna; automatyczna odpowiedź;
    poza biurem; autoodpověď; automatická odpověď; automatická odpoveď; mimo kancelář;
    nepřítomnost; neprítomnosť; automatikus válasz; házon kívül; automatikus válaszüzenet;
    răspuns automat; raspuns automat; absent de la birou; automatski odgovor;
    automatizirani odgovor; samodejni odgovor; odsotnost; automatik cevap; автоматический ответ;
    автоответ; автоответчик; автоматичний відповідь; автоматична відповідь; автовідповідь;
    автоматичен отговор; аутоматски одговор; автоматски одговор; аўтаматычны адказ; нет на месте;
    нет на рабочем месте; αυτόματη απάντηση; εκτός γραφείου; otomatik yanıt; otomatik cevap;
    ofis dışında; תשובה אוטומטית; מענה אוטומטי; מחוץ למשרד; رد تلقائي; الرد التلقائي; خارج المكتب;
    پاسخ خودکار; 自动回复; 自动答复; 自动应答; 自動回覆; 自動回復; 自動答覆; 自動応答; 自動返信;
    不在通知; 不在のお知らせ; 不在応答; 外出中; 자동 회신; 자동 응답; 자동회신; 부재 중; 부재중;
    trả lời tự động; thư trả lời tự động; การตอบกลับอัตโนมัติ; ตอบกลับอัตโนมัติ; balasan otomatis;
    jawapan automatik; balasan automatik; tự động trả lời; автоматты жауап; automatiese antwoord;
    freagra uathoibríoch; ymateb awtomatig; erantzun automatikoa; ավտոմատ պատասխան;
    ავტომატური პასუხი; स्वचालित उत्तर; स्वचालित जवाब
""")
"""What stands before the subject that is answered; only programs write it there."""

PREFIXES_BY_HEAD: Final = {
    each[:3]: tuple(other for other in PREFIXES if other.startswith(each[:3])) for each in PREFIXES
}
"""The same by their first three characters."""

SUBJECTS: Final = filed(
    listed("""
    out of office; out of the office; out-of-office; ooo; away from the office; away from my desk;
    away on leave; on leave; on holiday; on vacation; annual leave; maternity leave;
    parental leave; i am away; i'm away; vacation notice; abwesend; abwesenheit; nicht im büro;
    nicht im haus; im urlaub; urlaub; bin im urlaub; absence; absent; en congé; congés;
    en vacances; hors du bureau; ausente; ausencia; vacaciones; de vacaciones; assente; assenza;
    in ferie; ferie; férias; de férias; em férias; afwezig; afwezigheid; met vakantie; vakantie;
    på ferie; semester; på semester; lomalla; loma; urlop; nieobecność; dovolená; szabadságon;
    szabadság; concediu; в отпуске; отпуск; у відпустці; в отпуска; izinde; izindeyim; 休暇; 休假;
    不在; 휴가; άδεια; בחופשה; في إجازة; no longer with the company; no longer works here;
    has left the company
""")
)
"""Subjects that people write as well: these count only with a sign of a machine beside them."""

BODIES: Final = listed("""
    i am away; i'm away; i am out of the office; i'm out of the office; i am currently out of;
    i'm currently out of; i will be out of the office; i'll be out of the office;
    i am out of office; i will be out of office; am currently away; i am away from; i am on leave;
    i'm on leave; i am on annual leave; i am on vacation; i'm on vacation; i am on holiday;
    i'm on holiday; i am currently on; i'm currently on; away from my email; away from my desk;
    away from the office; limited access to email; limited access to my email; no access to email;
    will respond to your email when i return; respond upon my return; reply when i return;
    when i return on; out of office until; this is an automatic reply; this is an automated reply;
    this is an automated response; this is an auto reply; this is an automatically generated;
    thank you for your email. i am; thank you for your message. i am; is no longer with;
    no longer works for; no longer employed; ich bin nicht im büro; ich bin derzeit nicht;
    ich bin zur zeit nicht; ich bin zurzeit nicht; ich bin momentan nicht; ich bin im urlaub;
    ich bin bis; ich bin vom; ich bin ab dem; bin ich nicht im haus; bin ich nicht im büro;
    wieder im büro; wieder erreichbar; nicht erreichbar; im urlaub;
    ihre e-mail wird nicht weitergeleitet; ihre nachricht wird nicht weitergeleitet;
    je suis absent; je suis actuellement absent; je suis en congé; je serai absent;
    je suis en vacances; absent du bureau; absente du bureau; de retour le; à mon retour;
    estoy fuera de la oficina; estaré fuera de; me encuentro fuera; estoy de vacaciones;
    estaré ausente; actualmente me encuentro; acceso limitado; a mi regreso; sono fuori ufficio;
    sono assente; sarò assente; sono in ferie; al mio rientro; sarò di ritorno;
    estou fora do escritório; estarei ausente; estou ausente; estou de férias;
    encontro-me ausente; estarei de férias; no meu regresso; ik ben afwezig;
    ik ben niet op kantoor; ik ben met vakantie; ik ben momenteel; ik ben op vakantie;
    weer aanwezig; terug op; jeg er på ferie; jeg er ikke på kontoret; jeg er ute; tilbake;
    jeg er tilbage; jag är på semester; jag är inte på kontoret; jag är ledig; åter på;
    jag är tillbaka; olen lomalla; olen poissa; palaan; jestem na urlopie; jestem nieobecn;
    przebywam na urlopie; poza biurem; jsem na dovolené; nejsem v kanceláři; nebudu přítom;
    som na dovolenke; nem vagyok az irodában; szabadságon vagyok; házon kívül vagyok;
    sunt în concediu; nu sunt la birou; я в отпуске; нахожусь в отпуске; буду в отпуске;
    меня нет на; буду отсутствовать; отсутствую; я у відпустці; перебуваю у відпустці;
    буду відсутн; в отпуск съм; λείπω; βρίσκομαι εκτός; απουσιάζω; είμαι σε άδεια; izindeyim;
    ofis dışındayım; ofiste değilim; אני מחוץ למשרד; אני בחופשה; איני נמצא; أنا خارج المكتب;
    أنا في إجازة; سأكون خارج; 我目前不在; 我正在休假; 我不在办公室; 我不在辦公室; 我正在度假;
    现在休假; 休暇をいただ; 休暇中; 不在にして; 席を外して; 外出して; 휴가 중; 부재 중; 자리를 비;
    tôi đang nghỉ phép; tôi vắng mặt; sedang cuti; saya sedang; i will be away; i'll be away;
    i no longer work at; i no longer work for; no longer working for; außer haus; ausser haus;
    nicht mehr bei; nicht mehr im unternehmen; bin ich nicht; bin wieder; aus dem büro;
    actuellement en congé; serai en congé; ne travaille plus; ne fais plus partie;
    je suis en déplacement; ya no trabajo; estaré de vacaciones; estoy ausente;
    non lavoro più; sono in vacanza; estarei fora; já não trabalho; não trabalho mais;
    niet bereikbaar; ben ik afwezig; niet meer werkzaam; arbejder ikke længere; jobber ikke lenger;
    arbetar inte längre; nie pracuję już; již nepracuj; είμαι εκτός; θα απουσιάζω;
    na godišnjem odmoru; na odmoru sam; odsutan sam; na dopustu; odsoten sem; esu atostog;
    atostogauju; atvaļinājumā; olen puhkusel; ég er í fríi; er í sumarfríi;
    fora de l'oficina; estic de vacances; oporretan nago; на одмору сам; у адпачынку;
    ขณะนี้ฉันไม่อยู่; ไม่อยู่ที่สำนักงาน; ลาพักร้อน; कार्यालय से बाहर;
    مرخصی هستم; در دفتر نیستم; ik ben uit kantoor; nuk jam në zyrë; jam me pushime
""")
"""How the text of such an answer opens; people write this as well."""

ACKNOWLEDGEMENTS: Final = listed("""
    received your; have received; has been received; been created; ticket; case number;
    reference number; request number; your request; your enquiry; your inquiry; support team;
    ihre anfrage; eingegangen; vorgangsnummer; ticketnummer; votre demande; bien reçu;
    su solicitud; hemos recibido; la sua richiesta; abbiamo ricevuto; sua solicitação; recebemos;
    uw aanvraag; ontvangen; mottaget; modtaget; mottatt; otrzymaliśmy; zgłoszeni; ваше обращение;
    ваша заявка; получили ваше; お問い合わせ; 受け付け; 已收到; 접수
""")
"""How the receipt of a request opens: automatic as well, but nobody is away."""
