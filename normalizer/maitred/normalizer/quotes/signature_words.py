"""Words of signatures: of phones and mail programs, closings, positions, notices, footers.

Everything is in lower case. The tables are written with commas between their phrases.
"""

# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

from typing import Final

SENT: Final = """
    bidalia, dikirim, elküldve, enviada, enviado, enviat, envoye, envoyé, envoyée, geschickt,
    gesendet, gestuurd, gönderildi, gönderilen, gönderilmiştir, inviata, inviato, išsiųsta,
    küldve, lähetetty, nosūtīta, nosūtīts, odesláno, odesláná, odoslané, poslano, poslato,
    saadetud, sendt, sent, skickat, spedito, sänt, terkirim, trimis, trimisă, verschickt,
    verstuurd, verzonden, wysłana, wysłane, wysłano, απεσταλμένο, εστάλη, στάλθηκε, адпраўлена,
    відправлено, изпратено, испратено, надіслано, отправлено, послано, נשלח, נשלחה, أرسل, أرسلت,
    أُرسلت, إرسال, ارسال, الإرسال, المرسل, فرستاده, भेजा
"""

SENT_UNSPACED: Final = """
    送信, 传送, 傳送, 发送, 發送, 寄出, 发自, 發自, 来自, 來自, 보냄, 보낸, 전송, 발송,
    ส่งจาก, gửi từ, भेजा गया
"""
"""Words for sent that may stand anywhere in the line."""

WITH: Final = """
    a partir, a través, a traves, aus, avec, az, by, bằng, com, con, da, dal, dalla, dari, de,
    del, dengan, depuis, des, desde, din, do, du, fr, fra, fra-min, from, från, iz, iš, mana,
    mano, med, met, mi, min, minu, mit, mého, no, oma, pela, pelo, per, pomocí, prin, putem, s,
    sa, through, using, van, vanaf, vanuit, via, vom, von, wirelessly, with, z, ze, à l'aide,
    à partir, sans fil, über, από, με, від, з, зі, из, иззад, от, с, со, через, чрез, מ, מה,
    מן, از, به, من, شده
"""
"""Words between the one for sent and what it was sent with."""

MINE: Final = """
    benim, ma, mana, mano, mea, meinem, meiner, meu, mi, mia, mijn, min, minha, minu, minun,
    mio, mit, mog, moj, mojega, mojego, mojeho, mojej, mon, my, mého, môjho, saya, telefonumdan,
    τη, το, мого, моего, моя, моята, моєї, שלי
"""

DEVICES: Final = """
    iphon, ipad, ipod, ios, macbook, apple watch, android, blackberry, samsung, galaxy, huawei,
    xiaomi, redmi, oppo, oneplus, google pixel, nokia, htc, xperia, motorola, lumia, wiko,
    alcatel, windows, mail app, mail-app, aplikacji poczta, application mail, mail orange,
    outlook, yahoo, gmail, aol, protonmail, proton mail, tutanota, tuta, superhuman, airmail,
    mailbox, typeapp, bluemail, blue mail, k-9, k9, mailspring, thunderbird, mail.ru, mail.com,
    яндекс, yandex, mymail, gmx, web.de, t-online, posteo, hey.com, zoho, edison, canary,
    mailbird, em client, hushmail, fastmail, front app, missive, acompli, polymail, unibox,
    newton, cloudmagic, boxer, workspace one, xfinity, seznam, qq邮箱, 网易邮箱, 邮箱大师,
    foxmail, naver, 네이버, orange mail, laposte, free mobile, bouygues, sfr mail, libero mail,
    virgilio, telenor, telia, verizon, t-mobile, at&t, vodafone, آیفون, ايفون, آيفون
"""
"""Starts of names of what a mail is sent with."""

DEVICES_COMMON: Final = """
    smartphone, smarttelefon, mobile, mobil, mobiel, handy, phone, téléphone, telefon,
    teléfono, telefono, telefone, telefoon, puhelin, älypuhel, телефон, смартфон, мобильн,
    мобільн, κινητ, cell, cellulare, celular, móvil, movil, tablet, tablette, device, gerät,
    dispositivo, appareil, urządzeni, устройств, пристро, portable, surface, pixel, honor, vivo,
    sony, nine, spark, spike, unterwegs, mac, 携帯, スマートフォン, 手机, 手機, 휴대, 스마트폰,
    모바일
"""
"""The same of words that are used of other things as well."""

