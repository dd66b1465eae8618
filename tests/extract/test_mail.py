from __future__ import annotations

import base64
import time
import tracemalloc
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.extract.mail_body import Base64, QuotedPrintable
from pii_scan.extract.mail_headers import decode_words
from pii_scan.model import Limits, LineOrigin, PartOrigin

HEAD = b"From: Ola <ola@example.no>\r\nTo: kari@example.no\r\nSubject: Liste\r\nMIME-Version: 1.0\r\n"
CSV = "navn;epost\nKåre;kåre@example.no\n"


def mixed(*parts: bytes, end: bool = True) -> bytes:
    body = b"".join(b"--grense\r\n" + part + b"\r\n" for part in parts)
    tail = b"--grense--\r\n" if end else b""
    return HEAD + b'Content-Type: multipart/mixed; boundary="grense"\r\n\r\n' + body + tail


def headers(result: Any) -> dict[str, str]:
    out: dict[str, str] = {}
    for item in result.batches:
        if isinstance(item.batch.origin, PartOrigin):
            out.update(zip(item.batch.origin.parts, item.batch.texts.to_pylist(), strict=True))
    return out


def parts(result: Any) -> list[str]:
    return [item.batch.origin.part for item in result.batches if isinstance(item.batch.origin, LineOrigin)]


def test_headers_are_parts_and_decoded(read: Any) -> None:
    data = (
        HEAD
        + b"Cc: =?iso-8859-1?Q?K=E5re?= =?iso-8859-1?Q?_Nordmann?= <k@example.no>,\r\n b@example.no\r\n"
        + "X-Rå: blåbær\r\nX-Blå: ja\r\n".encode().replace("X-Rå".encode(), b"X-Raa").replace("X-Blå".encode(), b"X-B")
        + b"Received: from a.example.no (192.0.2.1)\r\n\tby b.example.no\r\n\r\nHei\r\n"
    )
    found = headers(read(data, "x.eml"))
    assert found["header: From"] == "Ola <ola@example.no>"
    assert found["header: Cc"] == "Kåre Nordmann <k@example.no>, b@example.no"
    assert found["header: X-Raa"] == "blåbær"
    assert found["header: Received"] == "from a.example.no (192.0.2.1)\tby b.example.no"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=?utf-8?B?w6XDpg==?= =?utf-8?B?w7g=?=", "åæø"),
        ("=?utf-8?B?w6U=?= x =?utf-8?Q?=C3=A6?=", "å x æ"),
        ("=?utf-8*no?Q?=C3=A5?=", "å"),
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=A5?=", "å"),
        ("=?finnes-ikke?Q?bl=E5?=", "blå"),
        ("=?utf-8?B?!!!?=", ""),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("=?utf-8?Q?a_b?=.", "a b."),
    ],
)
def test_encoded_words(value: str, expected: str) -> None:
    assert decode_words(value) == expected


@given(st.text(max_size=200))
def test_any_header_value_decodes_to_valid_text(value: str) -> None:
    decode_words(value.replace("a", "=?utf-8?Q?").replace("b", "?=")).encode("utf-8", "surrogatepass")


def test_two_hundred_thousand_encoded_words_take_no_time(read: Any) -> None:
    data = b"From: a@example.no\r\nTo: " + b"=?utf-8?Q?a?= " * 200_000 + b"\r\n\r\nslutt kari@example.no\r\n"
    start = time.perf_counter()
    result = read(data, "x.eml")
    assert time.perf_counter() - start < 5
    assert ("x.eml", "limit") in result.codes
    assert "slutt kari@example.no" in result.all_text


def test_a_header_past_its_limit_is_still_scanned(read: Any) -> None:
    data = HEAD + b"X-Lang: " + b"a" * 3000 + b" sist@example.no\r\n\r\nHei\r\n"
    result = read(data, "x.eml", Limits(max_header_bytes=1000))
    assert result.codes == [("x.eml", "limit")]
    assert "sist@example.no" in result.all_text


