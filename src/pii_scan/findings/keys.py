"""The key of the fingerprints: where it comes from, and how two runs show that they have the same."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from pii_scan.errors import ConfigError

KEY_BYTES = 32
KEY_VARIABLE = "PII_SCAN_KEY"
_KEY_FILE = "key"
_CHECKED = "the key check of a run"


def fingerprint_key(environment: Mapping[str, str], folder: Path) -> bytes:
    """The key for fingerprints: 64 hexadecimal digits in PII_SCAN_KEY, else the file `key` in `folder`, made at
    first use.

    Raises ConfigError. Runs made with different keys cannot be compared value by value.
    """
    given = environment.get(KEY_VARIABLE, "").strip()
    if given:
        return _parse_key(given, KEY_VARIABLE)
    file = folder / _KEY_FILE
    try:
        if not file.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make_key(file)
        return _parse_key(file.read_text(encoding="ascii").strip(), str(file))
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"the fingerprint key {file} cannot be read or made", f"set {KEY_VARIABLE}") from None


def existing_key(environment: Mapping[str, str], folder: Path) -> bytes:
    """As `fingerprint_key`, but makes none: a new key finds nothing in a run that was made with another. Raises
    ConfigError.
    """
    if not environment.get(KEY_VARIABLE, "").strip() and not (folder / _KEY_FILE).exists():
        hint = f"set {KEY_VARIABLE} to the key of the scan, or run as the user, on the machine, that scanned"
        raise ConfigError(f"there is no fingerprint key in {folder}", hint)
    return fingerprint_key(environment, folder)


def key_check(key: bytes) -> str:
    """What tells whether two runs were made with the same key: a keyed hash of a constant, 32 hexadecimal digits. Says
    nothing of the key itself, which has 256 random bits.
    """
    return hashlib.blake2b(_CHECKED.encode(), digest_size=16, key=key).hexdigest()


def _make_key(file: Path) -> None:
    """A new key in `file`, whole from the first moment it is there; where another scan was quicker, its key stays."""
    own = file.with_name(f"key.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(secrets.token_hex(KEY_BYTES) + "\n")
        try:
            os.link(own, file)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            os.replace(own, file)
    finally:
        own.unlink(missing_ok=True)


def _parse_key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{where} is not a key of {2 * KEY_BYTES} hexadecimal digits")
    return key