FROM_MOBILE: Final = """
    from my iphone, az iphone, az ipad, from my ipad, from my phone, from my mobile,
    from my blackberry, från min, von meinem, von meiner, von samsung, von unterwegs, mobil,
    from mobile, sent on the go, sent on the move, sent from a mobile,
    diese nachricht wurde von mein, diese e-mail wurde von mein, this email was sent from my,
    this message was sent from my, ce message a été envoyé depuis,
    este mensaje fue enviado desde, esta mensagem foi enviada, dit bericht is verzonden,
    tämä viesti lähetettiin, это сообщение отправлено, 從我的, 从我的
"""
"""Starts of such lines that do not start with the word for sent."""

EXCUSES: Final = """
    please, pls, excuse, pardon, forgive, sorry, apolog, brevity, typo, short, bitte,
    entschuldig, désolé, merci, veuillez, excus, disculp, perdon, scus, desculp, извин, because,
    autocorrect, get the app, get it now, enjoy secure
"""
"""What people add to it: "Please excuse typos"."""

ADVERTS: Final = """
    get outlook for {}, sent from outlook for {}, holen sie sich outlook für {},
    hol dir outlook für {}, outlook für {} beziehen, outlook für {} herunterladen,
    outlook für {} abrufen, télécharger outlook pour {}, téléchargez outlook pour {},
    obtenez outlook pour {}, obtenir outlook pour {}, obtener outlook para {},
    descargar outlook para {}, obtenga outlook para {}, obter o outlook para {},
    obtenha o outlook para {}, baixar o outlook para {}, scarica outlook per {},
    ottieni outlook per {}, outlook voor {} downloaden, download outlook voor {},
    outlook voor {} ophalen, hent outlook til {}, få outlook til {}, last ned outlook for {},
    hämta outlook för {}, skaffa outlook för {}, hanki outlook {}, pobierz outlook dla {},
    pobierz program outlook dla systemu {}, pobierz aplikację outlook dla systemu {},
    stáhnout outlook pro {}, získejte outlook pro {}, získat outlook pro {},
    získať outlook pre {}, скачать outlook для {}, получить outlook для {},
    завантажити outlook для {}, obțineți outlook pentru {}, preuzmite outlook za {},
    λήψη του outlook για {}, {} için outlook'u edinin, {} için outlook uygulamasını edinin,
    获取 outlook for {}, 获取outlook for {}, 下载 outlook for {}, 获取适用于 {} 的 outlook,
    取得 outlook for {}, {} 版 outlook を入手, outlook for {} を入手, {}용 outlook 다운로드,
    {}용 outlook 받기, dapatkan outlook untuk {}, tải outlook cho {},
    download outlook for {}, provenance : courrier pour {},
    yahoo mail: search organize conquer, yahoo mail: search organise conquer,
    sent from front, sent from hey
"""
"""Whole lines by which a mail program advertises itself; `{}` is the name of a system."""

ADVERTISED: Final = "bluemail, blue mail, typeapp, mymail"
"""Programs that advertise themselves in the words of Outlook."""

SYSTEMS: Final = "ios, android, iphone, mac, windows, windows 10, windows 11, macos"

