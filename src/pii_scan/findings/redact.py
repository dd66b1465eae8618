"""The only place where a found value becomes something that is kept: a mask, or a keyed fingerprint.

The mask is a shape: letters become x, digits #, of at most MASK_LENGTH characters. The fingerprint is keyed BLAKE2b
(RFC 7693)
cut to 64 bits, over the value in one written form, so that `kari@example.no` and `KARI@example.no` are one. A plain
hash would not do: all Norwegian national numbers can be hashed in seconds.
"""

from __future__ import annotations

import hashlib
import ipaddress
import unicodedata

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

MASK_LENGTH = 48

_DIGITS_ONLY = frozenset(
    {
        "NO_FODSELSNUMMER", "NO_D_NUMMER", "NO_H_NUMMER", "NO_FH_NUMMER", "NO_DUF_NUMMER", "NO_BANK_ACCOUNT",
        "NO_ORGANISASJONSNUMMER", "CREDIT_CARD", "DK_CPR_NUMMER", "SE_PERSONNUMMER",
    }
)  # fmt: skip
_ELEVEN_DIGITS = frozenset({"NO_FODSELSNUMMER", "NO_D_NUMMER", "NO_H_NUMMER", "NO_FH_NUMMER", "NO_BANK_ACCOUNT"})
"""Spreadsheets lose their leading zero."""
_TEN_DIGITS = frozenset({"DK_CPR_NUMMER", "SE_PERSONNUMMER"})
"""The Swedish number is also written with the century (Skatteverket, SKV 704): the last ten digits are the same in
both. Of two persons born a hundred years apart, with the same number but for that, no distinction is made."""
_ALPHANUMERIC = frozenset({"IBAN_CODE", "NO_LICENSE_PLATE", "NO_PASSPORT", "MAC_ADDRESS", "FI_PERSONAL_IDENTITY_CODE"})
_WRITTEN_OUT = (
    (r" ?[(\[{](?:at|a|krøllalfa|snabel-a|alfakrøll|@)[)\]}] ?| (?:at|krøllalfa) |%40", "@"),
    (r" ?[(\[{](?:dot|punktum|punkt|prikk|\.)[)\]}] ?| (?:dot|punktum|prikk) ", "."),
)
"""How people hide an e-mail address from programs; the forms that the rule for addresses finds."""


def _shape(code: int) -> int:
    """What a code point becomes in a mask."""
    kind = unicodedata.category(chr(code))
    return ord("#" if kind == "Nd" else "x" if kind[0] in "LMN" else chr(code) if 0x20 <= code <= 0x7E else "?")


_NAMED = 0x250
"""Code points of Latin letters, whose shapes stand in a table."""
_SHAPES = np.array([_shape(code) for code in range(_NAMED)], np.uint8)


def mask(values: pa.Array) -> pa.Array:
    """The shape of each value. Raises ValueError when there are nulls.

    >>> mask(pa.array(["kari@example.no", "158880 10030", "Ås 1"])).to_pylist()
    ['xxxx@xxxxxxx.xx', '###### #####', 'xx #']
    """
    values = values.cast(pa.string())
    data = _bytes(values)
    if data is None:
        if len(values):
            raise ValueError("a value that is null has no shape")
        return values
    offsets = np.frombuffer(values.buffers()[1], np.int32)[values.offset : values.offset + len(values) + 1]
    offsets = offsets - offsets[0]
    if (data >= 0x80).any():
        begins = np.cumsum((data & 0xC0) != 0x80, dtype=np.int32)  # of characters, up to each byte
        offsets = np.concatenate([np.zeros(1, np.int32), begins])[offsets]
        shapes = _shapes(np.frombuffer(data.tobytes().decode().encode("utf-32-le"), np.uint32))
    else:
        shapes = _SHAPES[data]
    shape = pa.StringArray.from_buffers(len(values), pa.py_buffer(offsets), pa.py_buffer(shapes))
    return pc.utf8_slice_codeunits(shape, 0, MASK_LENGTH)


