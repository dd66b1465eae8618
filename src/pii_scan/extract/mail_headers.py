"""Header blocks of mail: fields unfolded and decoded (RFC 5322, 2047, 2231), each within a size limit.

Reads no body. Lenient: what cannot be decoded is kept as it stands.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message

from pii_scan.extract import charset

PARAMETER_BYTES = 8 << 10
"""A longer Content-Type or Content-Disposition is cut before its parameters are parsed."""
BLOCK_FACTOR = 16
"""A header block may be this many times as long as one field."""

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_WHOLE_FIELD = re.compile(r"([!-9;-~]+)[ \t]*:([^\n]*\n(?:[ \t][^\n]*\n)*)")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_PLAIN_PARAMETER = re.compile(r"[ \t\r\n]*([A-Za-z0-9-]+)=(?:\"([^\"\\\r\n]*)\"|([^\s;\"'<>()=*%\\]+))[ \t]*(?:;|\Z)")
"""A parameter that needs no decoding: no continuation, no percent sign, no escape."""
_WORDS = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=([ \t\r\n]+(?==\?[^?\s]+\?[bBqQ]\?))?")
_TOO_ODD = (ValueError, LookupError, TypeError, AttributeError)


@dataclass(slots=True)
class Header:
    """The header block of one entity."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    """Names as written, values decoded."""
    rest: list[bytes] = field(default_factory=list)
    """What stands beyond the limits, raw."""
    cut: bool = False
    raw: dict[str, str] = field(default_factory=dict)
    """First value of the fields that steer decoding, lower-case name, not decoded."""
    _plain: dict[str, dict[str, str] | None] = field(default_factory=dict)
    """Parameters of a field where all of them are plain."""
    _file_name: str | None = None

    def media_type(self, default: str = "text/plain") -> str:
        """The declared media type in lower case."""
        value = self.raw.get("content-type", "").partition(";")[0].strip().lower()
        return value if value.count("/") == 1 else default

    def encoding(self) -> str:
        """The content transfer encoding in lower case."""
        return self.raw.get("content-transfer-encoding", "").partition(";")[0].strip().lower()

    def parameter(self, name: str, header: str = "content-type") -> str:
        """A parameter, decoded by RFC 2231 and, against the letter but as is common, by RFC 2047."""
        value = self.raw.get(header, "")[:PARAMETER_BYTES]
        if name not in value.lower():
            return ""
        if header not in self._plain:
            self._plain[header] = _plain_parameters(value)
        plain = self._plain[header]
        if plain is not None:
            return decode_words(plain.get(name, ""))
        message = Message()
        try:
            message[header] = value.replace("\n", " ").replace("\r", " ")
            found = message.get_param(name, "", header)
            if isinstance(found, tuple):
                return found[2].encode("latin-1", "replace").decode(charset.known(found[0] or "") or "utf-8", "replace")
            return decode_words(str(found))
        except _TOO_ODD:
            return ""

    def file_name(self) -> str:
        """The file name of an attachment, or an empty string."""
        if self._file_name is None:
            name = self.parameter("filename", "content-disposition") or self.parameter("name")
            self._file_name = " ".join(name.split())
        return self._file_name

    def is_attachment(self) -> bool:
        """Marked as an attachment (RFC 2183)."""
        return self.raw.get("content-disposition", "").strip().lower().startswith("attachment")


def _plain_parameters(value: str) -> dict[str, str] | None:
    """The parameters of a field by lower-case name, the first of each; None where one needs a full parser."""
    at = value.find(";") + 1
    found: dict[str, str] = {}
    while 0 < at < len(value):
        match = _PLAIN_PARAMETER.match(value, at)
        if match is None:
            return None
        found.setdefault(match[1].lower(), match[2] if match[2] is not None else match[3])
        at = match.end()
    return found


_STEERING = frozenset({"content-type", "content-transfer-encoding", "content-disposition"})


def parse_header(block: bytes) -> Header | None:
    """A whole block of plain ASCII with its blank line, no longer than one field may be, as `read_header` reads it.

    None where it holds a line that is no field.
    """
    header, text, at = Header(), block.decode("ascii"), 0
    end = len(text) - (2 if text.endswith("\r\n") else 1)
    if text.startswith("From ") and _WHOLE_FIELD.match(text) is None:
        at = text.index("\n") + 1
        header.fields.append(("From ", text[:at].strip()))
    while at < end:
        match = _WHOLE_FIELD.match(text, at)
        if match is None:
            return None
        _keep(header, match[1], match[2])
        at = match.end()
    return header


def read_header(next_line: Callable[[], bytes], push_back: Callable[[bytes], None], max_field_bytes: int) -> Header:
    """Reads up to and with the blank line. A line that is no field ends the block and is pushed back."""
    header = Header()
    field_lines: list[bytes] = []
    block, field_bytes, total, beyond = max_field_bytes * BLOCK_FACTOR, 0, 0, 0
    in_field = cut_line = False
    while line := next_line():
        whole = line.endswith((b"\n", b"\r"))
        if not cut_line:
            if not line.strip(b"\r\n"):
                break
            if line[:1] not in b" \t" or not in_field:
                if _FIELD.match(line) is None and not (not in_field and total == 0 and line.startswith(b"From ")):
                    push_back(line)
                    break
                _add_field(header, field_lines)
                field_lines, field_bytes, in_field = [], 0, True
        cut_line = not whole
        room = min(max_field_bytes - field_bytes, block - total)
        if len(line) > room:
            header.cut = True
            header.rest.append(line[max(room, 0) :])
            beyond += len(header.rest[-1])
            line = line[: max(room, 0)]
        field_lines.append(line)
        field_bytes += len(line)
        total += len(line)
        if total >= block or beyond >= block:  # what follows is read as body text
            header.cut = True
            break
    _add_field(header, field_lines)
    return header


def _add_field(header: Header, lines: list[bytes]) -> None:
    raw = b"".join(lines)
    match = _FIELD.match(raw)
    if match is None:
        if raw.strip():
            header.fields.append(("From ", charset.to_utf8(raw, charset.detect(raw)).decode("utf-8").strip()))
        return
    name = match[1].decode("ascii")
    value = charset.to_utf8(raw[match.end() :], charset.detect(raw)).decode("utf-8")
    _keep(header, name, value)


def _keep(header: Header, name: str, value: str) -> None:
    value = value.strip()
    unfolded = _FOLD.sub("", value) if "\n" in value else value
    if name.lower() in _STEERING:
        header.raw.setdefault(name.lower(), unfolded)
    header.fields.append((name, decode_words(unfolded)))


def decode_words(value: str) -> str:
    """Encoded words decoded (RFC 2047); neighbours in one charset are joined before they are decoded.

    >>> decode_words("=?utf-8?Q?K=C3=A5re?= =?utf-8?B?IE5vcmRtYW5u?= <k@example.no>")
    'Kåre Nordmann <k@example.no>'
    """
    if "=?" not in value:
        return value
    out: list[str] = []
    at, pending, pending_charset = 0, b"", ""
    for match in _WORDS.finditer(value):
        data = _word_bytes(match[2], match[3])
        name = match[1].partition("*")[0].lower()  # RFC 2231 allows a language after the charset
        if match.start() > at or name != pending_charset or data is None:
            out += (_text(pending, pending_charset), value[at : match.start()])
            pending = b""
        if data is None:
            out.append(match[0])
        else:
            pending, pending_charset = pending + data, name
        at = match.end()
    out += (_text(pending, pending_charset), value[at:])
    return "".join(out)


def _word_bytes(kind: str, text: str) -> bytes | None:
    try:
        data = text.encode("ascii")
        if kind in "bB":
            return binascii.a2b_base64(data + b"=" * (-len(data.rstrip(b"=")) % 4))
        return binascii.a2b_qp(data, header=True)
    except ValueError:
        return None


def _text(data: bytes, declared: str) -> str:
    if not data:
        return ""
    found = charset.detect(data + b" ")  # a blank: the data end here, in no cut character
    try:
        return data.decode(charset.known(declared) or found)
    except (UnicodeError, LookupError):
        return data.decode(found, "replace")
