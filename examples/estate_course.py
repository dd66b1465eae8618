"""The course administration: lists of participants, reports to the state, slides, certificates, notes and backups."""

from __future__ import annotations

import random

from estate_archives import gzip_bytes, tar_bytes, zip_bytes
from estate_marks import Table, lines, mark
from estate_people import Person, ipv4
from estate_writer import FIRM, Estate, as_number

COURSES = ("Norsk A2", "Norsk B1", "Digital hverdag", "Lesing og skriving", "Regnskap i praksis", "Datakortet")
_PHONE_FORMS = ("pairs", "international", "plain")


def write_course_files(estate: Estate) -> None:
    """Everything below kurs/, notater/ and backup/."""
    _participants_csv(estate)
    _participants_xlsx(estate)
    _state_report(estate)
    _slides(estate)
    _certificate(estate)
    _attendance(estate)
    _phone_list(estate)
    _old_note(estate)
    _backup(estate)
    _archive_in_archive(estate)


def participant_rows(people: list[Person], rng: random.Random) -> Table:
    """A short list of participants, as it travels by mail: header and rows."""
    rows: Table = [["Navn", "Fødselsnummer", "E-post", "Telefon", "Kurs"]]
    for person in people:
        rows.append([person.name(), person.national_id(), person.email(), person.phone(), rng.choice(COURSES)])
    return rows


def _participants_csv(estate: Estate) -> None:
    path = "kurs/deltakere-2026.csv"
    rng = estate.rng(path)
    header = (
        "Deltakernr;Fornavn;Etternavn;Fødselsnummer;E-post;Mobil;Adresse;Postnr;Poststed;Arbeidsgiver;Utdanning;Kurs"
    )
    rows: Table = [[*header.split(";")]]
    for number, p in enumerate(estate.participants[:180], start=1):
        rows.append(
            [
                mark("CUSTOMER_ID", f"D{number:04d}"),
                mark("PERSON", p.first),
                mark("PERSON", p.last),
                p.national_id("spaced" if number % 7 == 0 else "plain"),
                p.email(),
                p.phone(rng.choice(_PHONE_FORMS)),
                p.street_line(),
                mark("NO_ADDRESS", p.postcode),
                p.place,
                p.employer,
                p.schooling(),
                rng.choice(COURSES),
            ]
        )
    estate.csv(path, rows, "cp1252")


def _participants_xlsx(estate: Estate) -> None:
    path = "kurs/deltakere-2025.xlsx"
    rng = estate.rng(path)
    spring: Table = [["Navn", "Fødselsnummer", "Mobil", "E-post", "Timer"]]
    for p in estate.participants[:60]:
        spring.append(
            [p.name(), as_number(p.national_id()), as_number(p.phone("plain")), p.email(), rng.choice((30, 60, 90))]
        )
    autumn: Table = [["Kursdeltaker", "Personnummer", "Adresse", "Kontonummer", "Utdanningsbakgrunn", "Betalt"]]
    for p in estate.participants[60:110]:
        autumn.append(
            [p.name(), p.national_id(), p.address(), p.bank_account(), p.schooling(), round(rng.uniform(900, 8900), 2)]
        )
    estate.xlsx(path, {"Vår 2025": spring, "Høst 2025": autumn})


def _state_report(estate: Estate) -> None:
    path = "kurs/rapportering-2026-vaar.csv"
    rng = estate.rng(path)
    header = "Tilsagnsnr;Organisasjonsnummer;Deltaker;Fødselsnummer;Fødselsdato;Utdanning;Timer;Fullført"
    rows: Table = [[*header.split(";")]]
    for p in estate.participants[20:90]:
        number = mark("NO_ORGANISASJONSNUMMER", estate.organisation)
        hours = f"{rng.randint(20, 100)}"
        done = rng.choice(("ja", "nei"))
        rows.append(["T-26/114", number, p.name(), p.national_id(), p.birth_date(), p.schooling(), hours, done])
    estate.csv(path, rows, "utf-8-sig")


