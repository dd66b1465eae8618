"""E-mail, IP and MAC addresses. Sources: RFC 5321, RFC 6531, Public Suffix List (see public_suffixes.py); RFC 2142
(role mailboxes); RFC 791, RFC 4291, and the special-purpose registries of RFC 6890, RFC 5737 and RFC 3849; IEEE 802
(MAC addresses) and RFC 9542 (those kept for documentation).
"""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from functools import lru_cache

from pii_scan.detect.validators.public_suffixes import below_public_suffix
from pii_scan.detect.validators.verdict import REJECTED, SYNTHETIC, UNSURE, VALID

_PRIVATE_SUFFIXES = frozenset({"local", "localdomain", "internal", "intern", "lan", "corp", "home", "private"})
"""Used inside organisations, in no public list."""
_TEST_SUFFIXES = frozenset({"example", "test", "invalid"})
"""Reserved by RFC 2606."""
_ROLES = frozenset(
    """
    abuse admin administrasjon administrasjonen administrator arkiv bestilling bestillinger billing booking careers
    contact contactus drift dpo ehf enquiries epost e-post faktura fakturamottak feedback finance firmapost gdpr hallo
    hei hello help helpdesk hjelp hostmaster hr hr-avdelingen ikt info informasjon inquiries invoice invoices it
    it-support jobb jobs kontakt kontor kundekontakt kundesenter kundeservice kundestotte kundestøtte lonn lønn mail
    marketing marked media medlem medlemskap medlemsservice news newsletter nyhetsbrev office okonomi økonomi ordre
    order orders personvern personvernombud post postmaster postmottak presse press privacy regnskap reklamasjon
    resepsjon resepsjonen salg sales security sentralbord service servicedesk sikkerhet skole styre styret support
    team teknisk usenet vaktmester varsling verneombud web webmaster www
    """.split()
)
"""Mailboxes of an office, not of a person: RFC 2142, and what Norwegian organisations use."""
_MACHINES = frozenset(
    """
    bounce bounces cron daemon donotreply do-not-reply do_not_reply git hg ikkesvar ikke-svar ikke_svar mailer-daemon
    maildaemon nobody noreply no-reply no_reply nosvar pass passord password passwd pw root secret svarikke svar-ikke
    svn unsubscribe username www-data
    """.split()
)
"""What only programs send as, or what stands for a value."""
_MESSAGE_HOSTS = re.compile(
    r"mail\.gmail\.com|mx\.google\.com|.*\.(?:prod\.(?:outlook|exchangelabs)\.com|android\.com)"
)
"""Hosts of message numbers (RFC 5322, section 3.6.4) that hold no mailboxes."""
_MESSAGE_NUMBER = re.compile(
    r"(?=.*[0-9])[0-9a-f]{24,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=(?:[^0-9]*[0-9]){12})[0-9._+-]+"
    r"|[0-9]{8,}\.[0-9a-z.]*[0-9][0-9a-z.]*|.*javamail.*|(?=.*[0-9])[a-z0-9+=_-]{48,}"
)
"""Local parts that number a message: long hexadecimal, a UUID, a time and a counter."""
_ALGORITHM_HOSTS = frozenset({"openssh.com", "libssh.org"})
"""Name the makers of SSH algorithms, as in `chacha20-poly1305@openssh.com` (RFC 4251, section 6)."""
_PLAIN = re.compile(r"[\w.+'-]+@[\w.-]+")
_WRITTEN_OUT = (
    (re.compile(r"[ ]?[(\[{](?:at|a|krøllalfa|snabel-a|alfakrøll|@)[)\]}][ ]?|[ ](?:at|krøllalfa)[ ]|%40"), "@"),
    (re.compile(r"[ ]?[(\[{](?:dot|punktum|punkt|prikk|\.)[)\]}][ ]?|[ ](?:dot|punktum|prikk)[ ]"), "."),
)
_DOCUMENTATION = tuple(
    ipaddress.ip_network(net)
    for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
)


_ORDINARY = frozenset(str(first) for first in range(1, 224)) - {"10", "100", "127", "169", "172", "192", "198", "203"}
"""First bytes of addresses of which none is special."""
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_FOUR_BYTES = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")


