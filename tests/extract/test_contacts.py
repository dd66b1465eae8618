from __future__ import annotations

import base64
import io
import textwrap
import time
import zipfile
from typing import Any

import pytest
from data_files import SECRET, line_batches
from hypothesis import given, settings
from hypothesis import strategies as st
from text_family import places

from pii_scan.model import Limits

OLD = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:N=F8rdmann;K=E5re;;;
ADR;WORK;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:;;Storg=C3=
=A5ta 1;Oslo;;0155;Norge
NOTE;ENCODING=QUOTED-PRINTABLE:linje en=0D=0A=
kari@exam=
ple.no
PHOTO;JPEG;ENCODING=BASE64:
 {photo}

EMAIL;INTERNET:ola@example.no
END:VCARD
"""

NEW = """BEGIN:VCARD
VERSION:4.0
FN:Simon\\, Eksempel
item1.EMAIL;TYPE=work:kari.nord
 mann@example.no
ORG:ABC\\, AS;Avdeling Nord;Salg
TEL;VALUE=uri;TYPE="voice,home":tel:+47-680-50-000
PHOTO:data:image/jpeg;base64,{photo}
URL:mailto:per%40example.no
NOTE:Hei\\nlinje to a@example.no
END:VCARD
"""

CALENDAR = """BEGIN:VCALENDAR
PRODID:-//eksempel//NO
BEGIN:VEVENT
ATTENDEE;CN="Kari: Nordmann";ROLE=REQ-PARTICIPANT:mailto:kari@exa
 mple.no
ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME="brev.zip":{photo}
DESCRIPTION:møte\\, med\\; ola@example.no
\tog flere
GEO:59.91;10.75
END:VEVENT
END:VCALENDAR
"""


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("brev.txt", f"til {SECRET}")
    return out.getvalue()


def filled(content: str) -> str:
    packed = base64.b64encode(archive()).decode()
    return content.replace("{photo}", "\n ".join(textwrap.wrap(packed, 70)))


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_a_card_of_version_2_is_read_at_its_lines(read: Any, ends: str, encoding: str) -> None:
    result = read(filled(OLD).replace("\n", ends).encode(encoding), "a.vcf")
    lines = line_batches(result)
    assert result.done["a.vcf"].media_type == "text/vcard" and result.problems == []
    assert places(lines, "Nørdmann, Kåre") == [(3, 48)]
    assert places(lines, "Storgåta 1, Oslo, 0155, Norge") == [(4, 52)]
    assert places(lines, "kari@example.no") == [(7, 1)]
    assert f"til {SECRET}" in result.text("a.vcf!VCARD 1/PHOTO!brev.txt")
    photo = filled(OLD).count("\n ") + 2
    assert places(lines, "ola@example.no") == [(9 + photo, 16)]


def test_a_card_of_version_4_is_read_at_its_lines(read: Any) -> None:
    content = filled(NEW)
    result = read(content.encode(), "a.vcf")
    lines = line_batches(result)
    assert places(lines, "Simon, Eksempel") == [(3, 4)]
    assert places(lines, "kari.nordmann@example.no") == [(4, 23)]
    assert places(lines, "ABC, AS, Avdeling Nord, Salg") == [(6, 5)]
    assert places(lines, "+47-680-50-000") == [(7, 37)]
    assert f"til {SECRET}" in result.text("a.vcf!VCARD 1/PHOTO!brev.txt")
    row = content.count("\n", 0, content.index("URL:")) + 1
    assert places(lines, "per@example.no") == [(row, 12)]
    assert places(lines, "a@example.no") == [(row + 1, 20)]


def test_a_calendar_is_read_at_its_lines(read: Any) -> None:
    content = filled(CALENDAR)
    result = read(content.encode(), "a.ics")
    lines = line_batches(result)
    assert result.done["a.ics"].media_type == "text/calendar"
    assert places(lines, "kari@example.no") == [(4, 58)]
    assert f"til {SECRET}" in result.text("a.ics!VEVENT 1/brev.zip!brev.txt")
    row = content.count("\n", 0, content.index("DESCRIPTION")) + 1
    assert places(lines, "ola@example.no") == [(row, 26)] and places(lines, "og flere") == [(row + 1, 2)]
    assert places(lines, "59.91, 10.75") == [(row + 2, 5)]


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.text("abcæøå ,;\\:\"@.%", min_size=1, max_size=60), min_size=1, max_size=30),
    width=st.integers(8, 40), limit=st.sampled_from([4096, 1 << 20]),
)  # fmt: skip
def test_every_value_is_whole_and_at_its_line_however_it_is_folded(
    read: Any, names: list[str], width: int, limit: int
) -> None:
    content, starts = "", []
    for number, name in enumerate(names):
        escaped = name.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").replace("%", "")
        line = f"NOTE:<{number}:{escaped}>"
        starts.append(content.count("\n") + 3)
        folded, rest = line[:width], line[width:]
        while rest:
            folded, rest = f"{folded}\r\n {rest[:width]}", rest[width:]
        content += folded + "\r\n"
    data = f"BEGIN:VCARD\r\nVERSION:3.0\r\n{content}END:VCARD\r\n".encode()
    lines = line_batches(read(data, limits=Limits(max_value_bytes=limit)))
    for number, (name, start) in enumerate(zip(names, starts, strict=True)):
        [(line, column)] = places(lines, f"<{number}:{name.replace('%', '')}>")
        assert (line, column) == (start, 6)


def test_components_are_numbered_and_names_are_unique(read: Any) -> None:
    photo = base64.b64encode(b"hei " + SECRET.encode()).decode()
    card = f"BEGIN:VCARD\nVERSION:3.0\nPHOTO;ENCODING=b:{photo}\nEND:VCARD\n"
    result = read(
        (card * 2 + card.replace("END", "LOGO;ENCODING=b:aGVpIGhlaSBoZWk=\nPHOTO;ENCODING=b:aGVp\nEND")).encode()
    )
    members = {name for name in result.done if name != "x"}
    assert members == {"x!VCARD 1/PHOTO", "x!VCARD 2/PHOTO", "x!VCARD 3/PHOTO", "x!VCARD 3/LOGO", "x!VCARD 3/PHOTO (2)"}


def test_base64_that_is_none_is_read_as_it_stands(read: Any) -> None:
    result = read(f"BEGIN:VCARD\nPHOTO;ENCODING=b:{SECRET} ikke kodet\nEND:VCARD\n".encode())
    assert places(line_batches(result), SECRET)[0][0] == 2


def test_a_file_that_ends_within_a_card_says_so(read: Any) -> None:
    result = read(f"BEGIN:VCARD\nFN:Kari\nEMAIL:{SECRET}".encode())
    assert result.codes == [("x", "truncated")] and places(line_batches(result), SECRET) == [(3, 7)]


def test_a_picture_of_many_megabytes_on_one_line_is_streamed(read: Any) -> None:
    picture = base64.b64encode(b"\xff\xd8\xff" + bytes(9_000_000)).decode()
    data = f"BEGIN:VCARD\nPHOTO;ENCODING=b:{picture}\nEMAIL:{SECRET}\nEND:VCARD\n".encode()
    result = read(data, limits=Limits(max_value_bytes=1 << 20))
    assert places(line_batches(result), SECRET) == [(3, 7)]
    assert [e.batch.texts.nbytes < 1 << 20 for e in result.batches if e.ref.display == "x"]
    assert "x!VCARD 1/PHOTO" in result.done


@pytest.mark.parametrize(
    "piece", ["BEGIN:VCARD\n", "A;", 'A;B="', " x\n", "=\n", "A;ENCODING=QUOTED-PRINTABLE:=\n", "\\"]
)
def test_endless_beginnings_take_no_endless_time(read: Any, piece: str) -> None:
    started = time.monotonic()
    read(("BEGIN:VCARD\n" + piece * (300_000 // len(piece))).encode())
    assert time.monotonic() - started < 30