def _slides(estate: Estate) -> None:
    teacher, helper = estate.staff[1], estate.staff[2]
    group = estate.participants[30:38]
    estate.pptx(
        "kurs/kursplan-norsk-b1.pptx",
        [
            (["Norsk B1", "Kveldskurs våren 2026", FIRM], ""),
            (
                ["Deltakere i gruppe 2", *(p.name() for p in group)],
                f"Ring {helper.name()} på {helper.phone()} ved fravær.",
            ),
            (
                ["Uke 12: muntlig øving", "Ta med egen tekst", "Grupper på fire"],
                f"Spørsmål om opplegget sendes til {teacher.email()}",
            ),
            (["Prøve", f"Kursleder: {teacher.name()}", "Resultatene kommer etter to uker"], ""),
        ],
    )


def _certificate(estate: Estate) -> None:
    p, teacher = estate.participants[41], estate.staff[1]
    estate.docx(
        "kurs/kursbevis-041.docx",
        [
            mark("EDUCATION", "Kursbevis"),
            f"{p.name()}, født {p.birth_date()}, har gjennomført kurset Norsk B1.",
            "Kurset omfattet 90 timer.",
            f"Kursleder {teacher.name()}, telefon {teacher.phone('international')}",
        ],
    )


def _attendance(estate: Estate) -> None:
    group = estate.participants[50:64]
    present = ("møtte", "fravær")
    days = [f"{p.name()} {present[i % 5 == 0]} tirsdag, {present[i % 3 == 0]} torsdag" for i, p in enumerate(group)]
    estate.text("notater/oppmoete-uke-12.txt", lines(["Oppmøte uke 12", "", *days]))


def _phone_list(estate: Estate) -> None:
    entries = [f"{p.name()}: {p.phone(_PHONE_FORMS[i % 3])}" for i, p in enumerate(estate.staff)]
    estate.text("notater/telefonliste.txt", lines(["Telefonliste ansatte", *entries]), "utf-16")


def _old_note(estate: Estate) -> None:
    first, second, third = estate.participants[70:73]
    texts = [
        "Notat fra inntaksmøtet, høsten 2024",
        "",
        f"{first.name()} ringte fra {first.phone()} og vil bytte til dagkurs.",
        f"{second.name()} ({second.email()}) mangler fødselsnummer i systemet: {second.national_id('spaced')}.",
        f"{third.name()} bor i {third.address()} og trenger skyss.",
        f"Tilbakebetaling til {third.name()}: konto {third.bank_account()}.",
        "Ønsker om lokale er meldt til driftsavdelingen.",
    ]
    estate.text("notater/gammelt-notat.txt", lines(texts), "latin-1")


def _backup(estate: Estate) -> None:
    path = "backup/kursportal-2026-03-01.tar.gz"
    document = f"{path}!kursportal-2026-03-01.tar!eksport/brukere.csv"
    rng = estate.rng(path)
    rows: Table = [["id", "brukernavn", "epost", "passord_hash", "sist_ip", "opprettet"]]
    for number, p in enumerate(estate.participants[:120], start=1):
        created = f"2025-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        rows.append(
            [number, mark("USERNAME", p.login), p.email(), mark("PASSWORD_HASH", bcrypt(rng)), ipv4(rng), created]
        )
    data = estate.csv_data(document, rows, delimiter=",")
    tar = tar_bytes({"eksport/brukere.csv": data, "eksport/LESMEG.txt": b"Eksport fra kursportalen.\n"})
    estate.put(path, gzip_bytes(tar, "kursportal-2026-03-01.tar"))


def bcrypt(rng: random.Random) -> str:
    """A made-up password hash in the form of bcrypt, without a mark."""
    letters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "$2b$12$" + "".join(rng.choice(letters) for _ in range(53))


def _archive_in_archive(estate: Estate) -> None:
    path = "backup/arkiv-2024.zip"
    rng = estate.rng(path)
    spring = estate.csv_data(f"{path}!vaar.zip!deltakere.csv", participant_rows(estate.participants[100:125], rng))
    note = lines([f"Pakket av {estate.staff[3].name()} 14. januar 2025.", "Kan slettes etter fem år."])
    readme = estate.ledger.text(f"{path}!les-meg.txt", note).encode("utf-8")
    estate.put(path, zip_bytes({"vaar.zip": zip_bytes({"deltakere.csv": spring}), "les-meg.txt": readme}))
