"""Course records: Moodle, Canvas, xAPI, lists of participants; and what goes to the state for Kompetansepluss.

Forms from the exports of Moodle and Canvas and the xAPI specification. HK-dir publishes no file format: the lists for
it are the firm's own.
"""

from __future__ import annotations

import hashlib
import random

from estate_archives import gzip_bytes, tar_bytes
from estate_marks import Table, lines, mark
from estate_messages import json_text, uuid
from estate_people import Person, duf_number, ipv4
from estate_writer import DOMAIN, Estate

BACKUP = "lms/moodle/backup-moodle2-course-12-norskb1-20260310-0915.mbz"
_LOG = "lms/moodle/logs_norskb1_20260310-0912.csv"
_GRADES = "lms/canvas/2026-03-10T0915_Grades-NORSK-B1.csv"
_USERS = "lms/canvas/users.csv"
_STATEMENTS = "lms/xapi/statements-2026-03.json"


def write_learning_files(estate: Estate) -> None:
    """Everything below lms/ and hkdir/."""
    _moodle_log(estate)
    _moodle_backup(estate)
    _gradebook(estate)
    _canvas_users(estate)
    _statements(estate)
    _participants(estate)
    _state_list(estate)
    _final_report(estate)


def _moodle_log(estate: Estate) -> None:
    header = "Time,User full name,Affected user,Event context,Component,Event name,Description,Origin,IP address"
    rng = estate.rng(_LOG)
    rows: Table = [[*header.split(",")]]
    for i in range(20):
        p = estate.participants[i % 9]
        day = f"{1 + i % 9}/03/26, 18:{10 + i}:07"
        told = f"The user with id '{200 + i % 9}' viewed the course with id '12'."
        rows.append([day, p.name(), "-", "Course: Norsk B1", "System", "Course viewed", told, "web", ipv4(rng)])
    estate.put(_LOG, estate.csv_data(_LOG, rows, delimiter=","))


def _moodle_backup(estate: Estate) -> None:
    """A course backup with its users, as tar.gz; somebody's last sign-in was in 2015."""
    rng = estate.rng(BACKUP)
    inner = f"{BACKUP}!content"  # Moodle's gzip gives no name
    users = ['<?xml version="1.0" encoding="UTF-8"?>', "<users>"]
    for i, p in enumerate(estate.participants[9:19]):
        seen = 1_425_200_000 + 86_400 * 400 * (i % 10)
        users += [
            f'  <user id="{200 + i}" contextid="{300 + i}">',
            f"    <username>{mark('USERNAME', p.login)}</username>",
            f"    <firstname>{mark('PERSON', p.first)}</firstname>",
            f"    <lastname>{mark('PERSON', p.last)}</lastname>",
            f"    <email>{p.email()}</email>",
            f"    <phone1>{p.phone()}</phone1>",
            f"    <lastip>{ipv4(rng)}</lastip>",
            f"    <lastaccess>{seen}</lastaccess>",
            "  </user>",
        ]
    users.append("</users>")
    about = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<moodle_backup><information>",
        "  <name>backup-moodle2-course-12-norskb1-20260310-0915.mbz</name>",
        "  <moodle_release>4.3 (Build: 20231009)</moodle_release>",
        f"  <original_wwwroot>https://kurs.{DOMAIN}</original_wwwroot>",
        "</information></moodle_backup>",
    ]
    data = {
        "moodle_backup.xml": lines(about).encode(),
        "files.xml": b'<?xml version="1.0" encoding="UTF-8"?>\n<files>\n</files>\n',
        "users.xml": estate.ledger.text(f"{inner}!users.xml", lines(users)).encode(),
    }
    estate.put(BACKUP, gzip_bytes(tar_bytes(data), ""))


def _gradebook(estate: Estate) -> None:
    rng = estate.rng(_GRADES)
    rows: Table = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Skriftlig (101)", "Muntlig (102)"]]
    rows.append(["    Points Possible", "", "", "", "", "100", "100"])
    for i, p in enumerate(estate.participants[19:31]):
        name = mark("PERSON", f"{p.last}, {p.first}")
        grades = [str(rng.randint(40, 100)), str(rng.randint(40, 100))]
        rows.append([name, 7100 + i, f"S{8100 + i}", p.email(), "Norsk B1 vår", *grades])
    estate.put(_GRADES, estate.csv_data(_GRADES, rows, delimiter=","))


