"""Exports as services write them, with invented people: Purview classic and new, Entra, audit log, Takeout, Facebook.

The forms follow what the services document; what they leave open is made as plainly as it can be.
"""

from __future__ import annotations

import csv
import io
import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from extract.formats_archives import zipped
from extract.msg_made import STRING as MSG_STRING
from extract.msg_made import Message, msg
from extract.pst_made import BINARY, STRING, MadeAttachment, MadeItem, recipient
from extract.pst_made import message as pst_message
from extract.pst_writer import PstWriter

FNR = "11837533335"
BODY = f"Hei, fødselsnummeret er {FNR}, ring 68 05 01 01.\r\n"
ATTACHED = f"navn;fnr\r\nTest;{FNR}\r\n"
MESSAGE_ID = "<sak-1@mail.example.no>"
KARI, OLA, PER = "kari@example.no", "ola@example.no", "per@example.no"
STORE = "Top of Information Store"
TEAMS_HTML = "<div><p>Ring&nbsp;<b>68&nbsp;05</b>&nbsp;02&nbsp;02</p><p>hilsen K&aring;re</p></div>"


def eml(message_id: str = MESSAGE_ID, body: str = BODY) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"Ola <{OLA}>", f"Kari <{KARI}>", "Sak"
    made["Message-ID"] = message_id
    made.set_content(body)
    made.add_attachment(ATTACHED.encode(), "text", "csv", filename="liste.csv")
    return made.as_bytes()


def pst() -> bytes:
    writer = PstWriter()
    inbox = writer.folder("Innboks")
    more: dict[int, tuple[int, Any]] = {
        0x1035: (STRING, MESSAGE_ID), 0x0C1A: (STRING, "Ola"), 0x5D01: (STRING, OLA),
    }  # fmt: skip
    attached = MadeAttachment("liste.csv", ATTACHED.encode())
    mail = pst_message("Sak", BODY, props=more, recipients=[recipient("Kari", KARI)], attachments=[attached])
    writer.item(inbox, mail)
    chat: dict[int, tuple[int, Any]] = {
        0x1A: (STRING, "IPM.SkypeTeams.Message"), 0x37: (STRING, "IM"), 0x1013: (BINARY, TEAMS_HTML.encode()),
        0x0C1A: (STRING, "Kåre"), 0x1035: (STRING, "<1616990032035@thread.v2>"),
    }  # fmt: skip
    writer.item(writer.folder("TeamsMessagesData"), MadeItem(chat))
    return writer.finish()


def msg_file() -> bytes:
    properties = [
        (number, MSG_STRING, text)
        for number, text in {
            0x1A: "IPM.Note", 0x37: "Sak", 0x1000: BODY, 0x1035: MESSAGE_ID, 0x5D01: OLA, 0x0C1A: "Ola",
        }.items()
    ]  # fmt: skip
    to = [(number, MSG_STRING, text) for number, text in ((0x3001, "Kari"), (0x39FE, KARI))]
    attached = ([(0x3707, MSG_STRING, "liste.csv")], ATTACHED.encode())
    return msg(Message(properties, recipients=[to], attachments=[attached]))


def classic(folder: Path) -> None:
    """Individual messages, a mailbox and a site, with the reports beside them."""
    exchange = folder / "Exchange"
    files = {
        exchange / f"{KARI}.pst": pst(),
        exchange / f"{OLA} (Primary)" / STORE / "Sent Items" / "Sak.msg": msg_file(),
        exchange / f"{PER} (Archive)" / STORE / "Inbox" / "Sak.eml": eml(),
        folder / "SharePoint" / "hr" / "Delte dokumenter" / "liste.csv": ATTACHED.encode(),
    }
    target = f"\\Exchange\\{OLA} (Primary)\\{STORE}\\Sent Items\\Sak.msg"
    site = "https://firma.sharepoint.com/sites/hr"
    rows = [
        ["Item Identity", "Document ID", "Subject or Title", "Sender or Created by", "Original Path", "Location Name",
         "Target Path", "Duplicate to Item"],
        ["AAMk1", "4810", "Sak", OLA, f"{OLA}\\{STORE}\\Sendt\\2026", f"{OLA} (Primary)", f"C:\\sak1{target}", ""],
        ["b-2", "4811", "liste.csv", "Kari", f"{site}/Delte dokumenter/Mappe/liste.csv", site,
         "SharePoint/hr/Delte dokumenter/liste.csv", ""],
    ]  # fmt: skip
    files[folder / "Results.csv"] = _csv(rows).encode("utf-8-sig")
    files[folder / "Manifest.xml"] = f"<Root><Batch><Document Custodian='{KARI}'/></Batch></Root>".encode()
    _write(files)