def test_bodies_are_decoded_from_their_charset(read: Any) -> None:
    data = mixed(
        b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"bl=E5b=\r\n=E6r",
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes("Åse på øy".encode()),
        b"Content-Type: text/plain; charset=us-ascii\r\n\r\n" + "løgn".encode(),
        b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "sjømann på tokt".encode("cp1252"),
        b"Content-Type: text/plain; charset=tull\r\n\r\n" + "blåbær".encode(),
    )
    result = read(data, "x.eml")
    assert result.problems == []
    bodies = [text.strip() for text in result.texts["x.eml"]]
    for expected in ("blåbær", "Åse på øy", "løgn", "sjømann på tokt"):
        assert expected in bodies
    assert parts(result) == ["body", "body (2)", "body (3)", "body (4)", "body (5)"]


def test_attachments_are_members_with_their_own_names(read: Any) -> None:
    encoded = base64.encodebytes(CSV.encode())
    data = mixed(
        b"Content-Type: text/plain\r\n\r\nSe vedlegg",
        b"Content-Type: text/csv; name*0*=utf-8''bl%C3%A5b; name*1*=%C3%A6r.csv\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded,
        b'Content-Type: text/csv\r\nContent-Disposition: attachment; filename="=?utf-8?Q?l=C3=B8nn.csv?="\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded,
        b"Content-Type: text/csv\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded,
    )
    result = read(data, "x.eml")
    assert result.problems == []
    assert result.order == ["x.eml!blåbær.csv", "x.eml!lønn.csv", "x.eml!part-4", "x.eml"]
    for member in result.order[:3]:
        assert "kåre@example.no" in result.text(member)
        assert result.done[member].read_bytes == len(CSV.encode())
    assert headers(result)["part 2 header: file name"] == "blåbær.csv"


def test_a_message_within_a_message_is_a_member(read: Any) -> None:
    inner = EmailMessage()
    inner["From"], inner["To"], inner["Subject"] = "indre@example.no", "b@example.no", "x"
    inner.set_content("Hei fra innsiden")
    inner.add_attachment(CSV.encode(), "text", "csv", filename="liste.csv")
    data = mixed(b"Content-Type: message/rfc822\r\n\r\n" + inner.as_bytes(), b"Content-Type: text/plain\r\n\r\netter")
    result = read(data, "x.eml")
    assert result.problems == []
    assert "kåre@example.no" in result.text("x.eml!part-1!liste.csv")
    assert "indre@example.no" in result.text("x.eml!part-1")
    assert "etter" in result.text("x.eml")


def test_html_bodies_are_text_of_the_message(read: Any) -> None:
    html = '<html><head><meta charset="utf-8"></head><body><p>K&aring;re &lt;k\u00e6re@example.no&gt;</p></body></html>'
    data = mixed(b"Content-Type: text/html; charset=iso-8859-1\r\n\r\n" + html.encode("iso-8859-1"))
    result = read(data, "x.eml")
    assert result.problems == []
    assert "Kåre <kære@example.no>" in result.text("x.eml")
    assert all(part.startswith("html body") for part in parts(result))


def test_preamble_and_epilogue_are_scanned(read: Any) -> None:
    data = mixed(b"\r\nkropp").replace(b"\r\n\r\n--grense", b"\r\n\r\nforord ola@example.no\r\n--grense", 1)
    result = read(data + b"etterord kari@example.no\r\n", "x.eml")
    assert "forord ola@example.no" in result.all_text and "etterord kari@example.no" in result.all_text
    assert parts(result) == ["preamble", "body", "epilogue"]


def test_an_unterminated_boundary_is_a_problem_and_the_text_is_read(read: Any) -> None:
    result = read(mixed(b"\r\nen", b"\r\nto kari@example.no", end=False), "x.eml")
    assert result.codes == [("x.eml", "truncated")]
    assert "kari@example.no" in result.all_text


