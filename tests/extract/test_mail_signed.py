from __future__ import annotations

import base64
import datetime
import random
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7

from pii_scan.model import Limits

ENTITY = (
    b"Content-Type: text/csv; name=liste.csv\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode("navn;epost\nKåre;kåre@example.no\n".encode())
    + b"\r\n"
)


@pytest.fixture(scope="module")
def signer() -> pkcs7.PKCS7SignatureBuilder:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Åse Signerer")])
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name("aase.signerer@example.no")]), False)
        .sign(key, hashes.SHA256())
    )
    return pkcs7.PKCS7SignatureBuilder().set_data(ENTITY).add_signer(certificate, key, hashes.SHA256())


def der(signer: pkcs7.PKCS7SignatureBuilder, detached: bool = False) -> bytes:
    options = [pkcs7.PKCS7Options.Binary] + [pkcs7.PKCS7Options.DetachedSignature] * detached
    return signer.sign(serialization.Encoding.DER, options)


def wrapped(tag: int, data: bytes) -> bytes:
    """A value of indefinite length."""
    return bytes([tag, 0x80]) + data + b"\0\0"


def tlv(tag: int, data: bytes) -> bytes:
    size = len(data).to_bytes(4, "big")
    return bytes([tag, 0x84]) + size + data


SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
DATA = bytes.fromhex("06092a864886f70d010701")


def ber(content: bytes, step: int = 20) -> bytes:
    """As Outlook and OpenSSL stream it: every length left open, the content in pieces."""
    pieces = b"".join(tlv(4, content[at : at + step]) for at in range(0, len(content), step))
    inner = wrapped(0x30, DATA + wrapped(0xA0, wrapped(0x24, pieces)))
    return wrapped(0x30, SIGNED_DATA + wrapped(0xA0, wrapped(0x30, b"\x02\x01\x01\x31\x00" + inner)))


def mail(data: bytes, kind: str = "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m") -> bytes:
    head = f"From: a@example.no\r\nTo: b@example.no\r\nContent-Type: {kind}\r\n"
    return head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data)


def test_what_was_signed_is_read_and_who_signed(read: Any, signer: pkcs7.PKCS7SignatureBuilder) -> None:
    result = read(mail(der(signer)), "x.eml")
    assert result.problems == []
    assert "kåre@example.no" in result.text("x.eml!smime.p7m!message!liste.csv")
    assert "Åse Signerer" in result.text("x.eml!smime.p7m")
    assert "aase.signerer@example.no" in result.text("x.eml!smime.p7m")


def test_what_it_says_of_itself_counts_before_what_the_header_says(
    read: Any, signer: pkcs7.PKCS7SignatureBuilder
) -> None:
    result = read(mail(der(signer), "application/pkcs7-mime"), "x.eml")
    assert result.problems == [] and "kåre@example.no" in result.all_text


def test_a_detached_signature_is_no_problem(read: Any, signer: pkcs7.PKCS7SignatureBuilder) -> None:
    result = read(der(signer, detached=True), "smime.p7s")
    assert result.problems == [] and "aase.signerer@example.no" in result.text("smime.p7s")


def test_streamed_signed_data_are_put_together(read: Any) -> None:
    result = read(ber(ENTITY), "faktura.eml.p7m")
    assert result.problems == []
    assert "kåre@example.no" in result.text("faktura.eml.p7m!faktura.eml!liste.csv")


def test_what_stands_before_a_cut_is_read(read: Any) -> None:
    text = b"Til kari@example.no\n" * 50
    whole = ber(text)
    for cut in range(60, len(whole), 97):
        result = read(whole[:cut], "brev.txt.p7m")
        assert "truncated" in [code for _, code in result.codes], cut
        assert text.decode().startswith(result.text("brev.txt.p7m!brev.txt"))


def test_data_after_the_end_are_named(read: Any) -> None:
    assert read(ber(b"hei hei hei") + b"mer", "x.p7m").codes == [("x.p7m", "corrupt")]


def test_deep_nesting_ends(read: Any) -> None:
    data = SIGNED_DATA
    for _ in range(5000):
        data = b"\x30\x80" + data
    start = b"\x30\x80" + SIGNED_DATA + data
    assert read(start, "x.p7m").codes == [("x.p7m", "limit")]


def test_damage_gives_text_or_a_problem(read: Any, signer: pkcs7.PKCS7SignatureBuilder) -> None:
    rng = random.Random(2)
    for number in range(400):
        broken = bytearray(der(signer) if number % 2 else ber(ENTITY))
        for _ in range(rng.randrange(1, 4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        if number % 5 == 0:
            del broken[rng.randrange(20, len(broken)) :]
        result = read(bytes(broken), "x.p7m", Limits())
        assert result.done["x.p7m"].touched or result.problems
        assert not any("Error" in problem.detail for problem in result.problems), number
