"""Which encoding bytes are in, and the way to valid UTF-8 without NUL.

Tuned for Norwegian text in the encodings that Norwegian systems have written. Uses no detection library. Does not
know any file format: declared encodings are found by the extractors and checked by `known`.
"""

from __future__ import annotations

import codecs
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pii_scan.kernel import native

_Weights = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

HEAD_BYTES = 64 << 10
"""How much of a file `detect` wants to see."""

_LEGACY = ("cp1252", "cp865", "cp850", "mac-roman")
_BOMS = (  # the UTF-32 marks begin with the UTF-16 ones, so they go first
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = {"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
_NOT_TEXT = {"idna", "punycode", "undefined", "unicode_escape", "unicode-escape", "raw_unicode_escape"}
_NOT_TEXT |= {"raw-unicode-escape", "mbcs", "oem", "palmos"}
# The WHATWG Encoding Standard reads these labels as windows-1252: mail and web pages say one and mean the other.
_AS_CP1252 = {"iso8859-1", "ascii"}


def bom(head: bytes) -> tuple[str, int]:
    """The encoding that a byte order mark announces and the length of the mark; `("", 0)` where there is none."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    return "", 0


def marked(head: bytes) -> str:
    """The encoding that a byte order mark or the pattern of NUL bytes shows; an empty text where neither does."""
    return bom(head)[0] or _wide(head)


@lru_cache(maxsize=2)  # what tells the format of a file and what reads it ask the same
def detect(head: bytes) -> str:
    """The encoding of a text that begins with `head`, as a name of a Python codec.

    Order: byte order mark, UTF-16 or UTF-32 by the pattern of NUL bytes, valid UTF-8, then the legacy encoding in
    which the bytes give Norwegian letters where letters belong. All-ASCII text is `utf-8`.
    """
    if named := marked(head):
        return named
    if head.isascii():
        return "utf-8"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
    except UnicodeDecodeError:
        return _legacy(head)
    return "utf-8"


@lru_cache(maxsize=256)
def known(name: str) -> str | None:
    """The codec name for a declared encoding, or None where it is unknown or no text encoding."""
    try:
        info = codecs.lookup(name.strip().strip("\"'"))
    except (LookupError, ValueError, UnicodeError):
        return None
    if info.name in _NOT_TEXT or not getattr(info, "_is_text_encoding", True):
        return None
    if info.name == "utf-8-sig":
        return "utf-8"
    return "cp1252" if info.name in _AS_CP1252 else info.name


def declared_or_detected(declared: str | None, head: bytes) -> str:
    """The encoding to read by: byte order mark, then the declaration if the bytes can be that, then detection."""
    named, _ = bom(head)
    wide = named or _wide(head)
    if wide:
        return wide
    name = known(declared) if declared else None
    if name is None or name in _WIDE:  # declared inside ASCII bytes, so it cannot be UTF-16
        return detect(head)
    return name


@lru_cache(maxsize=256)
def is_single_pass(encoding: str) -> bool:
    """Whether the bytes can be cut at any newline byte: UTF-8 and the single-byte supersets of ASCII."""
    if encoding == "utf-8":
        return True
    if encoding in _WIDE or encoding.startswith(("iso2022", "utf_7", "utf-7", "hz")):
        return False
    table = bytes(range(128))
    try:
        plain = table.decode(encoding) == table.decode("ascii")
        return plain and len(bytes(range(256)).decode(encoding, "replace")) == 256
    except UnicodeError:
        return False


def to_utf8(block: bytes, encoding: str) -> bytes:
    """The block as valid UTF-8 without NUL; what cannot be decoded becomes U+FFFD, a leading byte order mark goes.

    A block that is not in the encoding announced as `utf-8` is repaired: stray bytes are read by the legacy encoding
    that `detect` finds for the block. `block` must not begin or end inside a character.
    """
    if encoding == "utf-8":
        out = block.removeprefix(codecs.BOM_UTF8)
        if not out.isascii() and not _is_utf8(out):
            out = _repair(out)
    elif block.isascii() and is_single_pass(encoding):
        out = block
    else:
        out = block.decode(encoding, "replace").removeprefix("\ufeff").encode("utf-8", "replace")
    return out.replace(b"\0", b" ") if b"\0" in out else out


def _is_utf8(block: bytes) -> bool:
    compiled = native()
    if compiled is not None:
        return bool(compiled.is_utf8(block))
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _repair(block: bytes) -> bytes:
    """UTF-8 with stray bytes (files joined from two sources), or a legacy encoding announced as UTF-8."""
    mixed = block.decode("utf-8", "surrogateescape")
    codes = np.frombuffer(mixed.encode("utf-32-le", "surrogatepass"), np.uint32)
    stray = int(((codes >= 0xDC80) & (codes <= 0xDCFF)).sum())
    whole = int((codes >= 0x80).sum()) - stray
    legacy = _legacy(block)
    if whole < stray and whole * 10 < stray:  # hardly any valid sequence: chance hits
        return block.decode(legacy, "replace").encode("utf-8")
    high = bytes(range(0x80, 0x100)).decode(legacy if whole < stray else "cp1252", "replace")
    return mixed.translate({0xDC80 + i: char for i, char in enumerate(high)}).encode("utf-8")


def _wide(head: bytes) -> str:
    """UTF-16 or UTF-32 without a mark, by where the NUL bytes of Latin letters fall."""
    sample = head[: 16 << 10]
    sample = sample[: len(sample) // 4 * 4] if len(sample) >= 8 else sample[: len(sample) // 2 * 2]
    if b"\0" not in sample or len(sample) < 4:
        return ""
    nul = np.frombuffer(sample, np.uint8) == 0
    if len(sample) % 4 == 0:
        share4 = nul.reshape(-1, 4).mean(axis=0)
        if share4[1] > 0.6 and share4[2] > 0.95 and share4[3] > 0.95 and share4[0] < 0.05:
            return "utf-32-le"
        if share4[2] > 0.6 and share4[0] > 0.95 and share4[1] > 0.95 and share4[3] < 0.05:
            return "utf-32-be"
    even, odd = nul.reshape(-1, 2).mean(axis=0)
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    if even > 0.4 and odd < 0.05:
        return "utf-16-be"
    return ""


def _legacy(head: bytes) -> str:
    """The legacy encoding in which the bytes above 0x7F read best, `cp1252` where nothing tells them apart."""
    sample = np.frombuffer(b" " + head[: 4 * HEAD_BYTES] + b" ", np.uint8)
    at = np.flatnonzero(sample >= 0x80)
    if not len(at):
        return "cp1252"
    before, here, after = sample[at - 1], sample[at], sample[at + 1]
    best, best_score = "cp1252", -np.inf
    for encoding in _LEGACY:
        inside, alone, letter, upper, lower = _tables(encoding)
        beside = letter[before] | letter[after]
        score = np.where(beside, inside[here], alone[here]).sum()
        score -= 1.5 * (upper[here] & lower[before]).sum()  # a capital after a small letter: wrong table
        if score > best_score + 1e-9:
            best, best_score = encoding, score
    if best == "cp1252" and _has_euro(sample, at):
        return "iso8859-15"
    return best


def _has_euro(sample: npt.NDArray[np.uint8], at: npt.NDArray[np.int64]) -> bool:
    """Byte A4 beside a digit or a blank, and no byte that only cp1252 has: ISO 8859-15 has the euro sign there."""
    if ((sample >= 0x80) & (sample <= 0x9F)).any():
        return False
    euro = at[sample[at] == 0xA4]
    beside = np.concatenate([sample[euro - 1], sample[euro + 1]])
    return bool(len(euro)) and bool(((beside == 32) | ((beside >= 48) & (beside <= 57))).any())


@lru_cache(maxsize=8)
def _tables(encoding: str) -> tuple[_Weights, _Weights, _Flags, _Flags, _Flags]:
    """For each byte: weight beside a letter, weight elsewhere, is a letter, is upper case, is lower case."""
    chars = [bytes([code]).decode(encoding, "replace") for code in range(256)]
    inside, alone = np.zeros(256), np.zeros(256)
    for code in range(0x80, 256):
        char = chars[code]
        if char in "æøåÆØÅ":
            inside[code], alone[code] = 1.0, 0.3
        elif char in "éèêëàáâäóòôöüúùíïçñðþýšžÉÈÄÖÜÓÒÔÁÍÚÀ":
            inside[code], alone[code] = 0.3, -0.2
        elif char.isalpha():
            inside[code], alone[code] = -0.4, -0.3
        elif char in "\ufffd" or not char.isprintable() and not char.isspace():
            inside[code], alone[code] = -2.0, -2.0
        elif char in "’‘“”«»–—…\xa0§€´°":
            inside[code], alone[code] = -0.1, 0.1
        else:
            inside[code], alone[code] = -1.0, -0.3
    letter = np.array([char.isalpha() for char in chars])
    upper = np.array([code >= 0x80 and char.isupper() for code, char in enumerate(chars)])
    lower = np.array([code < 0x80 and char.islower() for code, char in enumerate(chars)])
    return inside, alone, letter, upper, lower
