"""Mails and mailbox files of the exports: headers and body marked, dates and ids fixed. Writes nothing to disk."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime

from estate_marks import lines
from estate_people import Person
from estate_writer import Estate

Attached = tuple[str, str, bytes]
"""Name, media type, content."""


def mail(
    estate: Estate,
    document: str,
    between: tuple[Person, Person],
    subject: str,
    body: Sequence[str],
    when: dt.datetime,
    headers: Mapping[str, str] | None = None,
) -> EmailMessage:
    """A message between two people; its values go into the truth of `document`. `headers` come on top."""
    sender, receiver = between
    written = {
        "From": f"{sender.name()} <{sender.email()}>",
        "To": f"{receiver.name()} <{receiver.email()}>",
        "Subject": subject,
        "Date": format_datetime(when),
        "Message-ID": f"<{estate.rng(document).getrandbits(64):016x}@kurspost>",  # no dot: an id, not an address
        **(headers or {}),
    }
    message = EmailMessage(policy=SMTP)
    for name, value in written.items():
        message[name] = estate.ledger.part(document, f"header: {name}", value)
    message.set_content(estate.ledger.text(document, lines(body)), cte="quoted-printable")
    return message


def attach(message: EmailMessage, files: Sequence[Attached], boundary: str) -> None:
    """Attaches files, with a boundary that is the same on every run."""
    for name, media_type, content in files:
        main, _, sub = media_type.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    message.set_boundary(f"=_{boundary}")


def mbox_bytes(messages: Sequence[tuple[dt.datetime, EmailMessage]]) -> bytes:
    """A mailbox file of the kind that Google exports: a line `From <number>@xxx <time>` before each message."""
    out = []
    for when, message in messages:
        out.append(f"From {int(when.timestamp()) * 1000}@xxx {when:%a %b %d %H:%M:%S +0000 %Y}\n".encode())
        out.append(message.as_bytes(policy=default) + b"\n")
    return b"".join(out)


def member(document: str, position: int) -> str:
    """The document of a message in a mailbox file, the first being 1."""
    return f"{document}!{position:05d}"


def json_text(content: object, indent: int | None = 2) -> str:
    """JSON with its marks still in it."""
    return json.dumps(content, ensure_ascii=False, indent=indent) + "\n"


def json_data(estate: Estate, document: str, content: object, indent: int | None = 2) -> bytes:
    """A JSON file that will lie inside another document."""
    return estate.ledger.text(document, json_text(content, indent)).encode("utf-8")


def uuid(bits: int) -> str:
    """128 bits as a UUID of version 4.

    >>> uuid(0)
    '00000000-0000-4000-8000-000000000000'
    """
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
