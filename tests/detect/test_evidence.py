"""Whether the text around a hit (here between brackets) points at a particular person."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.detect import evidence
from pii_scan.errors import ConfigError
from pii_scan.registry import data_folder

PERSONS = """
Hun er [sykmeldt] ut mars.
Han ble [sykmeldt] i går
Legen sa at hennes [diabetes] er under kontroll
Ho er [gravid] og har termin i mai
Eg er [sjukmeld] til over påske
Jeg er [sykmeldt] 50 %
I was diagnosed with [asthma] last year
I'm [pregnant] and due in June
She is on [sick leave]
My [diabetes] makes night shifts hard
Min sønn har [ADHD]
Datteren min har [cøliaki]
Mannen min er [uføretrygdet]
Diagnosen min er [revmatisme]
Sykmeldingen hennes gjelder [utbrenthet]
Kari har [migrene]
kari er [sykmeldt] i dag
KARI NORDMANN [SYKMELDT]
Karis [diabetes] er stabil
Fatima [sykmeldt] fra mandag
Mohammed ba om fri til [bønn]
Áilu snakker [samisk]
Anne-Lise er [dyslektiker]
Inger-Johanne har [allergi]
Møtet gjaldt Bergljot Testesen og hennes sak om [uføretrygd]
Vi snakket med Xante Solbakken om [dysleksi]
Xante Solbakken har [epilepsi]
Jan Testesen: [medlem av NITO]
Hei Jan, takk for [sykmeldingen]
Per er [homofil]
Tor har [høreapparat]
Jan er [sykmeldt]
Line Testesen har [ADHD]
Navn: X. Y., [astma]
navn="Bergljot" status="[sykmeldt]"
Pasient: B.T. Diagnose: [F32.1]
Elev: 12, [dysleksi]
Ansattnr: 4711 [sykmeldt]
Patient ID: 0042 [asthma]
Fødselsdato: 01.02.1990, [epilepsi]
født 12.03.1984, [domfelt]
kvinne, 52 år, [diabetes type 2]
32-åringen er [dømt for vold]
34 år gammel mann med [schizofreni]
A 45-year-old man with [HIV]
bergljot.testesen@example.no [gravid]
Fra: xy@example.com Emne: [sykmelding]
01810099901 [NITO]
018100 99901;[ja];LO
Eleven har [dysleksi] og trenger hjelp i norsk
Pasienten har [KOLS]
Elev har [lese- og skrivevansker]
Pasient er [innlagt]
Mor er [uføretrygdet], far jobber i butikk
Den ansatte er [sykmeldt] fra 1. mars
Vedkommende er [straffedømt]
Søkeren er [muslim]
Lærlingen har [fagbrev]
The patient has [hypertension]
The employee is on [sick leave] until May
The defendant was [convicted of fraud]
Patient reports [depression]
His [criminal record] was clean until then
her daughter has [autism]
Hans [politiattest] hadde merknad
Tiltalte ble [dømt for vold]
Barnet har [peanøttallergi]
Du er [sykmeldt] til fredag, så bare hvil deg
Håper det går bra etter at du ble [sykmeldt]
Hun eller faren er [sykmeldt]
Takk for praten. Hennar [sjukmelding] er sendt
[Sykmeldt]: Ola
[diabetes] (Ingrid)
Ingrid; Testesen; [bachelor i økonomi]
{"fornavn": "Xante", "status": "[sykmeldt]"}
Tlf fra Bjørn-Erik, [sykmeldt] ut uka
Bjørn Testesen er [medlem av Fagforbundet]
Kollega er [gravid]
Arbeidstaker er [100 % sykmeldt]
Studenten fikk [karakteren C]
Kona er [innlagt]
Jeg heter Wenche og er [sveiser]
Mvh Oddvar, [vernepleier]
Samboeren min er [arbeidsufør]
"""

NOBODY = """
[Sykmelding] leveres til nærmeste leder
Ansatte som er [sykmeldt] har rett til oppfølging
Arbeidstaker som er [sykmeldt] kan ikke sies opp, jf. § 15-8
Pasienten har rett til innsyn i [journal] etter § 5-1
Eleven har rett til [spesialundervisning] dersom vedtak foreligger
Studenter med [dysleksi] får lengre tid
Pasienter med [diabetes] følges opp
Kreftforeningen støtter forskning på [kreft]
Vaksine mot [influensa] tilbys i kantina
Er du [gravid]? Ring oss
Hvis du er [sykmeldt], må du levere egenmelding
Når du er [sykmeldt], får du sykepenger
Hva gjør jeg når jeg er [sykmeldt]?
Kan jeg ta ferie mens jeg er [sykmeldt]?
Du må levere [egenmelding] innen tre dager
Han eller hun som er [sykmeldt] skal varsles
his or her [religion] is not recorded
Behandling av opplysninger om [fagforeningsmedlemskap] krever grunnlag
Oslo universitetssykehus behandler [lungekreft]
Helse Bergen åpner ny avdeling for [psykiatri]
Norsk Sykepleierforbund krever høyere lønn, sier [LO]
Ole Hansen AS leverer [høreapparater]
Karl Johans gate stengt på grunn av [demonstrasjon]
Sankt Hans feires av [kristne] og andre
Maria kirke holder [konfirmasjon]
Olav Thon Gruppen og [NITO] inngikk avtale
I Norge er det flere [uføre] enn før
I dag er 5 % [sykmeldt]
Her er [sykmeldte] velkomne
race condition in [grade] parser
for each degree, see also [race]
15 min pause, så [bønn]
min(x, y) # [grade]
eg. [allergy] or asthma
The policy covers [sick leave]
Employees shall report [sick leave] within two days
the employee must notify if [pregnant]
[Diabetes] er en kronisk sykdom
Tiltalte har rett til forsvarer når hun/han er [siktet]
Andre er [sykmeldt]
Endre er ikke [sykmeldt]
Inga har [fått diagnose]
Even if [disabled], the flag is read
Live updates: [sykmeldt]
Line 12: [autism] in file
Mai er måneden for [konfirmasjon]
Jan Mayen har ingen [fengsel]
Tom Liste [diagnose]
post@example.no [sykmelding]
no-reply@example.com: [sykmelding] mottatt
git@example.com [grade]
Kundeservice <kundeservice@example.no> om [allergi]
ordre 12345678 [allergi]
versjon 1.2.3 [grade]
navn: feltet fylles ut ved [sykmelding]
name: build the [grade] report
medlemmer av [LO] streiker
Alle kan få [depresjon]
Den som er [sykmeldt] kan kreve dekning
Forskriften gjelder [uføretrygd]
Enhver som er [siktet] har rett til forsvarer
Styret vedtok budsjett for [rusomsorg]
Nordre Land kommune drifter [sykehjem]
Søndre Nordstrand har flest [uføre]
Microsoft Visual Studio har [dark mode]
Kommunen ansetter [sykepleiere]
Prosjektet kartlegger [psykisk helse] blant unge
tran er bra mot [depresjon]
Victoria Park [gay]
Stiftelsen Kirkens Bymisjon hjelper [rusavhengige]
Universitetet tilbyr [bachelor i økonomi]
Vi søker en ingeniør med [mastergrad i informatikk]
Bruk av [rullestol] i bygget
"""


def sides(line: str) -> tuple[str, str]:
    before, after = re.split(r"\[.*?\]", line, maxsplit=1)
    return before, after


def lines(table: str) -> list[str]:
    return [line for line in table.strip().splitlines() if line]


@pytest.mark.parametrize("line", lines(PERSONS))
def test_text_about_a_person_is_evidence(line: str) -> None:
    assert evidence.person_near(*sides(line))


@pytest.mark.parametrize("line", lines(NOBODY))
def test_text_about_nobody_in_particular_is_none(line: str) -> None:
    assert not evidence.person_near(*sides(line))


def test_the_tables_are_large_enough() -> None:
    assert len(lines(PERSONS)) >= 80 and len(lines(NOBODY)) >= 60


def test_a_name_outweighs_the_language_of_rules() -> None:
    assert evidence.person_near("Etter § 8-2 har Kari Nordmann krav på sykepenger mens hun er ", "")


def test_a_rule_in_another_sentence_does_not_take_evidence_away() -> None:
    assert evidence.person_near("Etter § 8-2 skal dette meldes. Jeg er ", " fra mandag.")
    assert evidence.person_near("Jeg er ", ". Hvis du lurer på noe, ring.")


def test_a_word_cut_in_two_at_the_far_end_is_no_evidence() -> None:
    filler = " og så videre"
    cut = "han" + filler * 16
    assert not evidence.person_near(cut[: evidence.BEFORE_BYTES], "")
    assert evidence.person_near("x " + cut[: evidence.BEFORE_BYTES - 2], "")
    assert not evidence.person_near("", (filler * 16)[: evidence.AFTER_BYTES - 4] + " han")
    assert evidence.person_near("", (filler * 16)[: evidence.AFTER_BYTES - 6] + " han ")


def test_no_text_is_no_evidence() -> None:
    assert not evidence.person_near("", "")
    assert not evidence.person_near("\n \t", " ")


@given(st.text(max_size=200), st.text(max_size=120))
def test_any_text_is_judged(before: str, after: str) -> None:
    assert evidence.person_near(before, after) in (True, False)


@given(st.text(alphabet="aA :=@.-_§1", max_size=200), st.sampled_from(["Hun er ", "Kari ", "Navn: Q "]))
def test_what_stands_further_away_takes_no_strong_evidence_away(far: str, near: str) -> None:
    assert evidence.person_near(far + "\n" + near, "")


@pytest.mark.parametrize("filler", ["A" * 200, "a@" * 100, "a." * 100, "han/" * 50, "1" * 200, ": " * 100, "Aa " * 66])
def test_hostile_windows_cost_little(filler: str) -> None:
    started = time.perf_counter()
    for _ in range(20):
        evidence.person_near(filler, filler[: evidence.AFTER_BYTES])
    assert time.perf_counter() - started < 1


def test_the_shipped_lists_hold_what_the_names_of_norway_are() -> None:
    words, _ = evidence._word_lists()
    names = words.first_names | words.first_names_with_verb | words.first_names_with_surname
    assert {"kari", "mohammed", "fatima", "øyvind", "bjørn", "áilu", "jan"} <= names and len(names) >= 600
    assert not words.first_names & (words.first_names_with_verb | words.first_names_with_surname)
    assert not words.first_names & words.not_names


def written(tmp_path: Path, old: str, new: str) -> Path:
    text = (data_folder("configs") / "person_evidence.yaml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "person_evidence.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_an_unknown_key_is_named_with_the_nearest_right_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"person_evidence\.yaml: unknown key 'rolls'.*'roles'"):
        evidence._read_words(written(tmp_path, "\nroles:", "\nrolls:"))


def test_a_list_that_is_missing_or_no_words_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'greetings' must be words"):
        evidence._read_words(written(tmp_path, "\ngreetings: hei", "\n#"))
    with pytest.raises(ConfigError, match="'greetings' must be words"):
        evidence._read_words(written(tmp_path, "\ngreetings: hei", "\ngreetings: [hei]\n#"))
