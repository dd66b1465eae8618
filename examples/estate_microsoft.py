"""Exports of Microsoft 365: Purview eDiscovery in its classic form, Teams, the list of users, audit logs.

Forms from the signatures that Microsoft publishes (eDiscovery: "Export search results"; Entra: "Bulk download users";
audit log: "Export, configure, and view audit log records"); the content is invented.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re

from estate_course import participant_rows
from estate_marks import Table, mark
from estate_messages import attach, json_text, mail, uuid
from estate_people import ipv4
from estate_writer import Estate

CASE = "m365/Innsyn 2026-02/03.02.2026-1015"
_SITE = "fjordlys-kurs.sharepoint.com"
_AUDIT = "m365/revisjon/AuditLog_2026-03-01_2026-03-10.csv"
_OLD_AUDIT = "m365/revisjon/SearchUnifiedAuditLog-2023.csv"
_USERS = "m365/entra/exportUsers_2026-03-10.csv"
_CSV = "text/csv"


def write_microsoft_files(estate: Estate) -> None:
    """Everything below m365/."""
    _exchange(estate)
    _sites(estate)
    _teams(estate)
    _users(estate)
    _audit(estate)
    _old_audit(estate)


def _exchange(estate: Estate) -> None:
    """Two mailboxes; the address of each is a folder's name. One mail is from 2019."""
    for number, owner in enumerate((estate.staff[1], estate.staff[3])):
        folder = f"{CASE}/Exchange/{owner.mail} (Primary)/Top of Information Store"
        for item, year in enumerate((2026, 2019)):
            writer = estate.participants[200 + 2 * number + item]
            path = f"{folder}/Innboks/Spørsmål om kurs {item + 1}.eml"
            body = [
                "Hei",
                "",
                f"Kan jeg bytte gruppe? Dere når meg på {writer.phone()}.",
                f"Fødselsnummeret mitt er {writer.national_id('spaced')}." if item else "Jeg bor nå et annet sted.",
                "",
                writer.name(),
            ]
            when = dt.datetime(year, 1, 14, 9, 20 + number, tzinfo=dt.UTC)
            message = mail(estate, path, (writer, owner), f"Spørsmål om kurs {item + 1}", body, when)
            if not item:
                rows = participant_rows(estate.participants[210 + 4 * number : 214 + 4 * number], estate.rng(path))
                attach(message, [("gruppe.csv", _CSV, estate.csv_data(f"{path}!gruppe.csv", rows))], f"sak_{number}")
            estate.ledger.part(path, "name", path.replace(owner.mail, owner.email()))
            estate.put(path, message.as_bytes())


def _sites(estate: Estate) -> None:
    """A document library of SharePoint and the OneDrive of a person, as the classic export lays them."""
    path = f"{CASE}/SharePoint/{_SITE}/sites/kurs/Delte dokumenter/Deltakere vår 2026.xlsx"
    rows = participant_rows(estate.participants[218:226], estate.rng(path))
    estate.xlsx(path, {"Deltakere": rows})
    owner, p = estate.staff[1], estate.participants[226]
    folder = f"{CASE}/OneDrive/fjordlys-kurs-my.sharepoint.com/personal/{re.sub('[^a-z]', '_', owner.mail)}/Documents"
    note = f"{folder}/Notat til kurslederne.docx"
    estate.ledger.part(note, "name", owner.name())  # of whom the folder is called after
    estate.docx(
        note,
        [
            f"{p.name()} ({p.email()}) ønsker plass på kveldskurset.",
            f"Telefon {p.phone()}, adresse {p.address()}.",
        ],
    )


def _teams(estate: Estate) -> None:
    """Messages of a chat in the form of Microsoft Graph: the body is HTML in JSON."""
    path = "m365/Teams/chat-kursledere-messages.json"
    rng = estate.rng(path)
    chat = f"19:{rng.getrandbits(128):032x}@thread.v2"
    values = []
    for i, p in enumerate(estate.participants[227:231]):
        author = estate.staff[1 + i % 3]
        values.append(
            {
                "id": str(1_772_000_000_000 + 61_000 * i),
                "messageType": "message",
                "createdDateTime": f"2026-02-25T08:{10 + i}:31.204Z",
                "chatId": chat,
                "from": {"user": {"displayName": author.name(), "userIdentityType": "aadUser"}},
                "body": {
                    "contentType": "html",
                    "content": f"<p>Ring {p.name()} på {p.phone()}, e-post {p.email()}</p>",
                },
                "attachments": [],
                "mentions": [],
            }
        )
    context = "https://graph.microsoft.com/v1.0/$metadata#chats('kursledere')/messages"
    estate.text(path, json_text({"@odata.context": context, "@odata.count": len(values), "value": values}))


