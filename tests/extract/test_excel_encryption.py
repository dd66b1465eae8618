"""Encrypted XLS: opened where the password is the one that Excel itself uses, else a problem."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import pytest
from extract.biff_made import Sheet, label, record, workbook
from extract.found import cells
from extract.ole_made import compound, properties

from pii_scan.extract import excel_encryption


def rc4(key: bytes, data: bytes) -> bytes:
    """RC4, written from its description and not from the code under test."""
    box = list(range(256))
    y = 0
    for x in range(256):
        y = (y + box[x] + key[x % len(key)]) % 256
        box[x], box[y] = box[y], box[x]
    out, x, y = [], 0, 0
    for value in data:
        x = (x + 1) % 256
        y = (y + box[x]) % 256
        box[x], box[y] = box[y], box[x]
        out.append(value ^ box[(box[x] + box[y]) % 256])
    return bytes(out)


def encrypted(password: str, crypto_api: bool) -> bytes:
    """The stream of a workbook encrypted by a password ([MS-XLS] 2.2.10)."""
    salt, check = bytes(range(16)), bytes(range(100, 116))

    def key(block: int) -> bytes:
        number = struct.pack("<I", block)
        if crypto_api:
            start = hashlib.sha1(salt + password.encode("utf-16-le")).digest()
            return hashlib.sha1(start + number).digest()[:16]
        start = hashlib.md5(password.encode("utf-16-le")).digest()[:5]
        return hashlib.md5(hashlib.md5((start + salt) * 16).digest()[:5] + number).digest()

    digest = (hashlib.sha1 if crypto_api else hashlib.md5)(check).digest()
    both = rc4(key(0), check + digest)
    if crypto_api:
        header = struct.pack("<IIIIIIII", 4, 0, 0x6801, 0x8004, 128, 1, 0, 0) + "Base\0".encode("utf-16-le")
        verifier = struct.pack("<I", 16) + salt + both[:16] + struct.pack("<I", 20) + both[16:]
        first = struct.pack("<HHHII", 1, 2, 2, 4, len(header)) + header + verifier
    else:
        first = struct.pack("<HHH", 1, 1, 1) + salt + both
    plain = workbook([Sheet("Vernet", [label(row, 0, f"hemmelig{row}@example.no") for row in range(200)])],
                     first=record(0x2F, first))  # fmt: skip
    stream = b"".join(rc4(key(block), bytes(1024)) for block in range(len(plain) // 1024 + 1))
    out, at = bytearray(plain), 0
    while at + 4 <= len(plain):
        kind, size = struct.unpack_from("<HH", plain, at)
        skip = size if kind in (0x809, 0x2F) else 4 if kind == 0x85 else 0
        for place in range(at + 4 + skip, at + 4 + size):
            out[place] ^= stream[place]
        at += 4 + size
    return bytes(out)


@pytest.mark.parametrize("crypto_api", [False, True])
def test_the_password_that_excel_knows_opens_a_workbook(read: Any, crypto_api: bool) -> None:
    result = read(compound({"Workbook": encrypted("VelvetSweatshop", crypto_api)}), "a.xls")
    assert cells(result, "a.xls")["Vernet", 200, 1] == "hemmelig199@example.no" and result.problems == []


@pytest.mark.parametrize("crypto_api", [False, True])
def test_any_other_password_is_a_problem(read: Any, crypto_api: bool) -> None:
    result = read(compound({"Workbook": encrypted("sommer", crypto_api), **properties("Forfatter")}), "a.xls")
    assert result.codes == [("a.xls", "encrypted")] and result.batches == []


def test_obfuscation_is_undone(read: Any) -> None:
    word = b"VelvetSweatshop"
    key = excel_encryption._xor_key(word)
    array = excel_encryption._xor_array(word, key)
    assert excel_encryption._xor_key(b"abc") == 20810  # a value that others publish
    plain = workbook([Sheet("Vernet", [label(row, 0, f"skjult{row}@example.no") for row in range(50)])],
                     first=record(0x2F, struct.pack("<HHH", 0, key, 0)))  # fmt: skip
    out, at = bytearray(plain), 0
    while at + 4 <= len(plain):
        kind, size = struct.unpack_from("<HH", plain, at)
        skip = size if kind in (0x809, 0x2F) else 4 if kind == 0x85 else 0
        for i in range(skip, size):
            value = plain[at + 4 + i] ^ array[(at + 4 + size + i) % 16]
            out[at + 4 + i] = (value >> 3 | value << 5) & 0xFF
        at += 4 + size
    assert cells(read(compound({"Workbook": bytes(out)}), "a.xls"), "a.xls")["Vernet", 50, 1] == "skjult49@example.no"
