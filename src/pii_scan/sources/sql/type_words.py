"""What types of columns say by themselves: an `inet` is an IP address, a `timestamp` is nobody's name."""

from __future__ import annotations

MEANINGS = {
    "inet": "ip address", "inet4": "ip address", "inet6": "ip address", "cidr": "ip address",
    "macaddr": "mac address", "macaddr8": "mac address",
}  # fmt: skip
"""PostgreSQL 8.9, MariaDB INET4 and INET6."""

DULL = frozenset(
    "bool boolean int2 smallint tinyint date time timetz timestamp timestamptz interval datetime year uuid money "
    "bit".split()
)
"""Types whose values identify no one unless a header says what they are."""