def test_a_multipart_without_a_boundary_is_read_as_it_stands(read: Any) -> None:
    result = read(HEAD + b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nkari@example.no\r\n", "x.eml")
    assert result.codes == [("x.eml", "corrupt")]
    assert "kari@example.no" in result.all_text


@pytest.mark.parametrize("kind", ["application/pkcs7-mime", "application/x-pkcs7-mime; smime-type=enveloped-data"])
def test_encrypted_mail_is_a_problem(read: Any, kind: str) -> None:
    data = (
        HEAD + f"Content-Type: {kind}; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqG\r\n".encode()
    )
    result = read(data, "x.eml")
    assert result.codes == [("x.eml!smime.p7m", "encrypted")]
    signed = data.replace(kind.encode(), b"application/pkcs7-mime; smime-type=signed-data")
    assert read(signed, "x.eml").codes == [("x.eml!smime.p7m", "truncated")]


def test_pgp_mime_is_a_problem(read: Any) -> None:
    part = (
        b"Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n"
    )
    data = mixed(b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n", part)
    result = read(data.replace(b"multipart/mixed", b"multipart/encrypted"), "x.eml")
    assert ("x.eml", "encrypted") in result.codes and ("x.eml!encrypted.asc", "encrypted") in result.codes


def test_lines_that_are_not_base64_are_not_lost(read: Any) -> None:
    data = HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(b"ola@example.no")
    result = read(data + b"-- \r\nListe: kari@example.no\r\n", "x.eml")
    assert "ola@example.no" in result.all_text and "kari@example.no" in result.all_text
    assert result.codes == [("x.eml", "corrupt")]


def test_ten_thousand_parts_are_read_and_more_are_a_problem(read: Any) -> None:
    result = read(mixed(*[b"\r\nrad %d" % i for i in range(10_000)]), "x.eml")
    assert result.problems == [] and "rad 9999" in result.all_text
    result = read(mixed(*[b"\r\nrad %d" % i for i in range(30)]), "x.eml", Limits(max_mime_parts=20))
    assert result.codes == [("x.eml", "limit")]
    assert "rad 29" in result.all_text


def test_multiparts_nested_without_end_are_read(read: Any) -> None:
    data = HEAD
    for depth in range(2000):
        data += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth)
    result = read(data + b"\r\ninnerst kari@example.no\r\n", "x.eml")
    assert ("x.eml", "limit") in result.codes
    assert "innerst kari@example.no" in result.all_text


def test_messages_nested_without_end_stop_at_the_depth_limit(read: Any) -> None:
    data = (
        b"From: a@example.no\r\nTo: b@example.no\r\nContent-Type: message/rfc822\r\n\r\n"
    ) * 30 + b"From: x\r\n\r\nx"
    result = read(data, "x.eml")
    assert [str(problem.code) for problem in result.problems] == ["limit"]
    assert len(result.done) == 11


def test_a_digest_holds_messages(read: Any) -> None:
    data = mixed(b"\r\nFrom: a@example.no\r\nTo: b@example.no\r\n\r\nHei").replace(b"/mixed", b"/digest")
    assert "a@example.no" in read(data, "x.eml").text("x.eml!part-1")


def test_a_large_attachment_does_not_stay_in_memory(read: Any) -> None:
    line = base64.b64encode(b"ola@example.no;15888010030 " * 2 + b"\n\n\n") + b"\r\n"
    body = b"Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n" + line * 200_000
    data = mixed(body)
    tracemalloc.start()
    read(data, "x.eml", Limits(spool_bytes=1 << 20, max_depth=0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_message_cut_anywhere_is_never_clean_unless_it_is_whole(read: Any) -> None:
    encoded = base64.encodebytes(CSV.encode() * 20)
    data = mixed(
        b"Content-Type: text/plain\r\n\r\nSe vedlegg kari@example.no",
        b"Content-Type: text/csv; name=a.csv\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded,
    )
    body = data.index(b"\r\n\r\n") + 4
    for cut in range(body, len(data) - 4, 50):
        result = read(data[:cut], "x.eml")
        assert ("x.eml", "truncated") in result.codes, cut
    for cut in range(1, body, 50):
        assert read(data[:cut], "x.eml").all_text.strip()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(1, 40))
def test_base64_decodes_the_same_however_it_is_cut(data: bytes, step: int) -> None:
    encoded = base64.encodebytes(data)
    decoder = Base64()
    out = b"".join(decoder.feed(encoded[at : at + step]) for at in range(0, len(encoded), step))
    assert out + decoder.finish() == data and decoder.stray == b""


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_in_base64_raise_nothing(data: bytes) -> None:
    for decoder in (Base64(), QuotedPrintable()):
        for line in data.splitlines(keepends=True):
            decoder.feed(line)
        decoder.finish()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 20))
