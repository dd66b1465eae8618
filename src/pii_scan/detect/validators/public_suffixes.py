"""Whether a domain has a public suffix, by the Public Suffix List (publicsuffix.org) that tldextract ships.

The list alone is read: to import the package imports all of an HTTP client, which nothing here may use.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

_SNAPSHOT = ".tld_set_snapshot"
_PRIVATE = "// ===BEGIN PRIVATE DOMAINS==="
"""Suffixes that companies give out below their own domain follow; a domain there is one like any other."""


@cache
def _rules() -> frozenset[str]:
    """Those of the domain name system: `no`, `*.ck`, `!www.ck`."""
    found = importlib.util.find_spec("tldextract")
    assert found is not None
    assert found.origin is not None
    text = (Path(found.origin).parent / _SNAPSHOT).read_text("utf-8")
    return frozenset(line for line in text.partition(_PRIVATE)[0].splitlines() if line and not line.startswith("//"))


def below_public_suffix(domain: str) -> bool:
    """Whether a domain, in lower case, ends in a public suffix and has a label before it.

    >>> below_public_suffix("mail.example.co.uk"), below_public_suffix("co.uk"), below_public_suffix("example.nosuch")
    (True, False, False)
    """
    rules = _rules()
    labels = [_unicode(label) for label in domain.split(".")]
    for first in range(len(labels)):
        suffix, above = ".".join(labels[first:]), ".".join(labels[first + 1 :])
        if f"!{suffix}" in rules:
            return True
        if suffix in rules or f"*.{above}" in rules:
            return first > 0
    return False


def _unicode(label: str) -> str:
    """A label as the list has it: not in Punycode (RFC 3492)."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode") or label
    except UnicodeError:
        return label
