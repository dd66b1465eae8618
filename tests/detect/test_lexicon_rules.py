"""The rules for special categories and education, end to end: found about a person, not found about nobody.

The part between brackets must be touched by a finding of the type.
"""

from __future__ import annotations

import functools
import re
import sysconfig
from pathlib import Path

import pytest
import regex

from pii_scan.detect.detector import Detector
from pii_scan.detect.rules import FLAGS, Rule, read_rule
from pii_scan.registry import data_folder

FILES = (
    "health", "sick_leave", "health_codes", "union_membership", "religion", "ethnicity", "political_opinion",
    "sexual_orientation", "criminal_record", "education",
)  # fmt: skip

ABOUT_A_PERSON = {
    "HEALTH": """
Han har vært [sykemeldt] siden påske
Eg er [sjukmeld] ut veka
Kari er 50 % [ufør]
Hun er [gravid] i uke 20 og har termin i juni
Eleven har [ADHD] og trenger ekstra tid
Sønnen vår har [Aspergers syndrom]
Han ble [operert] i kneet i går
Ho vart [operert] for prolaps
Ola trenger [tilrettelegging] på grunn av ryggplager
Han har [høyt blodtrykk]
Hun har [spiseforstyrrelse]
Tor har hatt [hjerneslag]
Hun har tatt [abort]
Han har testet positivt for [korona]
Ola er [langtidssykmeldt]
Barnet har [autisme]
She is on [sick leave] until June
He has [diabetes]
Hun har vært til [utredning for ADHD]
Pasient: Ola T. ICD-10: [F41.1]
Kari Testesen;15.03.1990;[diabetes]
Oppfølgingssamtale med Trine: hun er fortsatt [gradert sykmeldt] (60 %).
Han fikk [blodpropp] i lungen i fjor
Ho har [låg stoffskifte] og går på Levaxin
Sara er i uke 32 av [svangerskapet]
Kunden opplyste at hun var [gravid] og ikke kunne fly
Søker har [bipolar lidelse] type 2
Tom Testesen er [hiv-positiv]
Kjersti har vært gjennom [prøverørsforsøk]
Anders brakk [beinet] på ski
Mathias har fått påvist [celiaki]
Mr. Smith has [high blood pressure] and takes beta blockers
The patient, a 54-year-old man, was diagnosed with [lung cancer]
Vibeke har hatt tre [spontanaborter]
Roger sitter i [rullestol] etter ulykken
Dato: 03.04.2024 Fraværsårsak: [Sykt barn] Navn: Kari Testesen
Prøvesvar for Ola: positiv på [hepatitt C]
Hun er i [rullestol] etter MS-diagnosen
Eg fekk påvist [diabetes] i fjor haust
Kari skal [opereres] for brokk neste uke
Jeg har dessverre [omgangssyke]
Magnus har [hørselstap] på venstre øre
Han fikk [slag] i fjor sommer
Nora har fått [kyssesyken]
Vedkommende er under [rusbehandling]
Kari har hatt [fødselsdepresjon]
Mor til eleven opplyser at han har [Tourettes]
Ola har vært [sykemeldt] siden desember pga [utbrenthet]
My mother has [dementia]
He is recovering from [alcohol addiction]
""",
    "UNION_MEMBERSHIP": """
Navn: Kari Testesen Fagforening: [Utdanningsforbundet]
Jeg har bedt [fagforeningen min] om hjelp
Hun er [hovedtillitsvalgt]
Han er medlem av [Norsk Sykepleierforbund]
Trekk i lønn: [Fagforbundet] 1,4 % - Kari Testesen
Kari Testesen [LO-medlem] siden 2011
Jeg er ikke [medlem] av noen fagforening, sier Ola
Kontingent [NTL] trekkes fra lønnen til Kari
Hei, jeg vil melde meg inn i [Tekna]. Mvh Ola
Pål er [klubbleder] i Fellesforbundet
Ole møtte sammen med sin [tillitsvalgte] fra Fagforbundet
Ho har vore [medlem av Fellesforbundet] i ti år
Ja, jeg er [fagorganisert]
""",
    "RELIGION": """
Hun er [kristen]
Han er [Jehovas vitne]
My son is a [Christian]
Ho vart [døypt] i Metodistkyrkja
Hun er [katolikk]
Han feirer [ramadan]
Jeg faster under [ramadan]
Hun tilhører [pinsemenigheten]
Familien til Sara er [muslimsk]
Trossamfunn: [Den katolske kirke], medlem: Ola Testesen
Sara er [muslim] og faster nå
Elevens livssyn: [islam]. Fritak fra KRLE ønskes.
Foreldrene er [Jehovas vitner] og ønsker ikke bursdagsfeiring for barnet
""",
    "ETHNICITY": """
Hun har [samisk] bakgrunn
Ola er [same]
Ho er [etnisk] kurder
Eleven har [minoritetsbakgrunn]
Navn: Ola Testesen Etnisitet: [Samisk]
Han er [kurder]
Han står i [samemanntallet]
Máret er [reindriftssame] fra Kautokeino
He identifies as [Black]
She is [Sami]
Søkeren er av [kurdisk] avstamning
Faren er fra Pakistan, og hun omtaler seg som [norskpakistansk]
Mannen har [mørk hudfarge]
""",
    "POLITICAL_OPINION": """
Hun stemmer [Arbeiderpartiet]
Ola er [partimedlem]
Navn: Ola Testesen Parti: [FrP]
Han er [sosialist]
Per er [kommunist]
Han har vært folkevalgt for [SV]
Trine står på listen til [Rødt]
She is a [Democrat]
Jeg stemte [Venstre] sist
Jeg har alltid stemt [Høyre]
Ho er [kasserar i Senterpartiet]
Nils stiller til valg for [Arbeiderpartiet]
Hun er [MDG-er] på sin hals
""",
    "SEXUAL_ORIENTATION": """
Han er [homofil]
Hun er [lesbisk]
Ola er [bifil]
Kari er [transperson]
Han kom ut som [skeiv]
Hun er [trans]
He is [gay]
She came out as a [lesbian]
Eleven er [ikke-binær]
Min samboer er av [samme kjønn]
Han har [kjæreste av samme kjønn]
Kim har byttet juridisk kjønn og er [transkvinne]
Jeg er [lesbe] og stolt av det
""",
    "CRIMINAL_RECORD": """
Ola ble [dømt til 60 dagers fengsel]
She has a [criminal record]
He was [arrested for drunk driving]
The applicant was sentenced to [two years] in prison
Kari fikk [betinget fengsel] i 30 dager
Per er [tiltalt] for bedrageri
Tidligere straffbare forhold: [ruskjøring 2018], navn: Ola Testesen
Han ble [tatt for promillekjøring]
He spent [two years in prison] for fraud
Kari har [besøksforbud] mot eksmannen
Søkeren har [anmerkning] på politiattesten
Marius fikk [samfunnsstraff] i 60 timer
He spent six months in [jail]
""",
    "EDUCATION": """
Hun har [bachelor i økonomi]
Jeg har [årsstudium i psykologi]
He graduated from [Harvard]
He holds a [PhD in chemistry]
Navn: Kari Testesen Utdanning: [Bachelor i sosiologi]
Han gikk på [Oslo katedralskole]
Hun har [cand.mag.]
Han tok [svennebrev] i 2001
Ho har [master i biologi]
Jeg er [utdannet ingeniør]
Silje tok [examen philosophicum] i 2009
Hun har [doktorgrad] i kjemi
Elevens standpunktkarakter i matematikk er [3]
Hun fikk [A] på masteroppgaven
Marius har [PPU] og 60 stp i norsk
Anna has a [PhD] from Oxford
She studied [medicine] in Bergen
Ali bestod [norskprøven] på nivå B1
Fatima har [autorisasjon som sykepleier]
Utdanning 2015-2018: [Sykepleier], OsloMet. Navn: Kari Testesen
Han er [tømrer med svennebrev]
Eleven fikk [5] i engelsk muntlig
Vedlagt følger [karakterutskrift] for Ola Testesen
Emma fikk [A] i matte
""",
}

