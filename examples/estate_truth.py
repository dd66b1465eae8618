"""What the files beside the estate say of it, but for the planted values: from which system each document is.

The first row whose glob fits a document holds, for it and for everything in it; an empty system says that no profile
can know it.
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
    ("lms/moodle/courseid_*", "course.participants"),
    ("lms/moodle/*", "course.moodle"),
    ("lms/canvas/*", "course.canvas"),
    ("lms/xapi/*", "course.xapi"),
    ("kurs/deltakere-*", "course.participants"),
    ("kurs/rapportering-*", "hkdir.reporting"),
    ("hkdir/*", "hkdir.reporting"),
    ("database/*.sql", "database.dump"),
    ("database/*.sqlite", "database.file"),
    ("*", ""),
)
"""Glob of documents (`*` also over `/` and `!`) to the id of the system's profile."""


def systems_csv() -> str:
    """The systems as CSV."""
    return _csv(("document", "system"), SYSTEMS)


def _csv(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
