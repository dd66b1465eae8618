"""Numbers of devices and of what runs on them: IMEI, SIM cards, opaque identifiers, user agents.

Sources: 3GPP TS 23.003 (IMEI, IMEISV, IMSI) and GSMA TS.06 (type allocation codes), ITU-T E.118 (ICCID), ITU-T E.212
(IMSI), RFC 9562 (UUID), RFC 9110 section 10.1.5 (User-Agent).
"""

from __future__ import annotations

import re
from datetime import date

import numpy as np

from pii_scan.detect.validators.finance import luhn, one_digit
from pii_scan.detect.validators.verdict import REJECTED, SYNTHETIC, UNSURE, VALID, Digits, Verdicts


def imei(digits: Digits, as_of: date) -> Verdicts:
    """An IMEI: 15 digits, the last by Luhn. With a software version (IMEISV) it has 16 and no check digit: UNSURE.

    Numbers that begin with 00 are test equipment.
    """
    count = digits[:, -1]
    verdicts = np.full(len(digits), REJECTED, np.uint8)
    verdicts[(count == 15) & luhn(digits)] = VALID
    verdicts[count == 16] = UNSURE
    verdicts[one_digit(digits)] = REJECTED
    test = (digits[:, 0] == 0) & (digits[:, 1] == 0) & (verdicts != REJECTED)
    verdicts[test] |= SYNTHETIC
    return verdicts


def sim(digits: Digits, as_of: date) -> Verdicts:
    """What a SIM card holds: an ICCID (89, 18 to 20 digits, Luhn) or an IMSI (14 or 15 digits, of a country 2xx to
    7xx or the shared 901). Country 001 is for tests. An IMSI has no check digit: UNSURE.
    """
    count = digits[:, -1]
    first3 = digits[:, 0] * 100 + digits[:, 1] * 10 + digits[:, 2]
    verdicts = np.full(len(digits), REJECTED, np.uint8)
    card = (count >= 18) & (count <= 20) & (first3 // 10 == 89)
    verdicts[card & (luhn(digits) | (count == 18))] = VALID
    verdicts[card & (count == 18)] = UNSURE  # the issuer may leave the check digit out
    subscriber = (count == 14) | (count == 15)
    verdicts[subscriber & (((first3 >= 200) & (first3 < 800)) | (first3 == 901))] = UNSURE
    verdicts[subscriber & (first3 == 1)] = UNSURE | SYNTHETIC
    verdicts[one_digit(digits)] = REJECTED
    return verdicts


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEX = re.compile(r"[0-9a-f]{16,}")
_WORDY = re.compile(r"[a-z]+|[a-z]{2,}[0-9]{1,4}|[0-9]{1,4}")
_WORDS = re.compile(
    r"(?:.*[^a-z])?(?:session|cookie|token|user|client|device|example|null|none|undefined|request|config|self|string"
    r"|value|default|unknown|your|xxx+|abcdef|test)(?:[^a-z].*)?"
)
_DISTINCT = 5
_SIGNS = re.compile(r"[\W_]+")
_PART = re.compile(r"[0-9a-z]+")
_RUN = re.compile(r"[0-9]+|[^0-9]+")
"""Letters and digits take turns in what was drawn."""
_ADDRESS = re.compile(r"0x[0-9a-f]{4,16}")
_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){2,4}")


def opaque_id(text: str, as_of: date) -> int:
    """An identifier that was drawn or counted, as against a word, a name in source code or a placeholder.

    Rejected: fewer than 8 letters and digits or 5 different ones (so the all-zero advertising identifier of someone
    who opted out), places in memory, versions, and what reads as words with numbers (`session_id_2`).
    """
    value = text.lower()
    compact = _SIGNS.sub("", value)
    if len(compact) < 8 or len(set(compact)) < _DISTINCT or compact.isalpha():
        return REJECTED
    if _ADDRESS.fullmatch(value) or _VERSION.fullmatch(value):
        return REJECTED
    if compact.isdigit():
        return REJECTED if compact in "01234567890123456789" else VALID
    if _UUID.fullmatch(value) or _HEX.fullmatch(compact):
        return VALID
    if all(_WORDY.fullmatch(part) for part in _PART.findall(value)) or _WORDS.fullmatch(value):
        return REJECTED
    runs = len(_RUN.findall(compact))
    mixed = len(text) >= 20 and value != text and text.upper() != text
    return VALID if runs > 3 or mixed else REJECTED


_NO_PERSON = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|curl/|wget|python-|python/|aiohttp|httpx|go-http|java/|apache-http|libwww|urllib"
    r"|scrapy|monitor|uptime|pingdom|statuscake|headless|phantomjs|lighthouse|pagespeed|healthcheck|kube-probe|elb-"
    r"|facebookexternalhit|bingpreview|preview|archiver|validator|checker|feedfetcher|feedly|google-|mediapartners"
    r"|\+https?://|postmanruntime|insomnia|node-fetch|axios/|guzzle|ruby|perl|nagios|zabbix|prometheus|blackbox"
    r"|scanner|nmap|nikto|sqlmap|zgrab|masscan|censys"
)
_LIBRARY = re.compile(r"(?:okhttp|cfnetwork|dart|alamofire|volley)/[\w.]+")


def user_agent(text: str, as_of: date) -> int:
    """What a browser or an app calls itself. A library's bare name is UNSURE; what runs without a person in front of
    it (search engines, monitors, scripts) is rejected.
    """
    value = text.lower()
    if _NO_PERSON.search(value):
        return REJECTED
    return UNSURE if _LIBRARY.fullmatch(value) else VALID
