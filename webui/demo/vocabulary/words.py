"""Words for names of invented organisations and people, by language.

Organisations and domains are invented; domains end in .example (RFC 2606).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """How organisations of a language are named, and who runs them.

    ``patterns`` are filled with heads, surnames and towns. A head in a non-Latin script has its
    spelling for the domain after a colon. Names of people are plain ASCII, like usernames.
    """

    patterns: tuple[str, ...]
    heads: tuple[str, ...]
    towns: tuple[str, ...]
    surnames: tuple[str, ...]
    first_names: tuple[str, ...]


def language(patterns: str, heads: str, towns: str, surnames: str, first_names: str) -> Language:
    """Creates a language from texts: one pattern per line, words separated by commas."""
    return Language(
        tuple(line.strip() for line in patterns.strip().splitlines()),
        *(_words(text) for text in (heads, towns, surnames, first_names)),
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.replace("\n", " ").split(",") if word.strip())


ENGLISH = language(
    """
    {head} Dental Group
    {head} Dental Care
    {head} Veterinary Clinic
    {head} Animal Hospital
    {head} Logistics
    {head} Freight & Storage
    {head} Hotel
    The {head} Inn
    {head} Family Clinic
    {head} Physiotherapy
    {head} Eye Care
    {head} Pharmacy
    {head} Primary School
    {head} Community College
    {head} Water Company
    {head} Energy Cooperative
    {head} Credit Union
    {head} Insurance Brokers
    {head} Housing Association
    {head} Home Care
    {head} Hospice
    {head} Travel
    {head} Taxi Cooperative
    {head} Public Library
    {head} Garden Centre
    {head} Medical Centre, {town}
    {head} Driving School
    {head} Property Management
    {head} Ferry Lines
    {head} Film Society
    {surname} & {other} Solicitors
    {surname}, {other} & Partners LLP
    {surname} Law
    {surname} Plumbing & Heating
    {surname} & Daughters Roofing
    {surname} Auto Repair
    {surname} Accountants Ltd
    {surname} Funeral Directors
    {surname} Orthodontics
    {town} {head} Estate Agents
    {town} {surname} School of Music
    {head} Harbour Authority
    """,
    """
    Alderbrook, Amberfield, Ashcombe, Barley Lane, Beacon Rise, Bellwether, Birchgrove,
    Blackthorn, Blue Finch, Brackenridge, Bramblegate, Brightwell, Briar & Stone, Cedar Hollow,
    Clearbrook, Cloverdale Park, Copperleaf, Coral Bay, Cranesbill, Crosswater, Dovecote,
    Eastmere, Elmstead, Evenfall, Fairlight, Fernhollow, Foxglove, Gable End, Glassford,
    Goldcrest, Greenholm, Greywater, Harbour Lights, Hartsmoor, Hawthorn Hill, Hazelmere,
    Heron Point, High Meadow, Hollybank, Ironbark, Ivy Court, Juniper Row, Kestrel View,
    Kingfisher Quay, Lantern Street, Larkfield, Lindenau, Longacre, Lowtide, Maple Fork,
    Marigold, Marlowe Green, Meadowlark, Millrace, Mossy Creek, Nettlebed, Nightingale, Oakhaven,
    Old Orchard, Otter Creek, Pinewater, Quayside North, Quillfeather, Ravensworth, Red Kite,
    Ridgeway, Riverbend, Rosewarne, Rowan Tree, Saltmarsh, Sandpiper, Silver Birch, Skylark,
    Southdown, Sparrowhawk, Stonebridge, Sycamore, Tallgrass, Thistledown, Three Rivers,
    Tidewater East, Turnstone, Upper Lea, Violet Hill, Wayfarer, Westerly, Whinfell, Wildwood,
    Willowbank, Windermoor, Winterbourne, Wren & Ivy, Yarrow, Yellow Door
    """,
    """
    Ashby Cross, Barrowford, Calder Bay, Dunmore, East Harling, Fallow Heath, Grantham Falls,
    Hensley, Inverlaw, Kapiti West, Lower Merrin, Mount Alder, Newbridge, Port Ellery, Ravelston,
    Southmoor, Tarrant, Upper Dene, Wexcombe, Yarrawell
    """,
    """
    Abbott, Ainsworth, Bexley, Carmody, Castellan, Dunmore, Eastwood, Farrow, Fenwick, Gallagher,
    Hargreave, Holloway, Ibbotson, Jessop, Kendrick, Lockhart, Maddox, Merriweather, Nkemelu,
    Okafor, Pemberton, Quarmby, Rutherford, Sandoval, Sinclair, Thackeray, Tolliver, Underhill,
    Vance, Whitlock, Wycliffe, Yates
    """,
    """
    alice, amara, ben, charlotte, chidi, daniel, ella, emeka, fiona, grace, harry, imogen, jack,
    kate, liam, maya, nathan, olivia, priya, quentin, rachel, samuel, tessa, uma, victor, wendy
    """,
)

GERMAN = language(
    """
    Zahnarztpraxis Dr. {surname}
    Tierklinik {surname}, {town}
    {surname} & Söhne Logistik GmbH
    Stadtwerke {town}-{head}
    Gasthof „{head}“
    Kanzlei {surname} & {other}
    {head}-Apotheke {town}
    Spedition {surname} GmbH & Co. KG
    {surname}-Gesamtschule {town}
    Hörgeräte {surname}
    Straßenbahn {town}–{head} AG
    """,
    """
    Zum Grünen Bären, Löwen, Schwanen, Rößle, Mühlbach, Drei Eichen, Königshof, Übersee,
    Weißer Hirsch, Alte Post
    """,
    """
    Ahrenfels, Birkenau am See, Dörnthal, Eichwalde-Süd, Großlinden, Hünfelde, Kälberbach,
    Lüttenau, Oberweißig, Röhrsdorf-West
    """,
    """
    Ackermann, Böttcher, Dräger, Ebert, Fürst, Grün, Hübner, Jäger, Krüger, Lüders, Möller,
    Nußbaum, Pröll, Rößler, Schäfer, Thießen, Vogt, Wößner
    """,
    "anna, bernd, clara, dieter, eva, felix, greta, hannes, jonas, katrin, lukas, mia, nils, ute",
)

SPANISH = language(
    """
    Clínica Dental {head}
    Transportes {surname} e Hijos
    Hotel {head}
    Colegio {head}
    Bufete {surname} y {other}
    Veterinaria {head}
    Óptica {surname}
    Farmacia {surname} {other}
    Aguas {head} de {town}
    Inmobiliaria {head}, S.L.
    Peluquería Señora {surname}
    """,
    """
    El Níspero, La Cigüeña, Las Acacias, Mirador del Río, Nuestra Montaña, Peñablanca, San Telmo,
    Sol de Otoño, Tres Álamos, Villa Jazmín
    """,
    "Almendral, Baños de la Peña, Carrasqueña, El Tomillar, Fuenseca, Medina del Pinar, Ruidera",
    """
    Aguirre, Benítez, Cárdenas, Domínguez, Echeverría, Fuentes, Gutiérrez, Herrera, Ibáñez, Lozano,
    Muñoz, Núñez, Ordóñez, Peña, Quiñones, Robledo, Sepúlveda, Zúñiga
    """,
    "alba, beatriz, carlos, diego, elena, fernando, gloria, hugo, ines, javier, mateo, sofia",
)

FRENCH = language(
    """
    Cabinet dentaire {surname}
    Hôtel {head}
    Transports {surname} et Fils
    Clinique vétérinaire {head} de {town}
    École {head}
    Étude notariale {surname} & {other}
    Pharmacie de l’Église {surname}, {town}
    Régie des Eaux {head}, {town}
    Boulangerie {surname}
    """,
    """
    Bel Été, Cœur de Ville, La Chênaie, Les Châtaigniers, Les Trois Îles, Le Grand Hêtre,
    Sainte-Hélène, Val d’Amboise
    """,
    "Bois-le-Chêne, Châteauvert, Fontaine-sur-Lys, L’Hermitière, Montrégny, Pont-d’Aurel",
    """
    Béranger, Chauvet, Delacourt, Estève, Fréchette, Garçon, Hébert, Jégou, Lefèvre, Maréchal,
    Noël, Pâris, Quémener, Rivière, Sénéchal, Théron, Vallée
    """,
    "agathe, baptiste, camille, denis, elodie, fabien, helene, julien, louise, marc, noemie, remi",
)

POLISH = language(
    """
    Klinika Stomatologiczna {head}
    Kancelaria {surname} i Wspólnicy
    Przychodnia Weterynaryjna {head}
    Hotel „{head}”
    Spedycja {surname} Sp. z o.o.
    Szkoła Językowa {head}
    Wodociągi {head}, {town}
    """,
    "Żuraw, Łąka, Świt, Źródło, Jaskółka, Dąb, Pszczoła, Złoty Kłos, Mały Księżyc",
    "Brzezinowo, Dąbrówka Leśna, Jeziorzany, Kłodno, Świerkowice, Żółwin Dolny",
    """
    Błaszczyk, Czarnecki, Dąbrowska, Gołębiowski, Jóźwiak, Kościelna, Łukasik, Mróz, Ostrowska,
    Pawłowski, Różycka, Sikora, Śliwa, Wójtowicz, Żak
    """,
    "agnieszka, bartek, celina, darek, ewa, filip, hanna, jacek, kasia, lech, marta, ola, piotr",
)

TURKISH = language(
    """
    {head} Diş Kliniği
    {surname} Hukuk Bürosu
    {head} Lojistik A.Ş.
    {head} Veteriner Kliniği, {town}
    {head} Oteli
    Özel {head} İlköğretim Okulu
    {surname} Sigorta Acenteliği
    """,
    "Işıltı, Güneşli, İncir Ağacı, Şimşek, Çınaraltı, Öğretmenler, Yıldızlı, Gümüşdere, Ihlamur",
    "Ağaçlıköy, Çiğdemli, Göztaşı, İğneada Yolu, Şelaleköy",
    "Aydınlı, Çelikkaya, Doğruöz, Erdoğmuş, Güçlütürk, Ilıcalı, İpekçi, Özışık, Şahinoğlu, Yüceler",
    "ahmet, ayse, burak, cem, deniz, elif, emre, fatma, gizem, kerem, leyla, mert, selin, zeynep",
)
