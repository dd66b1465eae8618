"""The rules G01 to G19 as a table: each kind of gap with its level and the provision that asks about it.

The levels and provisions are those of the project's design (`notice-and-ropa.md`, 3.3); what fires is in the modules
`rules_*`, the sentences are in the wording of the reports (`gap.<rule>.<kind>`).
"""

from __future__ import annotations

from dataclasses import dataclass

from pii_scan.notice.lint import Level


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of gap."""

    level: Level
    law: str


_E, _W, _I = Level.ERROR, Level.WARNING, Level.INFO
_INFORM = "GDPR Art. 13(1), 14(1)(d), 5(1)(a)"
_RECORD = "GDPR Art. 30(1)(c)"
_ART9 = "GDPR Art. 9(2)"
_ART10 = "GDPR Art. 10, personopplysningsloven § 11"
_NATIONAL_ID = "personopplysningsloven § 12"
_STORAGE = "GDPR Art. 5(1)(e), 17"
_TRANSFER = "GDPR Art. 13(1)(f), 44"
_ACCOUNT = "GDPR Art. 5(2)"
_CHILD = "GDPR Art. 8, personopplysningsloven § 5"

KINDS: dict[str, dict[str, Kind]] = {
    "G01": {
        "omitted": Kind(_E, _INFORM), "denied": Kind(_E, "GDPR Art. 5(1)(a)"),
        "ambiguous": Kind(_W, "GDPR Art. 5(1)(a), 12(1)"), "record": Kind(_E, _RECORD),
        "record_partly": Kind(_W, _RECORD),
    },
    "G02": {"vague": Kind(_W, "GDPR Art. 12(1), 14(1)(d)"), "record": Kind(_W, _RECORD)},
    "G03": {"not_found": Kind(_I, ""), "not_scanned": Kind(_I, ""), "no_recognizer": Kind(_I, "")},
    "G04": {
        "notice": Kind(_E, "GDPR Art. 13(1)(e), 30(1)(d), 28"), "expired": Kind(_W, "GDPR Art. 13(1)(e)"),
        "record": Kind(_E, "GDPR Art. 30(1)(d), 28"), "record_system": Kind(_E, "GDPR Art. 30(1)"),
        "unassigned": Kind(_W, _ACCOUNT),
    },
    "G05": {"misplaced": Kind(_E, "GDPR Art. 5(1)(b), 5(1)(c)")},
    "G06": {"no_basis": Kind(_E, _ART9), "record_only": Kind(_W, _ART9)},
    "G07": {"no_basis": Kind(_E, _ART10), "record_only": Kind(_W, _ART10)},
    "G08": {"purpose": Kind(_E, _NATIONAL_ID), "activity": Kind(_E, _NATIONAL_ID)},
    "G09": {"some": Kind(_E, _STORAGE), "whole": Kind(_E, _STORAGE), "file": Kind(_W, _STORAGE)},
    "G10": {"unknown": Kind(_W, "GDPR Art. 13(2)(a), 30(1)(f)")},
    "G11": {
        "under_13": Kind(_W, _CHILD), "under_13_consent": Kind(_E, _CHILD), "under_18": Kind(_W, "GDPR Art. 12(1)"),
    },
    "G12": {
        "silent": Kind(_E, _TRANSFER), "partial": Kind(_E, "GDPR Art. 13(1)(f), 45"),
        "unknown_country": Kind(_W, _TRANSFER), "record": Kind(_E, "GDPR Art. 30(1)(e)"),
    },
    "G13": {"recipient": Kind(_E, "GDPR Art. 13(1)(e), ekomloven § 3-15")},
    "G14": {"identifiers": Kind(_E, "GDPR Art. 4(1), 5(1)(a)")},
    "G15": {"hashed": Kind(_W, "GDPR Art. 4(5)")},
    "G16": {"source": Kind(_W, "GDPR Art. 14(2)(f)")},
    "G17": {"drift": Kind(_E, "GDPR Art. 5(1)(b), 6(4)")},
    "G18": {"beside": Kind(_E, "GDPR Art. 32")},
    "G19": {
        "some": Kind(_W, _ACCOUNT), "blocks": Kind(_W, _ACCOUNT), "unlisted": Kind(_W, _ACCOUNT),
    },
}  # fmt: skip
"""Rule to kind; recital 26 stands behind G14, chapter V behind G12."""
RULES = tuple(KINDS)
