"""Other readers of mail and of Outlook's files, for `extraction_sides.py`.

Each function takes the path of a file and yields every value in it as text; its name is the format and the reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def mbox_mailbox(path: str) -> Iterator[Any]:
    import mailbox

    for message in mailbox.mbox(path):
        yield from _message(message)


def mbox_email(path: str) -> Iterator[Any]:
    import email

    held: list[bytes] = []
    with open(path, "rb") as lines:
        for line in lines:
            if line.startswith(b"From ") and held:
                yield from _message(email.message_from_bytes(b"".join(held)))
                held = []
            held.append(line)
    yield from _message(email.message_from_bytes(b"".join(held)))


def _message(message: Any) -> Iterator[str]:
    yield from map(str, message.values())
    for part in message.walk():
        if not part.is_multipart():
            yield part.get_payload(decode=True).decode("utf-8", "replace")


def pst_libpff(path: str) -> Iterator[Any]:
    import pypff

    mailbox = pypff.file()
    mailbox.open(path)
    folders = [mailbox.get_root_folder()]
    while folders:
        folder = folders.pop()
        folders += folder.sub_folders
        for message in folder.sub_messages:
            yield from (message.subject or "", message.transport_headers or "")
            for body in (message.plain_text_body, message.html_body, message.rtf_body):
                yield (body or b"").decode("utf-8", "replace")
            for attachment in message.attachments:
                yield attachment.read_buffer(attachment.size).decode("latin-1")


def mbox_policy(path: str) -> Iterator[Any]:
    """With the default policy: header fields and charsets decoded, as pii-scan does."""
    import email
    import mailbox
    from email import policy

    def parsed(content: Any) -> Any:
        return email.message_from_binary_file(content, policy=policy.default)

    for message in mailbox.mbox(path, factory=parsed):
        yield from _decoded(message)


def eml_email(path: str) -> Iterator[Any]:
    import email

    with open(path, "rb") as content:
        yield from _message(email.message_from_binary_file(content))


def eml_policy(path: str) -> Iterator[Any]:
    import email
    from email import policy

    with open(path, "rb") as content:
        yield from _decoded(email.message_from_binary_file(content, policy=policy.default))


def eml_mailparser(path: str) -> Iterator[Any]:
    import base64

    import mailparser

    mail = mailparser.parse_from_file(path)
    yield from map(str, mail.headers.values())
    yield from [*mail.text_plain, *mail.text_html]
    for attachment in mail.attachments:
        payload = attachment["payload"]
        yield base64.b64decode(payload).decode("utf-8", "replace") if attachment["binary"] else payload


def _decoded(message: Any) -> Iterator[str]:
    yield from map(str, message.values())
    for part in message.walk():
        if not part.is_multipart():
            content = part.get_content()
            yield content.decode("utf-8", "replace") if isinstance(content, bytes) else content


def pst_readpst(path: str) -> Iterator[Any]:
    """Debian's readpst, which writes one file for each message, and those read."""
    import subprocess
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        arguments = ["readpst", "-q", "-e", "-D", "-j", "0", "-o", folder, path]
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for file in Path(folder).rglob("*"):
            if file.is_file():
                yield from eml_email(str(file))


def msg_extractmsg(path: str) -> Iterator[Any]:
    import extract_msg

    with extract_msg.openMsg(path) as message:
        yield from (message.subject or "", message.body or "", message.sender or "")
        yield (message.htmlBody or b"").decode("utf-8", "replace")
        for person in message.recipients:
            yield from (person.name or "", person.email or "")
        for attachment in message.attachments:
            yield (attachment.data or b"").decode("utf-8", "replace")


def msg_oxmsg(path: str) -> Iterator[Any]:
    from oxmsg import Message

    message = Message.load(path)
    yield from (message.subject or "", message.body or "", message.html_body or "", message.sender or "")
    yield from message.message_headers.values()
    for person in message.recipients:
        yield from (person.name, person.email_address)
    for attachment in message.attachments:
        yield (attachment.file_bytes or b"").decode("utf-8", "replace")
