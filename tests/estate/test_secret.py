"""Credentials come from the environment or the keyring, and no error says what they are."""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import keyring.backend
import keyring.errors
import pytest

from pii_scan.errors import ConfigError
from pii_scan.estate.secret import filled


class Held(keyring.backend.KeyringBackend):
    """A keyring in memory, in the way that keyring has them made."""

    priority = 1
    locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked("hemmelig p@ss/ord")
        return {("crm", "reader"): "p@ss/ord", ("a/b", "c"): "x"}.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


@pytest.fixture
def held() -> Iterator[Held]:
    before, own = keyring.get_keyring(), Held()
    keyring.set_keyring(own)
    yield own
    keyring.set_keyring(before)


def test_variables_are_put_in_as_they_are_and_only_once() -> None:
    text = filled("a${ONE}b${TWO}", "f", {"ONE": "${TWO}", "TWO": "$"})
    assert text == "a${TWO}b$"


def test_what_is_no_reference_stays() -> None:
    assert filled("$A ${} ${1} ${a-b} $ {A}", "f", {}) == "$A ${} ${1} ${a-b} $ {A}"


def test_a_password_of_the_keyring_is_written_as_a_url_has_it(held: Held) -> None:
    text = filled("postgresql://reader:${keyring:crm/reader}@db.example.no/crm", "f", {})
    assert text == "postgresql://reader:p%40ss%2Ford@db.example.no/crm"
    assert filled("${keyring:crm/reader}", "f", {}) == "p@ss/ord"


@pytest.mark.parametrize("text", ["${keyring:crm}", "${keyring:}", "${keyring:/x}", "${keyring:crm/}"])
def test_a_reference_without_service_and_user_is_refused(held: Held, text: str) -> None:
    with pytest.raises(ConfigError, match=r"f, line 3: .* names no entry \(write \$\{keyring:SERVICE/USER\}\)"):
        filled(text, "f, line 3", {})


def test_an_entry_that_is_not_there_is_named_with_how_to_make_it(held: Held) -> None:
    with pytest.raises(ConfigError, match="keyring set crm other"):
        filled("${keyring:crm/other}", "f", {})


def test_a_locked_keyring_is_told_without_its_words(held: Held) -> None:
    held.locked = True
    with pytest.raises(ConfigError) as raised:
        filled("${keyring:crm/reader}", "f, line 1", {})
    assert "KeyringLocked" in str(raised.value) and "hemmelig" not in str(raised.value)


def test_without_keyring_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    with pytest.raises(ConfigError, match=r"pip install 'pii-scan\[keyring\]'"):
        filled("${keyring:crm/reader}", "f", {})
