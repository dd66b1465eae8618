"""What the files beside the estate say of it: from which system each document is, and which gaps are planted.

The first row whose glob fits a document holds, for it and for everything in it. An empty system says that nothing tells
it, as with notes and mails outside any export.
"""

from __future__ import annotations

import csv
import io

Systems = tuple[tuple[str, str], ...]

SYSTEMS: Systems = (
    ("m365/*/Exchange/*", "microsoft365.exchange"),
    ("m365/*/SharePoint/*", "microsoft365.sharepoint"),
    ("m365/*/OneDrive/*", "microsoft365.onedrive"),
    ("m365/Teams/*", "microsoft365.teams"),
    ("m365/entra/*", "microsoft365.entra"),
    ("m365/revisjon/*", "microsoft365.audit"),
    ("google/takeout-*", "google.takeout"),
    ("google/drive-download-*", "google.drive"),
    ("google/bigquery/*", "google.analytics"),
    ("google/ads/*", "google.ads"),
    ("google/vault/*", "google.vault"),
    ("meta/Leads_*", "meta.lead_ads"),
    ("meta/kundeliste-*", "meta.audiences"),
    ("meta/facebook-*", "meta.download"),
    ("postmark/*", "postmark"),
    ("nyhetsbrev/meldinger.json", "postmark"),
    ("aws/s3-logg/*", "aws.s3"),
    ("aws/cloudfront/*", "aws.cloudfront"),
    ("aws/AWSLogs/*/elasticloadbalancing/*", "aws.alb"),
    ("aws/AWSLogs/*/CloudTrail/*", "aws.cloudtrail"),
    ("aws/rds-eksport/*", "aws.rds"),
    ("regnskap/saft/*", "accounting.saft"),
    ("regnskap/ehf/*", "accounting.ehf"),
    ("faktura/ehf-*", "accounting.ehf"),
    ("regnskap/a-melding/*", "accounting.a_melding"),
    ("regnskap/bank/*", "accounting.bank"),
    ("okonomi/bank-*", "accounting.bank"),
    ("regnskap/kunder-eksport-*", "accounting.customers"),
    ("okonomi/kunder.csv", "accounting.customers"),
    ("regnskap/visma/*", "accounting.visma_edi"),
    ("regnskap/gbat10/*", "accounting.gbat10"),
    ("nettsted/fjordlyskurs.WordPress.*", "website.wordpress"),
    ("nettsted/wp-content/*", "website.wordpress"),
    ("nettsted/woocommerce/*", "website.woocommerce"),
    ("nettsted/gravityforms/*", "website.gravity_forms"),
    ("logg/access.log*", "website.access_log"),
    ("lms/deltakerlister/*", "course.participants"),
    ("lms/moodle/*", "course.moodle"),
    ("lms/canvas/*", "course.canvas"),
    ("lms/xapi/*", "course.xapi"),
    ("kurs/deltakere-*", "course.participants"),
    ("kurs/rapportering-*", "hkdir.reporting"),
    ("backup/arkiv-2024.zip!vaar.zip*", "course.participants"),
    ("epost/*!deltakere.xlsx", "course.participants"),
    ("epost/*!gruppe3*", "course.participants"),
    ("hkdir/*", "hkdir.reporting"),
    ("database/*.sql", "database.dump"),
    ("database/*.sqlite", "database.file"),
    ("*", ""),
)
"""Glob of documents (`*` also over `/` and `!`) to the id of the system's profile."""

UNASSIGNED = "unassigned"