CLOSINGS: Final = {
    "en": """
        regards, best regards, kind regards, kindest regards, warm regards, warmest regards,
        with best regards, with kind regards, best wishes, with best wishes, sincerely, yours
        sincerely, sincerely yours, yours faithfully, yours truly, respectfully, cheers, thanks,
        many thanks, thank you, thanks and regards, thanks & regards, thank you and best
        regards, thanks and best regards, all the best, best, rgds, br, warmly, cordially, with
        regards, warm wishes, best wishes and regards, yours, kindly, kind greetings, thx,
        regards and thanks, with thanks, thanks again, thanks in advance, many thanks in
        advance, cheers and thanks
    """,
    "de": """
        mit freundlichen grüßen, mit freundlichen grüssen, mit freundlichem gruß, mit
        freundlichem gruss, mit besten grüßen, mit besten grüssen, mit herzlichen grüßen, mit
        lieben grüßen, freundliche grüße, freundliche grüsse, beste grüße, beste grüsse, viele
        grüße, viele grüsse, liebe grüße, liebe grüsse, herzliche grüße, herzliche grüsse,
        schöne grüße, grüße, gruß, gruss, mfg, lg, vg, hochachtungsvoll, vielen dank, danke,
        danke und gruß, danke und viele grüße, vielen dank und viele grüße, vielen dank im
        voraus, mit freundlichen grussen, beste grussen, besten gruß, lieben gruß, viele liebe
        grüße, freundlichen gruß, sonnige grüße
    """,
    "fr": """
        cordialement, bien cordialement, très cordialement, bien à vous, sincèrement,
        salutations, salutations distinguées, meilleures salutations, sincères salutations,
        amicalement, bonne journée, bonne réception, respectueusement, merci, cdlt, cdt, bien à
        toi, bonne soirée, belle journée, merci d'avance, sincères salutations et merci, avec
        mes salutations, bien sincèrement
    """,
    "es ca gl": """
        saludos, un saludo, saludos cordiales, un cordial saludo, cordialmente, atentamente,
        atte, muchas gracias, gracias, un abrazo, saludos y gracias, mil gracias, reciba un
        cordial saludo, quedo atento, quedo atenta, un saludo cordial, gracias y saludos,
        salutacions, atentament, gràcies, saúdos
    """,
    "it": """
        cordiali saluti, distinti saluti, cordialmente, un cordiale saluto, saluti, buona
        giornata, grazie, un saluto, cordialità, buon lavoro, grazie mille, tanti saluti, grazie
        e saluti, i migliori saluti, in fede
    """,
    "pt": """
        atenciosamente, cumprimentos, com os melhores cumprimentos, melhores cumprimentos,
        saudações, att, abraços, obrigado, obrigada, abraço, um abraço, obrigado e cumprimentos,
        muito obrigado, muito obrigada, grato, grata, com os meus cumprimentos, respeitosamente,
        cordiais saudações
    """,
    "nl": """
        met vriendelijke groet, met vriendelijke groeten, vriendelijke groet, vriendelijke
        groeten, groet, groeten, hartelijke groet, hartelijke groeten, mvg, alvast bedankt,
        bedankt, gr, grt, grtjs, groetjes, met hartelijke groet, met hartelijke groeten, bij
        voorbaat dank, dank en groet, hoogachtend
    """,
    "da no sv is": """
        med venlig hilsen, venlig hilsen, de bedste hilsner, bedste hilsner, hilsen, mvh, vh,
        med vennlig hilsen, vennlig hilsen, beste hilsen, beste hilsener, med vänlig hälsning,
        med vänliga hälsningar, vänliga hälsningar, vänlig hälsning, hälsningar, bästa
        hälsningar, tak, takk, tack, kveðja, með kveðju, kh, de bedste hilsener, mange hilsner,
        mange tak, på forhånd tak, på forhånd takk, hälsning, bästa hälsning, tack på förhand,
        med vänliga hälsningar och tack, mange takk, hilsener, kærlig hilsen
    """,
    "fi et lv lt": """
        ystävällisin terveisin, terveisin, parhain terveisin, terv, kiitos, lugupidamisega,
        parimat, ar cieņu, pagarbiai, ystävällisesti, t, terveiset, parhain terveisin ja kiitos,
        heade soovidega, lugupidamisega ja tänuga, parimate soovidega, su pagarba, ačiū, paldies
    """,
    "pl cs sk sl hr sr": """
        z poważaniem, pozdrawiam, z wyrazami szacunku, serdecznie pozdrawiam, s pozdravem, s
        úctou, zdraví, děkuji, s pozdravom, ďakujem, lep pozdrav, lepo pozdravljeni, s
        spoštovanjem, s poštovanjem, srdačan pozdrav, pozdrav, lijep pozdrav, с поштовањем,
        pozdrawiam serdecznie, serdeczne pozdrowienia, z pozdrowieniami, pozdrowienia, łączę
        pozdrowienia, z góry dziękuję, dziękuję, s pozdravem a díky, s přátelským pozdravem,
        hezký den, přeji hezký den, díky, s pozdravem a poděkováním, hvala, hvala in lep
        pozdrav, lp, lijepi pozdravi, srdačno, unapred hvala
    """,
    "hu ro bg": """
        üdvözlettel, tisztelettel, üdv, köszönettel, cu stimă, cu respect, o zi bună, toate cele
        bune, с уважение, поздрави, üdvözlettel és köszönettel, szép napot, előre is köszönöm,
        köszönöm, udvozlettel, udv, mulțumesc, cu mulțumiri, cu considerație, o zi frumoasă,
        поздрав, благодаря
    """,
    "ru uk": """
        с уважением, с наилучшими пожеланиями, спасибо, з повагою, дякую, с наилучшими, всего
        доброго, всего наилучшего, благодарю, заранее спасибо, с уважением и благодарностью, з
        найкращими побажаннями, щиро дякую
    """,
    "el tr he ar fa": """
        με εκτίμηση, φιλικά, ευχαριστώ, saygılarımla, saygılarımızla, iyi çalışmalar,
        teşekkürler, iyi günler, saygılar, teşekkür ederim, σας ευχαριστώ, με φιλικούς
        χαιρετισμούς, χαιρετισμούς, בברכה, תודה, مع أطيب التحيات, مع التحية, تحياتي, شكرا, با
        احترام, با تشکر
    """,
    "hi vi th id": """
        सादर, धन्यवाद, trân trọng, thân mến, ขอแสดงความนับถือ, ขอบคุณครับ, ขอบคุณค่ะ,
        hormat kami, hormat saya, salam, terima kasih
    """,
    "zh ja ko": """
        此致, 敬礼, 此致敬礼, 顺祝商祺, 祝好, 谢谢, 謝謝, 敬上, 敬具, よろしくお願いいたします,
        よろしくお願いします, 以上, 감사합니다, 안녕히 계세요, 드림
    """,
}
"""Whole lines by which people take their leave."""

