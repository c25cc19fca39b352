"""Words of the non-Latin scripts, and names that test the limits of the name field."""

from webui.demo.vocabulary.words import Language, language

ARABIC = language(
    """
    مركز {head} الطبي
    عيادة {head} لطب الأسنان
    شركة {head} للنقل والخدمات
    فندق {head}
    مدارس {head} الأهلية
    مكتب {head} للمحاماة
    """,
    """
    الأمل:alamal, النور:alnoor, الواحة:alwaha, الياسمين:alyasmin, البستان:albustan,
    النخيل:alnakheel
    """,
    "",
    "haddad, khoury, mansour, najjar, qasim, rahman, saleh, tamimi, zayed",
    "amal, bilal, dalia, faris, hana, karim, layla, nabil, omar, rania, samir, yasmin",
)
HEBREW = language(
    """
    מרפאת שיניים {head}
    מלון {head}
    משרד עורכי דין {head}
    {head} הובלות בע״מ
    המרכז הווטרינרי {head}
    """,
    "הדקל:hadekel, השקד:hashaked, רימון:rimon, אלונים:alonim, נוף הרים:nofharim, תמר:tamar",
    "",
    "alon, barkai, carmel, dagan, harel, lavi, mizrahi, shaked, tamir",
    "avi, dana, eitan, gal, hila, itai, maya, noa, omer, ronit, tal, yael",
)
JAPANESE = language(
    """
    {head}歯科医院
    株式会社{head}物流
    {head}動物病院
    ホテル{head}
    {head}法律事務所
    {head}トラベル
    """,
    "光洋:koyo, 桜丘:sakuragaoka, みどり:midori, 青葉台:aobadai, ひまわり:himawari, 若松:wakamatsu",
    "",
    "aoki, fujita, hayashi, inoue, kondo, matsuda, nishimura, okada, sakamoto, ueda",
    "aiko, daichi, emi, haruto, kenta, mika, naoki, riku, sakura, yui",
)
CHINESE = language(
    """
    {head}口腔医院
    {head}物流有限公司
    {head}大酒店
    {head}律师事务所
    {head}動物醫院
    {head}国际学校
    """,
    "晨光:chenguang, 翠竹:cuizhu, 金桂:jingui, 瑞安:ruian, 東湖:donghu, 白鹭:bailu",
    "",
    "chen, deng, feng, gao, huang, liang, peng, song, xu, zhao",
    "jing, lei, mei, ning, ping, qiang, tao, wei, xia, yan",
)
KOREAN = language(
    """
    {head} 치과의원
    {head}물류 주식회사
    {head} 동물병원
    호텔 {head}
    법무법인 {head}
    """,
    "햇살:haetsal, 푸른솔:pureunsol, 한빛마을:hanbit, 은하수:eunhasu, 다솜:dasom",
    "",
    "bae, cho, han, jang, kang, lim, moon, oh, seo, yoon",
    "bora, dohyun, eunji, hana, jiho, minseo, nari, seojun, sora, yuna",
)
HINDI = language(
    """
    {head} दंत चिकित्सालय
    {head} परिवहन सेवा
    होटल {head}
    {head} विद्यालय
    {head} पशु चिकित्सा केंद्र
    """,
    "आशा:asha, प्रकाश:prakash, कमल:kamal, शांति:shanti, नवज्योति:navjyoti, गंगोत्री मार्ग:gangotri",
    "",
    "agarwal, bhatt, chauhan, desai, iyer, joshi, kapoor, mehta, nair, saxena",
    "aarav, diya, ishaan, kavya, meera, neha, rohan, sanjay, tara, vikram",
)
GREEK = language(
    """
    Οδοντιατρική Κλινική {head}
    Μεταφορές {head} Α.Ε.
    Ξενοδοχείο {head}
    Κτηνιατρείο {head}
    Δικηγορικό Γραφείο {head}
    """,
    "Ανατολή:anatoli, Ελαιώνας:elaionas, Γαλήνη:galini, Ήλιος:ilios, Πλάτανος:platanos",
    "",
    "alexiou, drakos, fotiou, galanis, ioannou, kalogeras, makris, nikolaidis, pappas, vlahos",
    "alexis, christos, eleni, giorgos, ioanna, katerina, maria, nikos, sofia, yannis",
)
CYRILLIC = language(
    """
    Стоматология «{head}»
    ООО «{head}-Логистика»
    Ветклиника «{head}»
    Гостиница «{head}»
    Юридическое бюро «{head}»
    Школа «{head}»
    """,
    """
    Берёза:bereza, Заря:zarya, Ёлочка:yolochka, Зелёный Май:zelenymay, Надежда:nadezhda,
    Родник:rodnik, Щавель:shchavel
    """,
    "",
    "belov, fedorova, gusev, kovalenko, lebedeva, melnyk, orlov, sokolova, tkachenko, zaitsev",
    "anton, daria, egor, irina, kirill, lidia, maksym, olga, pavel, svitlana",
)

FOREIGN: tuple[Language, ...] = (
    ARABIC,
    HEBREW,
    JAPANESE,
    CHINESE,
    KOREAN,
    HINDI,
    GREEK,
    CYRILLIC,
)

EMOJI_PATTERNS = (
    "🦷 Smile Studio {head}",
    "{head} 🐾 Paws & Whiskers Vets",
    "Sunny ☀️ {head} Travel",
    "{head} Pizza 🍕🍕🍕",
    "👩🏽 {head} Hair & Beauty 💇🏽",
    "🇳🇿 {head} Freight 🚚",
)
# These break where a name is pasted into HTML, SQL, LIKE, a template or a spreadsheet.
AWKWARD_PATTERNS = (
    "{surname} & Sons <Plumbing>",
    'The "{head}" Hotel & Spa',
    "{first} O'{surname}'s Café",
    "<b>{head}</b> Design Studio",
    "R&D <{head}> Labs &amp; Co.",
    "'; {head} -- Removals",
    "100% {head} Outlet_Store",
    "{{{{ {head} }}}} Escape Rooms",
    "=SUM({head}) Accountants",
    "{head}\\Temp Staffing",
    "L’{head} d’Été “Chez {surname}”",
    "null {head}",
)
LONG_PATTERNS = (
    "{head} Veterinary Emergency and Referral Hospital of Greater {town} and the Kāpiti Coast, ",
    "International Association of {head} Freight Forwarders, Customs Brokers and Bonded "
    "Warehouse Keepers, {town} Chapter, ",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft{surname}",
    "{surname}, {other}, {surname} & {other} Solicitors, Notaries and Commissioners for Oaths of "
    "{town}, ",
)
MIXED_PATTERNS = (
    "{latin} {native}",
    "{native} ({latin})",
    "{latin} / {native}",
)
