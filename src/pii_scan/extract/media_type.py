"""Says what a document is, by its content first and its name second: a wrong extension costs nothing.

Reads the head and little else; extracts nothing. Binary formats: `signatures`. What is neither a known format nor text
in some encoding is `application/octet-stream`.
"""

from __future__ import annotations

import json
import posixpath
import re

from pii_scan.extract import charset, mail_separators, signatures, sql_names, tabular
from pii_scan.model import Document

HEAD_BYTES = 64 << 10
TEXT, HTML, CSV, EML, MBOX = "text/plain", "text/html", "text/csv", "message/rfc822", "application/mbox"
XML, SVG, JSON, JSON_LINES = "application/xml", "image/svg+xml", "application/json", "application/x-ndjson"
PDF, TAR, SQL = "application/pdf", "application/x-tar", "application/sql"
VCARD, CALENDAR, UUENCODED = "text/vcard", "text/calendar", "text/x-uuencode"
IWORK = "application/x-iwork-archive"
UNKNOWN = "application/octet-stream"

MAX_CONTROL_SHARE = 0.03
"""Larger shares of control characters or undecodable bytes than this are not text."""

_MAIL_HEADERS = frozenset(
    "received return-path delivered-to from sender reply-to to cc bcc subject date message-id in-reply-to references "
    "mime-version content-type content-transfer-encoding content-disposition content-language resent-from resent-to "
    "resent-date dkim-signature arc-seal arc-message-signature arc-authentication-results authentication-results "
    "received-spf x-mailer x-originating-ip x-priority list-id list-unsubscribe user-agent importance thread-topic "
    "thread-index x-ms-exchange-organization-authas x-ms-has-attach x-gmail-labels status x-status auto-submitted "
    "apparently-to list-post list-help organization x-sender x-receiver envelope-to".split()
)
_FIRST_LINE = 2000
_HEADER_LINE = re.compile(r"([!-9;-~]+)[ \t]*:")
_HTML_ROOT = re.compile(r"(?:<!--.*?-->\s*|<\?xml[^>]*\?>\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_HTML_START = re.compile(  # a fragment
    r"(?:<!--.*?-->\s*)*<(?:head|body|title|meta|table|div|p|script|style|h[1-6]|center|font|span|br|ul|ol|a|img|form|"
    r"link)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_TAG = re.compile(r"</?(?:html|head|body|div|p|br|table|span|a|h[1-6]|ul|li)\b[^<>]*>", re.IGNORECASE)
_XML_START = re.compile(r"<\?xml\s|<!DOCTYPE\s|<!--|<[A-Za-z_][\w.:-]*(?:\s[^<>]*)?/?>")
_FLAT_ODF = re.compile(r"<office:document\s")
_XML_DECLARED = re.compile(r"<\?xml\s|<!DOCTYPE\s", re.IGNORECASE)
_JSON_START = re.compile(r"\{\s*(?:\"|\})|\[\s*(?:\{|\[\s*[\[{\"\d-]|\"|\]|(?:-?\d[\d.eE+-]*|true|false|null)\s*,)")
_JSON_NAMES = (".json", ".jsonl", ".ndjson", ".geojson", ".jsonld", ".har", ".ipynb")
_XML_NAMES = (".xml", ".xsd", ".xsl", ".xslt", ".svg", ".rss", ".atom", ".kml", ".gpx", ".wsdl", ".xhtml", ".fodt")
_CONTACTS = re.compile(r"BEGIN:V(?:CARD|(CALENDAR|EVENT|TODO|JOURNAL))[ \t]*[\r\n]", re.IGNORECASE)
_UUENCODED = re.compile(  # `uuencode`: a line that names the file, and the first line of either encoding
    r"(?:^|\n)begin(?: [0-7]{3,4} \S[^\r\n]*\r?\n[!-M][ -`]{1,62}|-base64 [0-7]{3,4} \S[^\r\n]*\r?\n[\w+/]+=*)\r?\n"
)
_W3C_LOG = re.compile(r"#(?:Software|Version|Date|Fields|Start-Date|Remark): ")  # IIS, CloudFront: named by its lines
_TABLE_NAMES = (".csv", ".tsv", ".tab", ".psv")


def identify(document: Document) -> str:
    """The media type of a document, whose content is at offset 0 before and after."""
    content = document.content
    content.seek(0)
    head = content.read(HEAD_BYTES)
    name = posixpath.basename(document.ref.path).lower()
    if not head.strip(b"\0"):
        content.seek(0)
        return TEXT if not head else TAR if name.endswith(".tar") else UNKNOWN  # an empty tar is all zeros
    text = decode_head(head)
    try:
        found = signatures.binary_type(head, text is not None)
        if found is None and _is_pdf(document, head, text is not None):
            return PDF
        if found == signatures.ZIP:
            return signatures.zip_type(content)
        if found == signatures.OLE:
            return signatures.ole_type(content)
        if found is not None:
            return found
        if name.endswith(".iwa") and head[:1] == b"\0":  # has no signature
            return IWORK
        return _binary_mail(head) if text is None else _text_type(document, head, text, name)
    finally:
        content.seek(0)


_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


def _binary_mail(head: bytes) -> str:
    """A message or mailbox whose first header block is text but whose body is not: parts in `binary` (RFC 2045 2.9)."""
    blank = _BLANK_LINE.search(head)
    text = decode_head(head[: blank.start()]) if blank else None
    if text is None:
        return UNKNOWN
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("From ") and is_mail(start.partition("\n")[2], 2):
        return MBOX
    return EML if is_mail(start, 2) else UNKNOWN


def decode_head(head: bytes) -> str | None:
    """The head as text without its byte order mark, or None where it is no text in any encoding.

    NUL bytes are allowed in text (padded and preallocated logs) as long as there is more text than padding.
    """
    control = len(head) - len(head.translate(None, _CONTROLS))
    if control > MAX_CONTROL_SHARE * len(head) and not charset.marked(head):
        return None  # in no encoding; to find out which it would be takes long
    encoding = charset.detect(head)
    text = head.decode(encoding, "replace").removeprefix("\ufeff")
    if len(head) >= HEAD_BYTES:
        text = text.rstrip("\ufffd")  # the last character may be cut
    if encoding.startswith(("utf-16", "utf-32")):
        if not charset.bom(head)[0] and _mostly_unusual(text):
            return None
        if falsely_wide(head):
            return None
    padding = text.count("\0")
    if padding * 2 > len(text):
        return None
    if charset.is_single_pass(encoding):  # control characters are bytes of their own
        bad = control + text.count("\ufffd")
    else:
        bad = sum(text.count(chr(byte)) for byte in _CONTROLS) + text.count("\ufffd")
    return text if bad <= MAX_CONTROL_SHARE * max(len(text) - padding, 1) else None


_ASCII = bytes(range(32, 127)) + b"\t\r\n"
_CONTROLS = bytes(code for code in range(1, 32) if code not in b"\t\n\v\f\r\x1a\x1b") + b"\x7f"


def falsely_wide(head: bytes) -> bool:
    """Bytes with a UTF-16 mark that are ASCII nine times in ten: by the mark they would be signs that nobody wrote.

    Wide Western text is half NUL; Japanese, the nearest to ASCII, has its kana from U+3041 to U+30FF.
    """
    body = head[charset.bom(head)[1] :]
    return len(body) >= 8 and len(body.translate(None, _ASCII)) * 10 < len(body)


def _mostly_unusual(text: str) -> bool:
    """Wide characters that no Western text has: binary data read two bytes at a time."""
    sample = text[:2000]
    return sum(char > "\u2fff" or char == "\0" for char in sample) * 2 > len(sample)


def _is_pdf(document: Document, head: bytes, is_text: bool) -> bool:
    """`%PDF-` within the first 1024 bytes (ISO 32000-1, annex H, note 13); text that merely names it is not one."""
    at = head.find(b"%PDF-", 0, 1024 + 5)
    if at <= 0 or not is_text:
        return at >= 0
    return b"startxref" in _tail(document, 2048)


def _tail(document: Document, size: int) -> bytes:
    content = document.content
    content.seek(0, 2)
    content.seek(max(content.tell() - size, 0))
    return content.read(size)


def _text_type(document: Document, head: bytes, text: str, name: str) -> str:
    start = text.lstrip("\ufeff \t\r\n\0")
    if match := _CONTACTS.match(start):
        return CALENDAR if match[1] else VCARD
    if start.startswith("From ") and (is_mail(start.partition("\n")[2], 1) or mail_separators.begins_mailbox(head)):
        return MBOX
    if name.endswith((".mbox", ".mbx")) and mail_separators.holds_messages(head):
        return MBOX
    if is_mail(start, 1 if name.endswith((".eml", ".emlx", ".mht", ".mhtml")) else 2):
        return EML
    if _is_html(start, name):
        return HTML
    if start.startswith("<") and _is_xml(document, start, name):
        if _FLAT_ODF.search(start[:8192]):
            return signatures.FLAT_ODF
        return SVG if re.search(r"<svg[\s>]", start[:8192]) else XML
    if start[:1] in ("{", "["):
        found = _json_type(start, name, len(head) < HEAD_BYTES)
        if found:
            return found
    if _W3C_LOG.match(start):
        return TEXT
    if "begin" in text and _UUENCODED.search(text):
        return UUENCODED
    if mail_separators.holds_messages(head):
        return MBOX
    if sql_names.looks_like_sql(start, name):
        return SQL
    if tabular.looks_like_table(head, name):
        return CSV
    return TEXT


def _is_html(start: str, name: str) -> bool:
    opens = start.startswith("<")
    if opens and _HTML_ROOT.match(start[:8192]):
        return True
    if name.endswith((".html", ".htm")):
        return _HTML_TAG.search(start) is not None
    return opens and not name.endswith(_XML_NAMES) and _HTML_START.match(start[:8192]) is not None


def is_mail(text: str, least: int) -> bool:
    r"""The text begins with a header block (RFC 5322 section 2.2) that holds `least` of the well-known fields.

    >>> is_mail("From: a@example.no\nTo: b@example.no\n\nHei", 2), is_mail("Til: a\nFra: b\n\n", 2)
    (True, False)
    """
    if not text[:1].isspace() and not text[:1].isdigit() and 0 <= text.find("\n", 0, _FIRST_LINE):
        if _HEADER_LINE.match(text) is None:  # as most texts: found without taking it apart
            return False
    first = next(iter(text[:_FIRST_LINE].splitlines()), "").strip()
    if not first.isdigit() and _HEADER_LINE.match(first) is None and len(first) < _FIRST_LINE:
        return False
    found: set[str] = set()
    for number, line in enumerate(text.splitlines()):
        if number == 0 and line.strip().isdigit():  # Apple's .emlx begins with a length
            continue
        if not line.strip():
            break
        if line[0] in " \t":
            if not number:
                return False
            continue
        match = _HEADER_LINE.match(line)
        if match is None:
            if number == 0 or len(found) < max(least, 2):
                return False
            break  # a damaged header block is a header block
        if match[1].lower() in _MAIL_HEADERS:
            found.add(match[1].lower())
    return len(found) >= least


def _is_xml(document: Document, start: str, name: str) -> bool:
    if _XML_DECLARED.match(start):
        return True
    if not _XML_START.match(start):
        return False
    tail = _tail(document, 64).replace(b"\0", b"").rstrip()
    return name.endswith(_XML_NAMES) or tail.endswith(b">")


def _json_type(start: str, name: str, whole: bool) -> str | None:
    """JSON, JSON lines (two or more values, a line each), or None for text that only begins like them."""
    named = name.endswith(_JSON_NAMES)
    if not named and name.endswith(_TABLE_NAMES):
        return None
    first, _, rest = start.partition("\n")
    if rest.strip() and _parses(first) and rest.lstrip()[:1] in ("{", "["):
        return JSON_LINES
    if named or _JSON_START.match(start):
        return JSON
    return JSON if whole and _parses(start) else None


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