_UNDECLARED = {
    "accounting.a_melding": "birthdate customer_id union",
    "accounting.bank": "bank",
    "accounting.customers": "address customer_id",
    "accounting.ehf": "bank",
    "accounting.saft": "address bank customer_id",
    "accounting.visma_edi": "address",
    "aws.alb": "online_id.device",
    "aws.cloudfront": "online_id.device",
    "aws.cloudtrail": "credentials online_id.device",
    "aws.rds": "birthdate",
    "aws.s3": "online_id.device",
    "course.canvas": "credentials",
    "course.moodle": "credentials",
    "course.participants": "address bank customer_id",
    "database.dump": "credentials",
    "database.file": "credentials",
    "google.ads": "address",
    "hkdir.reporting": "birthdate",
    "meta.audiences": "address",
    "meta.lead_ads": "health",
    "microsoft365.onedrive": "address",
    "postmark": "customer_id",
    "website.access_log": "online_id.device",
    "website.gravity_forms": "online_id.device",
    "website.woocommerce": "address credentials",
    "website.wordpress": "credentials",
}
_UNNAMED = (
    "accounting.a_melding accounting.visma_edi aws.alb aws.cloudfront aws.cloudtrail aws.rds aws.s3 course.canvas "
    "google.ads google.analytics google.drive google.takeout google.vault meta.audiences meta.download meta.lead_ads "
    "microsoft365.audit microsoft365.entra microsoft365.exchange microsoft365.onedrive microsoft365.sharepoint "
    "microsoft365.teams"
).split()
_WITH_NATIONAL_ID = (
    "accounting.a_melding accounting.ehf course.participants google.drive hkdir.reporting meta.audiences "
    "microsoft365.exchange microsoft365.sharepoint postmark"
).split()
_NOT_ANONYMOUS = {
    "aws.alb": "ip online_id.device",
    "aws.cloudfront": "ip online_id.cookie online_id.device",
    "aws.s3": "email ip online_id.device",
    "google.analytics": "email online_id.cookie",
    "website.access_log": "ip online_id.cookie online_id.device",
    "website.gravity_forms": "email ip name online_id.device phone",
    "website.woocommerce": "email name",
    "website.wordpress": "email ip name phone",
}

Gap = tuple[str, str, str]
GAPS: tuple[Gap, ...] = (
    *(("G01", system, category) for system, held in _UNDECLARED.items() for category in held.split()),
    ("G02", "google.takeout", "location.ip_derived"),
    ("G02", "postmark", "location.ip_derived"),
    *(("G04", system, "") for system in _UNNAMED),
    ("G05", "accounting.ehf", "national_id"),
    ("G05", "aws.s3", "email"),
    ("G05", "course.participants", "bank"),
    ("G05", "google.analytics", "email"),
    ("G05", "meta.audiences", "national_id"),
    ("G05", "meta.lead_ads", "health"),
    ("G05", "postmark", "national_id"),
    ("G06", "accounting.a_melding", "union"),
    ("G06", "meta.lead_ads", "health"),
    ("G06", UNASSIGNED, "health"),
    ("G06", UNASSIGNED, "union"),
    *(("G08", system, "national_id") for system in _WITH_NATIONAL_ID),
    ("G09", "aws.s3", "ip"),
    ("G09", "course.moodle", "ip"),
    ("G09", "microsoft365.audit", "ip"),
    ("G09", "website.wordpress", "ip"),
    *(("G10", "", category) for category in ("address", "bank", "email", "health", "national_id", "union")),
    ("G11", "microsoft365.entra", ""),
    ("G12", "postmark", ""),
    ("G13", "aws.cloudfront", ""),
    ("G13", "google.analytics", ""),
    ("G13", "website.access_log", ""),
    *(("G14", system, category) for system, held in _NOT_ANONYMOUS.items() for category in held.split()),
    ("G15", "course.xapi", "email"),
    ("G15", "google.ads", "email"),
    ("G15", "google.ads", "phone"),
    ("G16", "meta.lead_ads", ""),
    ("G17", "meta.audiences", "national_id"),
    ("G17", "meta.lead_ads", "health"),
    ("G18", "database.dump", "credentials"),
    ("G18", "database.file", "credentials"),
    ("G18", UNASSIGNED, "credentials"),
    ("G19", UNASSIGNED, ""),
)
"""Rule, system and category of each gap planted against `personvern/notice.yaml`; empty where the rule has none.

Only what counts as real is here: a fødselsnummer or a phone number of a test series is no gap.
"""


def systems_csv() -> str:
    """The systems as CSV."""
    return _csv(("document", "system"), SYSTEMS)


def gaps_csv() -> str:
    """The planted gaps as CSV."""
    return _csv(("rule", "system", "category"), GAPS)


def _csv(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
