"""The only place where a found value becomes something that is kept: a mask, or a keyed fingerprint.

The mask is a shape: letters become x, digits #, of at most MASK_LENGTH characters. The fingerprint is keyed BLAKE2b
(RFC 7693)
cut to 64 bits, over the value in one written form, so that `kari@example.no` and `KARI@example.no` are one. A plain
hash would not do: all Norwegian national numbers can be hashed in seconds.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.errors import ConfigError

KEY_BYTES = 32
KEY_VARIABLE = "PII_SCAN_KEY"
MASK_LENGTH = 48

_DIGITS_ONLY = frozenset(
    {
        "NO_FODSELSNUMMER", "NO_D_NUMMER", "NO_H_NUMMER", "NO_FH_NUMMER", "NO_DUF_NUMMER", "NO_BANK_ACCOUNT",
        "NO_ORGANISASJONSNUMMER", "CREDIT_CARD", "DK_CPR_NUMMER", "SE_PERSONNUMMER",
    }
)  # fmt: skip
_ALPHANUMERIC = frozenset({"IBAN_CODE", "NO_LICENSE_PLATE", "NO_PASSPORT", "MAC_ADDRESS", "FI_PERSONAL_IDENTITY_CODE"})


def fingerprint_key(environment: Mapping[str, str], folder: Path) -> bytes:
    """The key for fingerprints: 64 hexadecimal digits in PII_SCAN_KEY, else the file `key` in `folder`, made at
    first use.

    Raises ConfigError. Runs made with different keys cannot be compared value by value.
    """
    given = environment.get(KEY_VARIABLE, "").strip()
    if given:
        return _parse_key(given, KEY_VARIABLE)
    file = folder / "key"
    try:
        if not file.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as out:
                out.write(secrets.token_hex(KEY_BYTES) + "\n")
        return _parse_key(file.read_text(encoding="ascii").strip(), str(file))
    except FileExistsError:
        return _parse_key(file.read_text(encoding="ascii").strip(), str(file))
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"the fingerprint key {file} cannot be read or made", f"set {KEY_VARIABLE}") from None


def _parse_key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{where} is not a key of {2 * KEY_BYTES} hexadecimal digits")
    return key


def mask(values: pa.Array) -> pa.Array:
    """The shape of each value.

    >>> mask(pa.array(["kari@example.no", "158880 10030", "Ås 1"])).to_pylist()
    ['xxxx@xxxxxxx.xx', '###### #####', 'xx #']
    """
    shape = pc.replace_substring_regex(values, r"\p{Nd}", "#")
    shape = pc.replace_substring_regex(shape, r"[\pL\pM\pN]", "x")
    shape = pc.replace_substring_regex(shape, r"[^ -~]", "?")
    return pc.utf8_slice_codeunits(shape, 0, MASK_LENGTH)


def written_form(values: pa.Array, entity_type: str) -> pa.Array:
    """Each value in the one form that its fingerprint is taken of: digits alone, lower case, as the type needs.

    >>> written_form(pa.array(["+47 68 05 12 34", "0047 68051234", "68 05 12 34"]), "PHONE_NUMBER").to_pylist()
    ['4768051234', '4768051234', '4768051234']
    """
    values = pc.utf8_normalize(values, "NFKC")
    if entity_type in _DIGITS_ONLY:
        return pc.replace_substring_regex(values, "[^0-9]", "")
    if entity_type in _ALPHANUMERIC:
        return pc.utf8_upper(pc.replace_substring_regex(values, r"[^\pL\pN]", ""))
    if entity_type == "PHONE_NUMBER":
        digits = pc.replace_substring_regex(pc.replace_substring(values, "(0)", ""), "[^0-9]", "")
        return pc.replace_substring_regex(pc.replace_substring_regex(digits, "^00", ""), r"^([2-9][0-9]{7})$", r"47\1")
    folded = pc.utf8_lower(pc.utf8_trim_whitespace(values))
    if entity_type == "IP_ADDRESS":
        return pa.array([_address(value) for value in folded.to_pylist()], folded.type)
    return folded


def _address(text: str) -> str:
    try:
        return ipaddress.ip_address(text.partition("%")[0]).compressed
    except ValueError:
        return text


def fingerprints(values: pa.Array, entity_type: str, key: bytes) -> npt.NDArray[np.uint64]:
    """The keyed fingerprint of each value; distinct values are hashed once."""
    encoded = written_form(values, entity_type).dictionary_encode()
    distinct = encoded.dictionary.cast(pa.large_binary()).to_pylist()
    prints = np.fromiter(
        (int.from_bytes(hashlib.blake2b(value, digest_size=8, key=key).digest(), "little") for value in distinct),
        np.uint64,
        len(distinct),
    )
    indices: npt.NDArray[np.int32] = encoded.indices.to_numpy()
    return prints[indices]