ABOUT_NOBODY = """
Sykmelding skal leveres til nærmeste leder senest fjerde fraværsdag.
Arbeidsgiver skal følge opp sykmeldte arbeidstakere etter arbeidsmiljøloven kapittel 4.
Egenmelding kan benyttes i inntil tre kalenderdager om gangen, fire ganger i løpet av tolv måneder.
Rutine for oppfølging av sykefravær er oppdatert og ligger på intranettet.
Sykefraværet i konsernet var 5,8 prosent i tredje kvartal, en nedgang på 0,4 prosentpoeng.
NAV behandler søknader om uføretrygd og arbeidsavklaringspenger fortløpende.
Dersom arbeidstaker blir syk i ferien, kan ferien kreves utsatt.
Personer med nedsatt funksjonsevne har rett til tilrettelegging på arbeidsplassen.
Kreftforeningen deler ut 200 millioner kroner til kreftforskning i år.
Forskere ved universitetet har funnet et gen som øker risikoen for brystkreft.
Vaksinasjon mot influensa tilbys alle ansatte i kantinen tirsdag.
Malingen er allergivennlig og uten løsemidler.
Produktet inneholder spor av nøtter, melk og egg.
Legemiddelverket advarer mot bruk av smertestillende uten resept.
Kommunen skal bygge nytt sykehjem med plass til 80 beboere med demens.
Helsedirektoratet har gitt ut nye retningslinjer for behandling av depresjon hos voksne.
Et lavtrykk utviklet seg til en tropisk depresjon sør for Kapp Verde.
Den store depresjonen i 1930-årene førte til høy arbeidsledighet.
Diagnoseverktøyet viser feilkoder og status for alle servere.
Datavirus kan gjøre maskinen treg; kjør en full skanning.
Feberen i boligmarkedet har lagt seg.
Rusken-aksjonen startet i april, og russen ryddet i parken.
Avdeling for astma- og allergiforskning flytter til nye lokaler.
Forsikringen dekker ikke sykdom som var kjent før avtalen ble inngått.
Apoteket selger reseptfrie allergimedisiner.
HMS-kurs for verneombud og tillitsvalgte holdes i mars.
Bedriften har avtale med bedriftshelsetjenesten om oppfølging ved langtidsfravær.
Hjertestarter finnes i resepsjonen.
Universell utforming gjør bygget tilgjengelig for rullestolbrukere.
Blinde og svaksynte kan bestille materiellet i punktskrift.
Studenter med dysleksi kan søke om utvidet tid til eksamen.
Søknad om særskilt tilrettelegging leveres innen 15. september.
Barn med cøliaki får glutenfri mat i barnehagen ved bestilling.
Koronasmitten øker igjen, ifølge Folkehelseinstituttet.
Pasienter som er innlagt, har rett til informasjon etter pasient- og brukerrettighetsloven § 3-2.
Helseopplysninger er en særlig kategori av personopplysninger etter personvernforordningen artikkel 9.
Personvernerklæringen beskriver hvordan vi behandler opplysninger om helse, religion og etnisk opprinnelse.
Det er forbudt å diskriminere på grunn av seksuell orientering, kjønnsidentitet eller kjønnsuttrykk.
Likestillings- og diskrimineringsloven forbyr diskriminering på grunn av etnisitet, religion og livssyn.
Fagforbundet varsler streik i kommunal sektor fra mandag.
De tillitsvalgte skal involveres i omstillingen etter hovedavtalen.
NITO og Tekna inviterer medlemmene til webinar om arbeidstid.
Tariffavtalen gjelder for alle organiserte arbeidstakere i virksomheten.
Medlemmer av fagforeninger får rabatt på forsikring.
Tillitsvalgte har rett til permisjon for å delta på kurs.
Den norske kirke har 3,5 millioner medlemmer.
Kirken er åpen for besøkende hver dag mellom 10 og 16.
Menigheten inviterer til konsert med koret søndag kl. 18.
Læreplanen i KRLE omfatter kristendom, religion, livssyn og etikk.
Moskeen i bydelen holder åpen dag for naboer.
Konfirmasjonstiden varer fra september til mai.
Ramadan begynner i år 18. februar.
Jødisk museum viser en utstilling om krigen.
Bestillingen er konfirmert og sendes innen to dager.
Human-Etisk Forbund tilbyr humanistisk konfirmasjon over hele landet.
Sametinget vedtok budsjettet for neste år.
Samisk språk har status som offisielt språk i flere kommuner.
Kurset passer for deltakere med innvandrerbakgrunn.
Statistisk sentralbyrå publiserer tall for innvandrere etter landbakgrunn.
Etnisk mangfold i arbeidslivet er tema for konferansen.
Rommet har plass til tolv personer og er utstyrt med skjerm.
Den same saka vart handsama i formannskapet i fjor.
Kven som helst kan melde seg på kurset.
Høyre går tilbake på målingen, mens Venstre er over sperregrensen.
Sving til høyre i krysset og deretter til venstre ved bensinstasjonen.
Venstre klikk på musen åpner menyen; høyre klikk viser egenskaper.
Det stemmer at fristen er utsatt.
Partiet inneholder 500 skruer og ble levert fredag.
SV foreslår å øke barnetrygden.
Kommunestyret behandler saken i møtet 12. juni.
Pride-paraden samlet 90 000 deltakere i Oslo sentrum.
Homofile par kan inngå ekteskap etter ekteskapsloven.
Fordelingen er skeiv, med flest saker i første kvartal.
Blandingen skal være homogen før den helles i formen.
Kjønnsbalansen i styret er bedret.
Politiattesten skal ikke være eldre enn tre måneder.
Den som er siktet, har rett til å la seg bistå av forsvarer etter straffeprosessloven § 94.
Straffeloven § 271 rammer kroppskrenkelse med bot eller fengsel inntil ett år.
Boten ved fartsovertredelse økes fra nyttår.
Chatboten svarer på spørsmål om faktura og levering.
Politiet gjennomførte promillekontroll på E18 natt til søndag.
Retten kan idømme samfunnsstraff i stedet for fengselsstraff.
Selskapet ble ilagt et overtredelsesgebyr på 2 millioner kroner.
Vandelsattest utstedes av politiet etter søknad.
Universitetet tilbyr bachelor i økonomi og administrasjon på heltid og deltid.
Opptakskravet er mastergrad i informatikk eller tilsvarende.
Studieplanen for årsstudium i psykologi er revidert.
Ønskede kvalifikasjoner: høyere utdanning innen økonomi, gjerne siviløkonom.
Emnet gir 10 studiepoeng og avsluttes med skriftlig eksamen.
Fagbrev er et krav i stillingen.
Karakterskalaen går fra A til F, der E er laveste ståkarakter.
Gjennomsnittet av karakterene beregnes av Samordna opptak.
Utdanningsdirektoratet publiserer resultater fra nasjonale prøver.
Norskprøven arrangeres to ganger i året, på nivå A1 til B2.
Temperaturen steg med to grader i løpet av natten.
I hvilken grad er kravene oppfylt?
Lærlinger får lærekontrakt med opplæringskontoret.
Kompetansebeviset dokumenterer gjennomført kurs i varme arbeider.
Doktorgradsprogrammet er normert til tre år.
Autorisasjon som sykepleier søkes hos Helsedirektoratet.
Employees must report sick leave to their manager on the first day of absence.
The policy covers sick leave, parental leave and leave for care of children.
The union and the company signed a new collective agreement.
The data set contains information on race, ethnicity and religion in aggregated form.
Processing of data concerning health or sexual orientation is prohibited under Article 9.
The grade of the steel determines its tensile strength.
Rotate the object by 90 degrees in the plane.
The parser reads a union of structs; each union member has its own tag.
Applicants should hold a master's degree in a relevant field.
Cancer research received record funding this year.
The conviction rate fell by three per cent.
Voters rejected the proposal in the referendum.
The conservative estimate is 4,000 tonnes.
Diabetes is a leading cause of blindness worldwide.
Depression screening tools are listed in annex B.
Gay bars and clubs are listed in the city guide.
Lokalene skal være tilgjengelige for rullestol, og heisen er 110 cm bred.
Opplysninger om straffedommer og lovovertredelser reguleres av artikkel 10.
Genetiske og biometriske opplysninger omfattes også av forbudet.
Velg årsak til fravær i nedtrekkslisten: ferie, permisjon, sykdom.
Ved legemeldt fravær skal sykmelding vedlegges i systemet.
Kurs i psykisk helse for ledere arrangeres 4. og 5. november.
Filmen skildrer livet i en landsby rammet av tuberkulose.
Brosjyren om epilepsi kan lastes ned gratis.
Ansatte oppfordres til å ta koronatest ved symptomer.
Kantinemenyen er merket med allergener etter forskriften.
Bedriften tilbyr helseforsikring som dekker behandling hos psykolog.
Veilederen beskriver tilrettelegging for gravide og ammende.
Skjema for legeerklæring finner du på nav.no.
Har du spørsmål om sykepenger, ring NAV på 55 55 33 33.
Hva skjer hvis jeg blir syk i oppsigelsestiden?
Er du gravid, kan du ha rett til svangerskapspenger.
Du må søke om AAP før sykepengene tar slutt.
Hvis barnet er sykt, kan foreldre bruke egenmelding i inntil ti dager.
Eleven har rett til spesialundervisning etter opplæringslova § 5-1.
Søkeren må ha fullført videregående opplæring eller ha realkompetanse.
Kandidaten skal etter fullført utdanning kunne anvende kunnskapen i praksis.
Arbeidstakeren plikter å melde fra om sykdom så snart som mulig.
Pasienten har rett til fornyet vurdering dersom det er påvist alvorlig sykdom.
Tiltalte kan dømmes til fengsel dersom vilkårene er oppfylt.
Medlemmet har krav på bistand fra fagforeningen etter tre måneder.
"""