def _users(estate: Estate) -> None:
    """Staff and guests; two guests are children by Entra's own flags."""
    header = (
        "userPrincipalName,displayName,surname,mail,givenName,objectId,userType,jobTitle,department,accountEnabled,"
        "usageLocation,streetAddress,state,country,officeLocation,city,postalCode,telephoneNumber,mobilePhone,"
        "alternateEmailAddress,ageGroup,consentProvidedForMinor,legalAgeGroupClassification,companyName,creationType,"
        "directorySynced,invitationState,identityIssuer,createdDateTime"
    ).split(",")
    rng = estate.rng(_USERS)
    rows: Table = [[*header]]
    minors = {
        1: ("Minor", "Granted", "MinorWithParentalConsent"),
        3: ("Minor", "Denied", "MinorWithoutParentalConsent"),
    }
    for i, p in enumerate([*estate.staff[:5], *estate.participants[231:236]]):
        guest = i >= 5
        group, consent, legal = minors.get(i - 5, ("Adult" if guest else "", "", "Adult" if guest else ""))
        known = {
            "userPrincipalName": p.email(),
            "displayName": p.name(),
            "surname": mark("PERSON", p.last),
            "mail": p.email(),
            "givenName": mark("PERSON", p.first),
            "objectId": uuid(rng.getrandbits(128)),
            "userType": "Guest" if guest else "Member",
            "jobTitle": "" if guest else "Kursleder",
            "department": "" if guest else "Kurs",
            "accountEnabled": "True",
            "usageLocation": "NO",
            "telephoneNumber": p.phone("international"),
            "ageGroup": group,
            "consentProvidedForMinor": consent,
            "legalAgeGroupClassification": legal,
            "companyName": "Fjordlys Kurs AS",
            "createdDateTime": f"2025-0{1 + i % 9}-1{i % 10}T07:00:00Z",
        }
        rows.append([known.get(name, "") for name in header])
    estate.put(_USERS, estate.csv_data(_USERS, rows, "utf-8-sig", delimiter=","))


def _audit(estate: Estate) -> None:
    """The columns of today's portal; the record itself is JSON in a cell."""
    header = (
        "RecordId,CreationDate,RecordType,Operation,UserId,AuditData,AssociatedAdminUnits,AssociatedAdminUnitsNames"
    )
    rng = estate.rng(_AUDIT)
    rows: Table = [[*header.split(",")]]
    for i in range(12):
        p = estate.staff[i % 5]
        record, when = uuid(rng.getrandbits(128)), f"2026-03-{1 + i % 9:02d}T08:{10 + i}:00"
        data = {
            "CreationTime": when,
            "Id": record,
            "Operation": "FileAccessed",
            "OrganizationId": uuid(7),
            "RecordType": 6,
            "UserId": p.email(),
            "ClientIP": ipv4(rng),
            "ObjectId": f"https://{_SITE}/sites/kurs/Delte dokumenter/Deltakere vår 2026.xlsx",
        }
        shown = json.dumps(data, ensure_ascii=False)
        rows.append([record, f"{when}.0000000Z", 6, "FileAccessed", p.email(), shown, "", ""])
    estate.put(_AUDIT, estate.csv_data(_AUDIT, rows, delimiter=","))


def _old_audit(estate: Estate) -> None:
    """The columns of the old portal and of PowerShell: sign-ins of 2023 in a file of this year."""
    rng = estate.rng(_OLD_AUDIT)
    rows: Table = [["CreationDate", "UserIds", "Operations", "AuditData"]]
    for i in range(8):
        p = estate.staff[i % 4]
        data = {"CreationTime": f"2023-0{1 + i}-12T07:02:11", "UserId": p.email(), "ClientIP": ipv4(rng)}
        rows.append([f"{1 + i}/12/2023 7:02:11 AM", p.email(), "UserLoggedIn", json.dumps(data, ensure_ascii=False)])
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(estate.ledger.table(_OLD_AUDIT, rows))
    estate.put(_OLD_AUDIT, out.getvalue().encode("utf-8"))