@lru_cache(maxsize=1 << 16)
def _domain_verdict(domain: str) -> int:
    labels = domain.split(".")
    if any(not label or len(label) > 63 or label[0] == "-" or label[-1] == "-" for label in labels):
        return REJECTED
    if labels[-1] in _PRIVATE_SUFFIXES:
        return UNSURE
    if labels[-1] in _TEST_SUFFIXES:
        return VALID | SYNTHETIC
    return VALID if below_public_suffix(domain) else REJECTED


_MASK = re.compile(r"[x#*•]+(?:[.@_+'-]+[x#*•]+)*")


def email(text: str, as_of: date) -> int:
    """An address whose domain has a public suffix, also with its signs written out: `kari (at) example [dot] no`.

    UNSURE: role mailboxes (`post@`), and a suffix used inside organisations only. Rejected: what no person answers
    (`noreply@`), message numbers, and masks (`xxxx@xxxxxxx.xxx`; `xxx` is a top-level domain).
    """
    text = text.lower()
    if len(text) > 400 or _MASK.fullmatch(text):
        return REJECTED
    if not _PLAIN.fullmatch(text):
        for written, sign in _WRITTEN_OUT:
            text = written.sub(sign, text)
        text = text.replace(" ", "")
    local, _, domain = text.rpartition("@")
    if len(local) > 64 or len(domain) > 253 or ".." in local or local.endswith(".") or "@" in local:
        return REJECTED
    name = local.partition("+")[0]
    if name in _MACHINES or name.startswith(("noreply", "no-reply", "bounce-", "bounces-")):
        return REJECTED
    if _MESSAGE_NUMBER.fullmatch(local) or _MESSAGE_HOSTS.fullmatch(domain):
        return REJECTED
    if domain in _ALGORITHM_HOSTS and ("-" in local or any(char.isdigit() for char in local)):
        return REJECTED
    verdict = _domain_verdict(domain)
    return verdict & SYNTHETIC | UNSURE if verdict and name in _ROLES else verdict


@lru_cache(maxsize=1 << 16)
def ip(text: str, as_of: date | None = None) -> int:
    """An address that can point at someone's device.

    Private and link-local ones are UNSURE, and those ending in `.0`, which are mostly nets; documentation nets are
    synthetic. Rejected: unspecified, loopback, broadcast, multicast, masks, and nets (`10.1.2.0`, `129.0.0.0`).
    """
    first = text.partition(".")[0]
    if first in _ORDINARY and _FOUR_BYTES.fullmatch(text):
        return REJECTED if text.endswith(".0.0") else UNSURE if text.endswith(".0") else VALID
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return REJECTED
    if any(address in net for net in _DOCUMENTATION if net.version == address.version):
        return VALID | SYNTHETIC
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return ip(str(address.ipv4_mapped))
        if not _reads_as_ipv6(text):
            return REJECTED
    elif text.endswith(".0.0") or text.startswith(("0.", "255.")):
        return REJECTED
    if address.is_unspecified or address.is_loopback or address.is_multicast:
        return REJECTED
    net = text.endswith(".0")
    if address.is_private or address.is_link_local or address.is_reserved:
        return REJECTED if net else UNSURE
    return UNSURE if net else VALID


def _reads_as_ipv6(text: str) -> bool:
    """Whether an address that parses is likely one: `a::b` is more often a name in source code, eight pairs of
    hexadecimal digits a key's fingerprint or the address of a disk.
    """
    groups = [group for group in text.partition("%")[0].split(":") if group]
    if len(groups) < 3 or not any(char.isdigit() for char in text):
        return False
    return len(groups) < 8 or any(len(group) > 2 for group in groups)


_STAIRS = ("001122334455", "112233445566", "aabbccddeeff", "a1b2c3d4e5f6", "123456789abc", "abcdefabcdef")
"""What people write when they need any MAC address."""


def mac(text: str, as_of: date) -> int:
    """A MAC address of one network card: 12 hexadecimal digits, in any grouping.

    Rejected: group addresses (lowest bit of the first octet, so broadcast too), and those without a maker
    (`00:00:00`). Without a letter, or counted up, UNSURE. RFC 9542's range for documentation is synthetic.
    """
    digits = "".join(char for char in text.lower() if char in "0123456789abcdef")
    if len(digits) != 12 or int(digits[:2], 16) & 1 or digits.startswith("000000") or len(set(digits)) < 3:
        return REJECTED
    if digits.startswith("00005e0053"):
        return VALID | SYNTHETIC
    return UNSURE if digits.isdigit() or digits in _STAIRS else VALID