def _shapes(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Of each code point its shape."""
    shapes = _SHAPES[np.minimum(codes, _NAMED - 1)]
    far = np.flatnonzero(codes >= _NAMED)
    if len(far):
        met, which = np.unique(codes[far], return_inverse=True)
        shapes[far] = np.array([_shape(code) for code in met.tolist()], np.uint8)[which]
    return shapes


def written_form(values: pa.Array, entity_type: str) -> pa.Array:
    """Each value in the one form that its fingerprint is taken of: digits alone, lower case, as the type needs.

    >>> written_form(pa.array(["+47 68 05 12 34", "0047 68051234", "68 05 12 34"]), "PHONE_NUMBER").to_pylist()
    ['4768051234', '4768051234', '4768051234']
    """
    data = _bytes(values)
    ascii_ = data is not None and not (data >= 0x80).any()
    if not ascii_:
        values = pc.utf8_normalize(values, "NFKC")
    if entity_type in _DIGITS_ONLY:
        digits = _only(values, _DIGIT)
        if entity_type == "SE_PERSONNUMMER":
            digits = pc.replace_substring_regex(digits, "^[0-9]{2}([0-9]{10})$", r"\1")
        length = 11 if entity_type in _ELEVEN_DIGITS else 10 if entity_type in _TEN_DIGITS else 0
        return pc.utf8_lpad(digits, length, "0") if length else digits
    if entity_type in _ALPHANUMERIC:
        kept = _only(values, _LETTER_OR_DIGIT) if ascii_ else pc.replace_substring_regex(values, r"[^\pL\pN]", "")
        return pc.utf8_upper(kept)
    if entity_type == "PHONE_NUMBER":
        return _telephone(_only(pc.replace_substring(values, "(0)", ""), _DIGIT))
    return _folded(values, entity_type)


def _bytes(values: pa.Array) -> npt.NDArray[np.uint8] | None:
    """The bytes of all strings, one after the other; None where there are nulls or not 32-bit offsets."""
    if values.type != pa.string() or values.null_count or not len(values):
        return None
    offsets = np.frombuffer(values.buffers()[1], np.int32)[values.offset : values.offset + len(values) + 1]
    return np.frombuffer(values.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]


_DIGIT = np.isin(np.arange(256), np.arange(48, 58))
_LETTER_OR_DIGIT = np.isin(np.arange(256), [ord(c) for c in map(chr, range(128)) if c.isalnum()])


def _only(values: pa.Array, wanted: npt.NDArray[np.bool_]) -> pa.Array:
    """The strings without all bytes but those `wanted`, all of ASCII."""
    data = _bytes(values)
    if data is None:
        kept = "".join(map(chr, np.flatnonzero(wanted)))
        return pc.replace_substring_regex(values, f"[^{kept}]", "")
    offsets = np.frombuffer(values.buffers()[1], np.int32)[values.offset : values.offset + len(values) + 1]
    keep = wanted[data]
    bounds = np.concatenate([np.zeros(1, np.int32), np.cumsum(keep, dtype=np.int32)])[offsets - offsets[0]]
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(bounds), pa.py_buffer(data[keep]))


def _telephone(digits: pa.Array) -> pa.Array:
    """Digits of telephone numbers with the country code, of Norway where they have none."""
    digits = pc.if_else(pc.starts_with(digits, "00"), pc.utf8_slice_codeunits(digits, 2), digits)
    national = pc.utf8_slice_codeunits(digits, -8)
    norwegian = pc.and_(
        pc.is_in(pc.utf8_slice_codeunits(digits, 0, -8), pa.array(["", "47", "470"], digits.type)),
        pc.and_(pc.greater_equal(pc.utf8_length(digits), 8), pc.greater_equal(national, "2")),
    )
    country, nothing = (pa.scalar(text, digits.type) for text in ("47", ""))
    return pc.if_else(norwegian, pc.binary_join_element_wise(country, national, nothing), digits)


def _folded(values: pa.Array, entity_type: str) -> pa.Array:
    """Text without regard to case and to how wide its spaces are, and what else the type needs."""
    folded = pc.utf8_lower(values)
    data = _bytes(folded)
    if data is None or (data <= 32).any() or (data >= 0x7F).any():  # there may be spaces
        folded = pc.utf8_trim_whitespace(pc.replace_substring_regex(folded, r"\s+", " "))
    if entity_type == "IP_ADDRESS":
        return pa.array([_address(value) for value in folded.to_pylist()], folded.type)
    if entity_type == "EMAIL_ADDRESS":
        return _mailbox(folded)
    if entity_type == "PERSON":  # «Nordmann, Kari»
        return pc.replace_substring_regex(folded, r"^([^,]+), ?([^,]+)$", r"\2 \1")
    if entity_type == "NO_ADDRESS":  # lines of an envelope, or commas between
        return pc.utf8_trim_whitespace(pc.replace_substring_regex(folded, r"[ ,;]+", " "))
    if entity_type == "DATE_OF_BIRTH":
        return _calendar_day(folded)
    return folded


def _calendar_day(folded: pa.Array) -> pa.Array:
    """Dates written as in Norway (2.1.1980) or by ISO 8601 as `1980-01-02`; all others stay as they are."""
    day = pc.replace_substring_regex(folded, r"^(\d{1,2})[-./ ]{1,2}(\d{1,2})[-./ ]{1,2}(\d{4})$", r"\3-\2-\1")
    day = pc.replace_substring_regex(day, r"^(\d{4})[-./](\d{1,2})[-./](\d{1,2})$", r"\1-\2-\3")
    day = pc.replace_substring_regex(day, r"^(\d{4})-(\d)-(\d{1,2})$", r"\1-0\2-\3")
    return pc.replace_substring_regex(day, r"^(\d{4})-(\d{2})-(\d)$", r"\1-\2-0\3")


_UNUSUAL = np.isin(np.arange(256), np.frombuffer(b" ([{%", np.uint8))


def _mailbox(folded: pa.Array) -> pa.Array:
    """Addresses with their signs written out, or their domain in ASCII (RFC 5891), as they are meant."""
    data = _bytes(folded)
    if data is not None and not _UNUSUAL[data].any() and b"xn--" not in data.tobytes():
        return folded
    unusual = pc.match_substring_regex(folded, r"[ (\[{%]|@(?:.*\.)?xn--")
    if not pc.any(unusual, min_count=0).as_py():
        return folded
    plain = folded
    for written, sign in _WRITTEN_OUT:
        plain = pc.replace_substring_regex(plain, written, sign)
    plain = pc.replace_substring(plain, " ", "")
    meant = [None if text is None else _unicode_domain(text) for text in plain.to_pylist()]
    return pc.if_else(unusual, pa.array(meant, folded.type), folded)


def _unicode_domain(address: str) -> str:
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{domain.encode('ascii').decode('idna')}" if "xn--" in domain else address
    except UnicodeError:
        return address


def _address(text: str | None) -> str | None:
    """An IP address in its shortest form (RFC 5952); one of IPv4 that is written as IPv6 (RFC 4291, 2.5.5.2) as it."""
    try:
        address = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return text
    return (getattr(address, "ipv4_mapped", None) or address).compressed


def fingerprint(kind: str, text: str, key: bytes) -> int:
    """The keyed fingerprint of something that is no found value but may hold one, such as a Message-ID; `kind` keeps
    those of different kinds apart.
    """
    data = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8, key=key).digest(), "little")


def fingerprints(values: pa.Array, entity_type: str, key: bytes) -> npt.NDArray[np.uint64]:
    """The keyed fingerprint of each value; distinct values are hashed once."""
    written = values.dictionary_encode()
    encoded = written_form(written.dictionary, entity_type).dictionary_encode()
    distinct = encoded.dictionary.cast(pa.large_binary()).to_pylist()
    made = b"".join(hashlib.blake2b(value, digest_size=8, key=key).digest() for value in distinct)
    prints = np.frombuffer(made, "<u8").astype(np.uint64)
    return np.asarray(prints[encoded.indices.to_numpy()][written.indices.to_numpy()])