POSITIONS: Final = """
    accountant, administrator, adviseur, amministratore, analyst, architect, assistant,
    assistenz, attorney, ceo, cfo, chargé, chargée, chef, cio, cmo, co-founder, cofounder,
    consultant, coo, coordenador, coordinator, cto, designer, developer, directeur, director,
    directora, directrice, direktor, direktør, diretor, diretora, direttore, dyrektor, eigenaar,
    engenheiro, engineer, executive, founder, gerente, geschäftsführer, geschäftsführerin,
    geschäftsführung, gestionnaire, gérant, gérante, igazgató, ingeniero, ingénieur, inhaber,
    inhaberin, jednatel, jefa, jefe, kierownik, konateľ, konsult, lawyer, lead, leder, leiter,
    leiterin, manager, manažer, medewerker, müdür, müdürü, officer, owner, partner, president,
    prezes, professor, prokurist, päällikkö, referent, representative, responsabile,
    responsable, riaditeľ, sachbearbeiter, sachbearbeiterin, secretary, specialist, specjalista,
    supervisor, titolare, toimitusjohtaja, uzman, vd, verkställande, vertrieb, vezető, vp,
    ügyvezető, ředitel, διευθυντής, υπεύθυνος, директор, инженер, керівник, менеджер, начальник,
    руководитель, специалист, מנהל, מנהלת, مدير, مهندس, 代表取締役, 工程师, 总监, 经理, 課長,
    部長, 과장, 대리, 대표, 부장, 팀장, מנכ״ל
"""
"""Words of job titles."""

CONFIDENTIAL: Final = """
    confidential, privileged, vertraulich, rechtlich geschützt, confidentiel, confidencial,
    legalmente protegid, confidenzial, riservat, vertrouwelijk, fortrolig, konfidensiel,
    konfidentiell, luottamuksellinen, poufn, důvěrn, dôvern, bizalmas, confidențial, zaupn,
    povjerljiv, povjerljive, конфиденциальн, конфіденційн, поверителн, εμπιστευτικ, gizli, חסוי,
    سري, محرمانه, bảo mật, rahasia, 保密, 机密, 機密, 秘密, 기밀, konfidentsiaal, konfidenciāl,
    konfidencial
"""
"""Parts of words for confidential."""