def new(folder: Path) -> None:
    """Packages with items and mailboxes, and one with the reports."""
    transcript = "<html><body><div class='m'><span>Kåre</span><span>ring 68&nbsp;05 03 03</span></div></body></html>"
    items = {
        "Kari/Conversations/19_abc.html": transcript.encode(),
        "Kari/Møte.eml": eml("<new@mail.example.no>", "Ring 68 05 04 04.\r\n"),
    }
    rows = [
        ["Compliance item ID", "Target path", "Original path", "Location", "Location name", "Internet message ID"],
        ["1", "Kari\\Conversations\\19_abc.html", "TeamsMessagesData", "Teams", KARI, ""],
        ["2", "", f"{KARI}/Innboks/Møter", "Exchange", KARI, "<new@mail.example.no>"],
    ]
    reports = {"Items_0.csv": _csv(rows).encode("utf-8-sig"), "Summary.csv": b"a,b\n1,2\n"}
    _write({folder / "Items.1.001.zip": zipped(items), folder / "Reports-sak2.zip": zipped(reports)})


def graph_message(number: str, html: str) -> dict[str, Any]:
    """As https://learn.microsoft.com/graph/api/resources/chatmessage has it."""
    return {
        "id": number, "etag": number, "messageType": "message", "createdDateTime": "2026-01-05T10:00:00Z",
        "chatId": "19:abc@thread.v2", "from": {"user": {"displayName": "Kåre Ødegård", "id": "8ea0e38b"}},
        "body": {"contentType": "html", "content": html}, "attachments": [], "mentions": [],
    }  # fmt: skip


def teams(folder: Path) -> None:
    """A list of messages, and one message on its own, twice."""
    many = {"value": [graph_message("1", TEAMS_HTML), graph_message("2", '<a href="mailto:per@example.no">Per</a>')]}
    one = json.dumps(graph_message("3", "<p>68&nbsp;05&nbsp;05&nbsp;05</p>")).encode()
    _write({
        folder / "chat.json": json.dumps(many, indent=1, ensure_ascii=False).encode(),
        folder / "a" / "3.json": one, folder / "b" / "3.json": one,
    })  # fmt: skip


def entra(folder: Path) -> None:
    """The list of users that the admin centre gives, and the unified audit log."""
    users = [
        ["userPrincipalName", "displayName", "surname", "mail", "givenName", "objectId", "userType", "jobTitle",
         "department", "accountEnabled", "telephoneNumber", "mobile"],
        *([f"bruker{n}@example.no", f"Test {n}", "Test", f"bruker{n}@example.no", "Test", f"id{n}", "Member", "", "",
           "TRUE", f"+47 68 05 06 {n:02d}", ""] for n in range(10, 16)),
    ]  # fmt: skip
    data = {"UserId": OLA, "ClientIP": "45.83.12.97", "SourceFileName": "Lønn Kåre.xlsx"}
    log = [["RecordId", "CreationDate", "RecordType", "Operation", "UserId", "AuditData"]]
    log += [[f"r{n}", "2026-01-05", "6", "FileAccessed", OLA, json.dumps(data)] for n in range(6)]
    _write({folder / "exportUsers.csv": _csv(users).encode("utf-8-sig"), folder / "audit.csv": _csv(log).encode()})


def takeout(folder: Path) -> None:
    root = folder / "Takeout"
    mbox = b"".join(
        b"From 17@xxx Mon Jan 05 10:00:00 +0000 2026\r\nX-GM-THRID: 17\r\n" + message.replace(b"\n", b"\r\n") + b"\r\n"
        for message in (eml().replace(b"\r\n", b"\n"), eml("<t@x.example.no>", "68 05 07 07\n").replace(b"\r\n", b"\n"))
    )
    photo = {"title": "IMG.jpg", "geoData": {"latitude": 59.91386, "longitude": 10.75224}, "people": [{"name": "Kåre"}]}
    _write({
        root / "Mail" / "All mail Including Spam and Trash.mbox": mbox,
        root / "Contacts" / "All Contacts.vcf":
            f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Kåre\r\nEMAIL:{PER}\r\nEND:VCARD\r\n".encode(),
        root / "Calendar" / "jobb.ics":
            f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTENDEE:mailto:{PER}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode(),
        root / "Google Photos" / "2026" / "IMG.jpg.supplemental-metadata.json": json.dumps(photo).encode(),
        root / "My Activity" / "Search" / "MyActivity.json":
            json.dumps([{"title": "Søk", "titleUrl": "https://x.example.no/?q=ola%40example.no"}]).encode(),
        root / "archive_browser.html": f"<html><body><p>Arkiv for {KARI}</p></body></html>".encode(),
    })  # fmt: skip


def facebook(folder: Path) -> None:
    """UTF-8 written byte by byte as Latin-1 escapes; a correspondent's address in the name of a folder."""
    thread = {
        "participants": [{"name": "Kåre Ødegård"}], "messages": [{"sender_name": "Kåre Ødegård", "timestamp_ms": 1,
        "content": "Bjørg på tlf 68 05 08 08"}],
    }  # fmt: skip
    data = json.dumps(json.loads(json.dumps(thread, ensure_ascii=False).encode().decode("latin-1"))).encode()
    inbox = folder / "your_facebook_activity" / "messages" / "inbox"
    _write({inbox / "kåreødegård_123456" / "message_1.json": data, inbox / f"{PER}_99" / "message_1.json": data})


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _write(files: dict[Path, bytes]) -> None:
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
