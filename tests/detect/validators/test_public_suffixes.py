"""Public suffixes, against tldextract, which reads the same list in its own way."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import pytest
import tldextract

from pii_scan.detect.validators.public_suffixes import below_public_suffix

ORACLE = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True)


def told(domain: str) -> bool:
    found = ORACLE(domain)
    return bool(found.suffix and found.domain)


def listed() -> list[str]:
    """Every rule of the list, private ones too."""
    found = importlib.util.find_spec("tldextract")
    assert found is not None
    assert found.origin is not None
    lines = (Path(found.origin).parent / ".tld_set_snapshot").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("//")]


def test_it_judges_as_tldextract_does_around_every_rule() -> None:
    rules = listed()
    assert len(rules) > 5000
    assert any(rule.startswith("*.") for rule in rules)
    assert any(rule.startswith("!") for rule in rules)
    for rule in rules:
        suffix = rule.lstrip("*.!")
        for domain in (suffix, f"a.{suffix}", f"b.a.{suffix}", f"{suffix}x"):
            assert below_public_suffix(domain) == told(domain), domain
        coded = suffix.encode("idna").decode() if not suffix.isascii() else suffix
        assert below_public_suffix(f"a.{coded}") == told(f"a.{coded}"), coded


def test_it_judges_as_tldextract_does_on_labels_put_together() -> None:
    rng = random.Random(5)
    labels = sorted({label for rule in listed() for label in rule.lstrip("*.!").split(".")})
    labels += ["xn--", "xn--a", "example"]
    for _ in range(5000):
        domain = ".".join(rng.choices(labels, k=rng.randint(1, 4)))
        assert below_public_suffix(domain) == told(domain), domain


@pytest.mark.parametrize("domain", ["example.nosuch", "nosuch", "no", "127.0.0.1", "xn--.xn--", "example.xn--\u00e5"])
def test_what_is_below_no_public_suffix(domain: str) -> None:
    assert not below_public_suffix(domain)