CODE = """
def race(grade, degree=3):  # a race condition: he_said, she_said
    return {"same": rom[grade], "union": Union[int, str], "party": third_party, "gay": None}
for each degree of the polynomial, I take the union member; see also `master` and `disabled=True` in my branch
struct { union { int a; float b; } u; } kari;  /* author: kari.testesen@example.no */
SELECT patient_id, grade FROM exam WHERE race = 'x' UNION SELECT 1, 'B'; -- for Kari
git checkout master && git merge bachelor-degree  # Ola: fix abort() in diagnose(), the eksempel fails
"""


@functools.cache
def rules() -> tuple[Rule, ...]:
    return tuple(read_rule(data_folder("recognizers") / "any" / f"{name}.yaml") for name in FILES)


@functools.cache
def detector() -> Detector:
    return Detector(rules())


def found(text: str, header: str = "") -> list[tuple[str, str]]:
    rows = detector().detect_texts([text], header).to_pylist()
    return [(row["entity_type"], text[row["start"] : row["end"]]) for row in rows]


def lines(table: str) -> list[str]:
    return [line for line in table.strip().splitlines() if line]


@pytest.mark.parametrize(
    ("entity_type", "line"), [(name, line) for name, table in ABOUT_A_PERSON.items() for line in lines(table)]
)
def test_a_special_category_of_a_person_is_found(entity_type: str, line: str) -> None:
    start, end = line.index("["), line.index("]") - 1
    text = re.sub(r"[\[\]]", "", line, count=2)
    rows = detector().detect_texts([text]).to_pylist()
    assert any(row["entity_type"] == entity_type and row["start"] < end and row["end"] > start for row in rows)


