"""Credentials that a configuration file refers to: `${NAME}`, from the environment, and `${keyring:SERVICE/USER}`,
from the keyring of the system. No error says what they hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from pii_scan.errors import ConfigError

_PLACE = re.compile(r"\$\{(?:(keyring:[^}]*)|([A-Za-z_][A-Za-z0-9_]*))\}")
_ENTRY = re.compile(r"keyring:([^/]+)/(.+)", re.DOTALL)


def filled(text: str, where: str, environment: Mapping[str, str]) -> str:
    """`text` with what it refers to. What a variable holds is put in as it is, a password from the keyring as a URL
    has it. Raises ConfigError: no such variable, no such entry, or no keyring.
    """

    def fill(found: re.Match[str]) -> str:
        entry, name = found.groups()
        if entry:
            password = _from_keyring(entry, where)
            return quote(password, safe="") if "://" in text[: found.start()] else password
        if name not in environment:
            raise ConfigError(f"{where}: the environment variable {name} is not set")
        return environment[name]

    return _PLACE.sub(fill, text)


def _from_keyring(reference: str, where: str) -> str:
    entry = _ENTRY.fullmatch(reference)
    if entry is None:
        raise ConfigError(f"{where}: ${{{reference}}} names no entry", "write ${keyring:SERVICE/USER}")
    try:
        import keyring
        import keyring.errors
    except ImportError:
        hint = "pip install 'pii-scan[keyring]'"
        raise ConfigError(f"{where}: ${{keyring:...}} needs keyring, not installed here", hint) from None
    service, user = entry.groups()
    try:
        password = keyring.get_password(service, user)
    except (keyring.errors.KeyringError, RuntimeError, OSError) as error:
        hint = "a keyring is there where the user is logged in; in a night's job, use ${NAME}"
        raise ConfigError(f"{where}: the keyring cannot be asked: {type(error).__name__}", hint) from None
    if password is None:
        hint = f"keyring set {service} {user}"
        raise ConfigError(f"{where}: the keyring holds nothing for the user {user!r} of {service!r}", hint)
    return password
