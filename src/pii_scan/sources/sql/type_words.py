"""What types of columns mean in the words of headers, where they mean anything: an `inet` is an IP address."""

from __future__ import annotations

MEANINGS = {
    "inet": "ip address", "inet4": "ip address", "inet6": "ip address", "cidr": "ip address",
    "macaddr": "mac address", "macaddr8": "mac address",
}  # fmt: skip
"""PostgreSQL 8.9, MariaDB INET4 and INET6."""