DUTY: Final = """
    intended recipient, intended solely, solely for the, intended only, addressee, in error,
    notify the sender, unauthorized, unauthorised, disclosure, strictly prohibited,
    richtige adressat, richtige empfänger, richtigen empfänger, irrtümlich, unbefugt,
    nicht gestattet, bestimmungsgemäße, nur für den, ausschließlich für,
    destinataire, par erreur,
    strictement interdit, usage exclusif, destinatario, por error, prohibid, exclusivamente,
    destinatário, por engano, por erro, proibid, exclusiv, destinatari, per errore, vietat,
    uso esclusivo, geadresseerde, ten onrechte, abusievelijk, uitsluitend bestemd,
    niet toegestaan, modtager, ved en fejl, ved en feil, mottaker, mottagare, av misstag,
    vastaanottaja, erehdyksessä, adresat, omyłkowo, zabronione, určen pouze,
    určena pouze, omylem,
    címzett, tévedésből, destinatarul, din eroare, pomotoma, greškom, адресат,
    по ошибке, получател,
    помилково, по погрешка, παραλήπτ, εκ παραδρομής, κατά λάθος, alıcı, yanlışlıkla, נמען,
    بطريق الخطأ, المرسل إليه, اشتباه, nhầm, penerima, 收件人, 误收, 誤って, 受信者, 受取人,
    수신인, 수신자, 잘못,
    adressaa, eksikombel, kļūdas dēļ, per klaidą
"""
"""Parts of what a legal notice asks of its reader; with one of the words above it is one."""

FOOTERS: Final = """
    not the intended recipient, intended solely for the use of the individual,
    nicht der richtige adressat, nicht der beabsichtigte empfänger,
    si vous n'êtes pas le destinataire, si usted no es el destinatario,
    se non siete il destinatario, se non è il destinatario, se você não é o destinatário,
    se não for o destinatário, als u niet de geadresseerde bent, indien u niet de geadresseerde,
    ikke er den rette modtager, ikke er rette mottaker, inte är rätt mottagare,
    jeśli nie jest pan, jeżeli nie są państwo adresatem, если вы не являетесь адресатом,
    virus-free. www.av, virus-free.www.av, virenfrei. www.av, virenfrei.www.av,
    garanti sans virus. www.av, libre de virus. www.av, libre de virus.www.av,
    sin virus. www.av,
    livre de vírus. www.av, livre de vírus.www.av, privo di virus. www.av,
    privo di virus.www.av,
    virusvrij. www.av, virusvrij.www.av, virusfri. www.av, wolny od wirusów. www.av,
    без вирусов. www.av, neobsahuje viry. www.av, email has been checked for viruses by,
    email has been scanned by, e-mail wurde von avast, e-mail wurde auf viren geprüft,
    l'absence de virus dans ce courrier électronique, ha sido comprobado en busca de virus,
    e-mail è stata controllata per individuare virus, messaggio e' stato analizzato con,
    consider the environment before printing, think before you print this,
    bitte denken sie an die umwelt, ob diese mail wirklich ausgedruckt,
    ob diese e-mail wirklich ausgedruckt, pensez à l'environnement avant,
    pensez à l’environnement avant,
    piense en el medio ambiente antes de, pense no meio ambiente antes de,
    pensa all'ambiente prima di stampare, denk aan het milieu voordat, tænk på miljøet før,
    tenk på miljøet før, tänk på miljön innan,
    you received this message because you are subscribed to the google groups,
    to unsubscribe from this group and stop receiving emails from it,
    to view this discussion on the web visit https://groups.google.com,
    sie erhalten diese nachricht weil sie in google groups, /mailman/listinfo/,
    reply to this email directly or view it on, book time to meet with me,
    message has been scanned for viruses and
"""
"""Parts of what scanners, lists and well-meaning people put below every mail."""

HEADINGS: Final = """
    disclaimer, confidentiality notice, confidentiality, confidential, legal notice,
    privacy notice, legal disclaimer, important notice, haftungsausschluss,
    vertraulichkeitshinweis, avertissement, confidentialité, avis de confidentialité,
    aviso legal, aviso de confidencialidad, confidencialidad, aviso de confidencialidade,
    avvertenza, avviso di riservatezza, vertrouwelijk, klauzula poufności
"""
"""Titles above legal notices."""
