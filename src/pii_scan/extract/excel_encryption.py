"""Workbooks that Excel encrypts without asking for a password ([MS-OFFCRYPTO] 2.3.5 to 2.3.7). Guesses no other.

A workbook whose structure is protected is encrypted with a password that Excel knows by itself ([MS-XLS] 2.2.10).
The ciphers are those of the format, long since broken; they protect nothing here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache

from pii_scan.errors import DocumentError
from pii_scan.extract.excel_records import Decrypt

DEFAULT_PASSWORD = "VelvetSweatshop"
_BLOCK = 1024
_PLAIN = frozenset({0x0809, 0x002F, 0x00E1, 0x0194, 0x0195, 0x0196, 0x0138})
"""Records that are never encrypted."""
_SHEET_LIST = 0x0085
_XOR, _RC4 = 0, 1
_INITIAL = (0xE1F0, 0x1D0F, 0xCC9C, 0x84C0, 0x110C, 0x0E10, 0xF1CE, 0x313E, 0x1872, 0xE139, 0xD40F, 0x84F9, 0x280C,
            0xA96A, 0x4EC3)  # fmt: skip
_PADDING = bytes.fromhex("bbffffbaffffb98000be0f00bf0f00")
_SEEDS = (0xAEFC, 0x7B61, 0x4563, 0x0375, 0xD849, 0x6F45, 0xEB23, 0x47D3, 0xB861, 0x45A0, 0xAA51, 0x76B4, 0x3730,
          0x3331, 0x1021)  # fmt: skip
"""The first of every seven numbers of the XOR matrix ([MS-OFFCRYPTO] 2.3.7.2); each of the others is a step of CRC."""


def decryptor(data: bytes, version: int, password: str = DEFAULT_PASSWORD) -> Decrypt:
    """What makes the records behind a FilePass record readable. Raises DocumentError (`encrypted`)."""
    kind = int.from_bytes(data[:2], "little") if version >= 8 else _XOR
    if kind == _XOR:
        found = _xor(data[2:] if version >= 8 else data, password)
    elif data[4:6] == b"\x01\x00":
        found = _rc4(data[6:54], password)
    else:
        found = _rc4_crypto_api(data[6:], password)
    if found is None:
        raise DocumentError("encrypted", "the workbook has a password")
    return found


# RC4, in blocks


def _rc4(data: bytes, password: str) -> Decrypt | None:
    """RC4 of Office 97 ([MS-OFFCRYPTO] 2.3.6.2)."""
    if len(data) < 48:
        return None
    start = hashlib.md5(password.encode("utf-16-le"), usedforsecurity=False).digest()[:5]
    seed = hashlib.md5((start + data[:16]) * 16, usedforsecurity=False).digest()[:5]

    def key(block: int) -> bytes:
        return hashlib.md5(seed + block.to_bytes(4, "little"), usedforsecurity=False).digest()

    plain = _apply(data[16:48], rc4_stream(key(0), 32))
    right = hashlib.md5(plain[:16], usedforsecurity=False).digest() == plain[16:]
    return _by_blocks(key) if right else None


def _rc4_crypto_api(data: bytes, password: str) -> Decrypt | None:
    """RC4 of the CryptoAPI ([MS-OFFCRYPTO] 2.3.5.2)."""
    size = int.from_bytes(data[4:8], "little")
    header, verifier = data[8 : 8 + size], data[8 + size :]
    if len(verifier) < 60 or len(header) < 20:
        return None
    key_bytes = (int.from_bytes(header[16:20], "little") or 40) // 8
    start = hashlib.sha1(verifier[4:20] + password.encode("utf-16-le"), usedforsecurity=False).digest()

    def key(block: int) -> bytes:
        found = hashlib.sha1(start + block.to_bytes(4, "little"), usedforsecurity=False).digest()[:key_bytes]
        return found.ljust(16, b"\0") if key_bytes == 5 else found

    plain = _apply(verifier[20:36] + verifier[40:60], rc4_stream(key(0), 36))
    right = hashlib.sha1(plain[:16], usedforsecurity=False).digest() == plain[16:]
    return _by_blocks(key) if right else None


def _by_blocks(key: Callable[[int], bytes]) -> Decrypt:
    """Every 1024 bytes of the stream have a key of their own; heads of records count but are not encrypted."""

    @lru_cache(maxsize=4)
    def stream(block: int) -> bytes:
        return rc4_stream(key(block), _BLOCK)

    def decrypt(offset: int, kind: int, data: bytes) -> bytes:
        plain = 4 if kind == _SHEET_LIST else len(data) if kind in _PLAIN else 0
        out, at = [data[:plain]], plain
        while at < len(data):
            block, start = divmod(offset + at, _BLOCK)
            part = data[at : at + _BLOCK - start]
            out.append(_apply(part, stream(block)[start : start + len(part)]))
            at += len(part)
        return b"".join(out)

    return decrypt


def _apply(data: bytes, stream: bytes) -> bytes:
    return (int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")).to_bytes(len(data), "little")


def rc4_stream(key: bytes, size: int) -> bytes:
    """The first bytes of the key stream of RC4.

    >>> rc4_stream(b"Key", 4).hex()
    'eb9f7781'
    """
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 0xFF
        state[i], state[j] = state[j], state[i]
    out = bytearray(size)
    i = j = 0
    for at in range(size):
        i = (i + 1) & 0xFF
        a = state[i]
        j = (j + a) & 0xFF
        b = state[i] = state[j]
        state[j] = a
        out[at] = state[(a + b) & 0xFF]
    return bytes(out)


# XOR obfuscation


def _xor(data: bytes, password: str) -> Decrypt | None:
    """Method 1 ([MS-OFFCRYPTO] 2.3.7.2, 2.3.7.3)."""
    word = password.encode("cp1252")[:15]
    key = _xor_key(word)
    if int.from_bytes(data[:2], "little") != key:
        return None
    array = _xor_array(word, key)
    turned = bytes((value << 3 | value >> 5) & 0xFF for value in range(256))

    def decrypt(offset: int, kind: int, data: bytes) -> bytes:
        plain = 4 if kind == _SHEET_LIST else len(data) if kind in _PLAIN else 0
        start = (offset + len(data) + plain) % 16
        part = data[plain:]
        stream = (array[start:] + array * (len(part) // 16 + 1))[: len(part)]
        return data[:plain] + _apply(part.translate(turned), stream)

    return decrypt


def _xor_key(word: bytes) -> int:
    key = _INITIAL[len(word) - 1]
    for char, seed in zip(reversed(word), reversed(_SEEDS), strict=False):
        numbers = [seed]
        for _ in range(6):
            last = numbers[-1] << 1
            numbers.append((last ^ 0x1021 if last & 0x10000 else last) & 0xFFFF)
        for number in reversed(numbers):
            if char & 0x40:
                key ^= number
            char <<= 1
    return key


def _xor_array(word: bytes, key: int) -> bytes:
    plain = (word + _PADDING)[:16]
    parts = (key & 0xFF, key >> 8)
    mixed = (value ^ parts[at & 1] for at, value in enumerate(plain))
    return bytes((value << 2 | value >> 6) & 0xFF for value in mixed)  # the standard says one to the right