@pytest.mark.parametrize("line", lines(ABOUT_NOBODY))
def test_a_text_about_nobody_in_particular_holds_nothing(line: str) -> None:
    assert found(line) == []


@pytest.mark.parametrize("joint", ["\n", " ", "\n\n"])
def test_nor_does_a_whole_page_of_them(joint: str) -> None:
    page = lines(ABOUT_NOBODY)
    assert found(joint.join(page)) == []


def test_words_of_programs_are_no_findings() -> None:
    assert found(CODE) == []


def test_code_holds_at_most_one_finding_a_megabyte() -> None:
    texts, size = [], 0
    for file in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        raw = file.read_bytes()
        texts.append(raw.decode("utf-8", "replace"))
        size += len(raw)
    assert detector().detect_texts(texts).num_rows <= max(size / 1e6, 1)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_every_rule_asks_for_a_person_and_calls_its_findings_possible(rule: Rule) -> None:
    assert rule.evidence == "person"
    assert all(pattern.score + rule.context_boost <= 0.65 for pattern in rule.patterns)
    assert all(column.score <= 0.65 for column in rule.columns)
    assert min(len(rule.examples), len(rule.counter_examples)) >= 6


def test_without_a_person_no_pattern_reaches_a_report() -> None:
    for rule in rules():
        assert all((pattern.score + rule.context_boost) / 2 < 0.4 for pattern in rule.patterns)


