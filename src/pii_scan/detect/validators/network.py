"""E-mail and IP addresses. Sources: RFC 5321, RFC 6531, Public Suffix List (bundled with tldextract, never fetched);
RFC 791, RFC 4291, and the special-purpose registries of RFC 6890, RFC 5737 and RFC 3849.
"""

from __future__ import annotations

import ipaddress
from datetime import date
from functools import cache, lru_cache
from typing import Any

from pii_scan.detect.validators.verdict import REJECTED, SYNTHETIC, UNSURE, VALID

_PRIVATE_SUFFIXES = frozenset({"local", "localdomain", "internal", "intern", "lan", "corp", "home", "private"})
"""Used inside organisations, in no public list."""
_TEST_SUFFIXES = frozenset({"example", "test", "invalid"})
"""Reserved by RFC 2606."""
_DOCUMENTATION = tuple(
    ipaddress.ip_network(net)
    for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
)


@cache
def _suffixes() -> Any:
    """The bundled snapshot of the Public Suffix List. Without URLs and cache, nothing is ever fetched or written."""
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True)


@lru_cache(maxsize=1 << 16)
def _domain_verdict(domain: str) -> int:
    labels = domain.split(".")
    if len(domain) > 253 or any(
        not label or len(label) > 63 or label[0] == "-" or label[-1] == "-" for label in labels
    ):
        return REJECTED
    if labels[-1] in _PRIVATE_SUFFIXES:
        return UNSURE
    if labels[-1] in _TEST_SUFFIXES:
        return VALID | SYNTHETIC
    found = _suffixes()(domain)
    return VALID if found.suffix and found.domain else REJECTED


def email(text: str, as_of: date) -> int:
    """An address whose domain has a public suffix; a suffix used inside organisations only makes it UNSURE."""
    local, _, domain = text.rpartition("@")
    if len(local) > 64 or ".." in local or local.endswith("."):
        return REJECTED
    return _domain_verdict(domain.lower())


@lru_cache(maxsize=1 << 16)
def ip(text: str, as_of: date | None = None) -> int:
    """An address that can point at someone's device.

    Private and link-local ones are UNSURE, documentation nets synthetic; unspecified, loopback, broadcast,
    multicast and net addresses (x.0.0.0, as in version strings) are rejected.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return REJECTED
    if any(address in net for net in _DOCUMENTATION if net.version == address.version):
        return VALID | SYNTHETIC
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return ip(str(address.ipv4_mapped))
        groups = [group for group in text.split(":") if group]
        if len(groups) < 3 or not any(char.isdigit() for char in text):  # a::b is more often a name in source code
            return REJECTED
    elif text.endswith(".0.0.0") or text.startswith("0.") or text.startswith("255."):
        return REJECTED
    if address.is_unspecified or address.is_loopback or address.is_multicast:
        return REJECTED
    if address.is_private or address.is_link_local or address.is_reserved:
        return UNSURE
    return VALID