def test_long_quoted_printable_lines_decode_as_one(data: bytes, step: int) -> None:
    encoded = b"".join(b"=%02X" % byte for byte in data)
    decoder = QuotedPrintable()
    out = b"".join(decoder.feed(encoded[at : at + step]) for at in range(0, len(encoded), step))
    assert out + decoder.finish() == data


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"Hei\r\n=ybegin line=128 size=3 name=liste.csv\r\nabc\r\n=yend size=3\r\n", "unsupported"),
        (b"-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n-----END PGP MESSAGE-----\r\n", "encrypted"),
    ],
)
@pytest.mark.parametrize("kind", [b"text/plain", b"text/html"])
def test_data_sealed_in_a_body_are_a_problem(read: Any, body: bytes, code: str, kind: bytes) -> None:
    result = read(HEAD + b"Content-Type: " + kind + b"\r\n\r\n" + body, "x.eml")
    assert result.codes == [("x.eml", code)]


PLIST = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "x.dtd">\n'
    b'<plist version="1.0"><dict><key>sender</key><string>avsender@example.no</string></dict></plist>\n'
)


@pytest.mark.parametrize("length_line", [b"%d\n", b"%d      \n", b"%d\r\n"])
def test_apple_mail_is_a_message_and_a_property_list(read: Any, length_line: bytes) -> None:
    message = HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes("blåbær".encode())
    result = read(length_line % len(message) + message + PLIST, "12.emlx")
    assert result.problems == []
    assert "blåbær" in result.text("12.emlx")
    assert "avsender@example.no" in result.text("12.emlx!apple-mail.plist")


def test_apple_mail_with_a_wrong_length_is_read_whole_and_named(read: Any) -> None:
    message = mixed(b"\r\nen", b"\r\nkari@example.no")
    short = read(b"%d\n" % (len(message) - 20) + message + PLIST, "12.emlx")
    assert ("12.emlx", "corrupt") in short.codes
    assert "kari@example.no" in short.all_text and "avsender@example.no" in short.all_text
    cut = read(b"%d\n" % (len(message) + 500) + message, "12.emlx")
    assert cut.codes == [("12.emlx", "truncated")] and "kari@example.no" in cut.all_text


def test_a_saved_web_page_is_read_with_its_parts(read: Any) -> None:
    data = (
        b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.no/?q=ola%40example.no\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="grense"\r\n\r\n--grense\r\n'
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"<html><body title=3D'tittel@example.no'>K=C3=A5re=\r\n Nordmann</body></html>\r\n--grense\r\n"
        b"Content-Type: text/css\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Location: cid:css\r\n\r\n"
        b"/* stil@example.no */\r\n--grense--\r\n"
    )
    result = read(data, "side.mhtml")
    assert result.problems == []
    assert "Kåre Nordmann" in result.text("side.mhtml") and "tittel@example.no" in result.text("side.mhtml")
    assert "stil@example.no" in result.text("side.mhtml!part-2")
    assert "ola@example.no" in result.text("side.mhtml").replace("%40", "@")


@pytest.mark.parametrize("before", [b"\r\n", b"    \t \r\n\r\n", b"\xef\xbb\xbf", b"\0\0\0\n", b" " * 300 + b"\n"])
def test_blanks_before_the_header_do_not_hide_the_parts(read: Any, before: bytes) -> None:
    part = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(CSV.encode())
    for data in (before + mixed(part), before + HEAD + part):
        result = read(data, "x.eml")
        assert "kåre@example.no" in result.text("x.eml")
        assert "header: From" in headers(result) or "part 1 header: From" in headers(result)


def test_a_part_in_binary_does_not_hide_the_message(read: Any) -> None:
    part = b"Content-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    noise = bytes(range(256)) * 300
    for data in (HEAD + part + noise, b"From ola@example.no Mon Jan  1 00:00:00 2024\n" + HEAD + part + noise):
        result = read(data, "x.bin")
        assert any(text == "kari@example.no" for texts in result.texts.values() for text in texts)
        assert any(name.endswith("!a.bin") for name in result.done)