def _canvas_users(estate: Estate) -> None:
    header = (
        "canvas_user_id,user_id,integration_id,authentication_provider_id,login_id,first_name,last_name,full_name,"
        "sortable_name,short_name,email,status,created_by_sis"
    )
    rows: Table = [[*header.split(",")]]
    for i, p in enumerate(estate.participants[19:31]):
        login = mark("USERNAME", p.login)
        names = [mark("PERSON", p.first), mark("PERSON", p.last), p.name(), mark("PERSON", f"{p.last}, {p.first}")]
        rows.append(
            [
                7100 + i,
                mark("USERNAME", f"S{8100 + i}"),
                "",
                "",
                login,
                *names,
                mark("PERSON", p.first),
                p.email(),
                "active",
                "true",
            ]
        )
    estate.put(_USERS, estate.csv_data(_USERS, rows, delimiter=","))


def _statements(estate: Estate) -> None:
    """Statements: every third names its actor by the SHA-1 sum of the address, which anybody can compute."""
    rng = estate.rng(_STATEMENTS)
    found = []
    for i, p in enumerate(estate.participants[31:43]):
        actor: dict[str, object] = {"objectType": "Agent", "name": p.name(), "mbox": f"mailto:{p.email()}"}
        if i % 3 == 2:
            actor = {"objectType": "Agent", "mbox_sha1sum": mark("EMAIL_ADDRESS", _sha1(f"mailto:{p.mail}"))}
        verb = {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en-US": "completed"}}
        found.append(
            {
                "id": uuid(rng.getrandbits(128)),
                "actor": actor,
                "verb": verb,
                "object": {"id": f"https://kurs.{DOMAIN}/norsk-b1/leksjon-{1 + i}", "objectType": "Activity"},
                "result": {"score": {"scaled": round(rng.uniform(0.4, 1), 2)}, "completion": True},
                "timestamp": f"2026-03-0{1 + i % 9}T17:{10 + i}:00Z",
            }
        )
    estate.text(_STATEMENTS, json_text({"statements": found, "more": ""}))


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def _participants(estate: Estate) -> None:
    path = "lms/deltakerlister/deltakere-norsk-b1.csv"
    rows: Table = [["Deltaker", "E-postadresse", "Mobil", "Kurs", "Kursstart", "Oppmøte"]]
    for p in estate.participants[43:53]:
        rows.append([p.name(), p.email(), p.phone(), "Norsk B1", "12.01.2026", "møtte"])
    estate.csv(path, rows)


def _state_rows(people: list[Person], rng: random.Random) -> Table:
    rows: Table = [["Navn", "Fødselsnummer", "DUF-nummer", "Arbeidsgiver", "Utdanning", "Timer", "Oppmøte i prosent"]]
    for i, p in enumerate(people):
        immigrated = duf_number(rng) if i % 4 == 1 else ""
        attended = [rng.choice((60, 90)), rng.randint(60, 100)]
        rows.append([p.name(), p.national_id(), immigrated, p.employer, p.schooling(), *attended])
    return rows


def _state_list(estate: Estate) -> None:
    path = "hkdir/Kompetansepluss 2025/deltakerliste-2025.xlsx"
    estate.xlsx(path, {"Deltakere": _state_rows(estate.participants[53:73], estate.rng(path))})


def _final_report(estate: Estate) -> None:
    """The report of the first grant, of 2014; the file is a fresh copy."""
    path = "hkdir/Kompetansepluss 2014/sluttrapport-2014.xlsx"
    manager = estate.staff[0]
    report: Table = [
        ["Opplysning", "Svar"],
        ["Tilsagn", "T-14/031"],
        ["Sluttrapport levert", "15.12.2014"],
        ["Prosjektleder", manager.name()],
        ["E-post", manager.email()],
        ["Telefon", manager.phone()],
    ]
    estate.xlsx(path, {"Rapport": report, "Deltakere": _state_rows(estate.participants[73:81], estate.rng(path))})