def test_every_pattern_runs_in_linear_time() -> None:
    assert detector().engine.uncompiled == []


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_the_examples_hold(rule: Rule) -> None:
    for example in (*rule.examples, *rule.counter_examples):
        values = [value for kind, value in found(example.text, example.header) if kind == rule.entity_type]
        assert values == ([example.match] if example.match else []), example.text


EMPTY = ["nei", "Nei", "NEI.", "-", "--", "ingen", "Ingen", "0", "n/a", "N/A", "null", "ukjent", "x", "?", "None", "no"]


@pytest.mark.parametrize("cell", EMPTY)
def test_an_empty_answer_in_a_column_is_no_finding(cell: str) -> None:
    for rule in rules():
        for column in rule.columns:
            assert not regex.compile(column.cell, FLAGS).fullmatch(cell), (rule.id, column.header)


@pytest.mark.parametrize(
    ("header", "cell", "entity_type"),
    [
        ("Diagnose", "Migrene", "HEALTH"), ("icd10_kode", "F32.1", "HEALTH"), ("sykmeldt", "ja", "HEALTH"),
        ("Fraværsårsak", "egenmelding", "HEALTH"), ("allergier", "nøtter", "HEALTH"), ("kosthold", "gluten", "HEALTH"),
        ("Tilrettelegging", "stillerom", "HEALTH"), ("fagforening", "NITO", "UNION_MEMBERSHIP"),
        ("fagforeningskontingent", "412,00", "UNION_MEMBERSHIP"), ("trossamfunn", "islam", "RELIGION"),
        ("kosthold", "halal", "RELIGION"), ("etnisitet", "samisk", "ETHNICITY"),
        ("partitilhørighet", "SV", "POLITICAL_OPINION"),
        ("seksuell_legning", "homofil", "SEXUAL_ORIENTATION"), ("anmerkningPolitiattest", "vold", "CRIMINAL_RECORD"),
        ("HøyesteUtdanning", "master", "EDUCATION"), ("karakter", "4", "EDUCATION"), ("degree", "PhD", "EDUCATION"),
    ],
)  # fmt: skip
def test_a_column_says_what_its_cells_are(header: str, cell: str, entity_type: str) -> None:
    assert (entity_type, cell) in found(cell, header)


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("sykefravær", "4,2 %"), ("fraværsårsak", "ferie"), ("grad", "20"), ("degree", "90"), ("race", "10 km"),
        ("parti", "A-4711"), ("orientation", "landscape"), ("politiattest", "ja"), ("kosthold", "vegetar"),
        ("grade", "316L"), ("karakter", "god"), ("skole", "x1"),
    ],
)  # fmt: skip
def test_a_column_of_the_same_name_but_of_another_matter_is_none(header: str, cell: str) -> None:
    assert found(cell, header) == []
