"""The declarations that answer for the whole estate: a notice model, the record of processing, accepted gaps.

With these three, a check finds no gap left open as an error. What no declaration cures (data in the wrong place,
password hashes beside persons, files that cannot be read) is in the list of accepted gaps, with owner, reason and day.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from estate_marks import lines, mark
from estate_writer import FIRM, Estate

FULL_MODEL = "personvern/fullstendig.yaml"
RECORD = "personvern/protokoll.yaml"
ACCEPTED = "personvern/aksept.yaml"
_KEPT = "P15Y"
_CATEGORIES = (
    "name national_id email phone ip online_id.cookie online_id.device location.ip_derived activity education address "
    "employer bank card purchase birthdate credentials correspondence grades salary ad_click_id health union "
    "customer_id"
).split()
_CONTACT = ["name", "email", "phone", "address", "customer_id"]
_TRACES = ["ip", "online_id.cookie", "online_id.device", "location.ip_derived", "activity", "email", "credentials"]
_RECIPIENTS = (
    ("regnskapslyset", "Regnskapslyset AS", "processor", "accounting", "NO", None),
    ("postmark", "ActiveCampaign, LLC (Postmark)", "processor", "email_sending", "US", "EUs standardvilkår"),
    ("microsoft", "Microsoft Ireland Operations Limited", "processor", "office", "IE", None),
    ("google", "Google Ireland Limited", "processor", "statistics", "IE", None),
    ("meta", "Meta Platforms Ireland Limited", "joint_controller", "ads", "IE", None),
    ("aws", "Amazon Web Services EMEA SARL", "processor", "website_hosting", "LU", None),
    ("instructure", "Instructure Global Limited", "processor", "course_platform", "GB", None),
    ("visma", "Visma Software AS", "processor", "accounting", "NO", None),
    ("hkdir", "Direktoratet for høyere utdanning og kompetanse", "controller", "reporting", "NO", None),
    ("skatteetaten", "Skatteetaten", "controller", "payroll", "NO", None),
)
"""Id, name, role, for what, country, safeguard of the transfer."""
_COURSE = (
    "course.participants course.moodle course.canvas course.xapi database.dump database.file aws.rds "
    "microsoft365.exchange microsoft365.sharepoint microsoft365.onedrive microsoft365.teams google.takeout "
    "google.drive google.vault"
).split()
_OPERATION = (
    "microsoft365.entra microsoft365.audit aws.s3 aws.cloudfront aws.alb aws.cloudtrail website.access_log"
).split()
_ACCOUNTING = (
    "accounting.saft accounting.ehf accounting.a_melding accounting.bank accounting.customers accounting.visma_edi "
    "accounting.gbat10"
).split()
_FOLDERS = "personal kurs notater backup nettside faktura okonomi epost logg nyhetsbrev personvern uleselig".split()
_ACCEPTED = (
    ("G05/misplaced/aws.s3/email", "Slettes når loggen roteres; skjemaet er rettet."),
    ("G05/misplaced/accounting.ehf/national_id", "Kunden er bedt om lister uten fødselsnummer som vedlegg."),
    ("G05/misplaced/course.participants/bank", "Kontonumrene flyttes til regnskapet og slettes her."),
    ("G05/misplaced/google.analytics/email", "Lenken er rettet, egenskapen slettes i neste periode."),
    ("G05/misplaced/meta.audiences/national_id", "Listen er trukket tilbake, sletting er bestilt."),
    ("G05/misplaced/meta.lead_ads/health", "Spørsmålet er tatt ut av skjemaet, svarene slettes."),
    ("G05/misplaced/postmark/national_id", "Malen er rettet; meldingen slettes av leverandøren."),
    ("G08/activity/accounting.ehf/national_id", "Kunden er bedt om lister uten fødselsnummer som vedlegg."),
    ("G08/activity/meta.audiences/national_id", "Listen er trukket tilbake, sletting er bestilt."),
    ("G08/activity/postmark/national_id", "Malen er rettet; meldingen slettes av leverandøren."),
    ("G08/activity/unassigned/national_id", "Personalmapper; flyttes til lønnssystemet."),
    ("G17/drift/meta.audiences/national_id", "Listen er trukket tilbake, sletting er bestilt."),
    ("G17/drift/meta.lead_ads/health", "Spørsmålet er tatt ut av skjemaet, svarene slettes."),
    ("G18/beside/database.dump/credentials", "Kopien ligger på kryptert disk til flyttingen er ferdig."),
    ("G18/beside/database.file/credentials", "Kopien ligger på kryptert disk til flyttingen er ferdig."),
    ("G18/beside/unassigned/credentials", "Sikkerhetskopi, kryptert; erstattes ved neste kjøring."),
    ("G19/blocks/unassigned/-", "Tre filer kan ikke leses og er gått gjennom for hånd."),
)
"""Key of the gap, and why it may stay until the day."""


def write_record_files(estate: Estate) -> None:
    """The full notice model, the record and the accepted gaps."""
    estate.text(FULL_MODEL, _full_model(mark("NO_ORGANISASJONSNUMMER", estate.organisation)))
    estate.text(RECORD, _record())
    estate.text(ACCEPTED, _accepted())


def _list(items: Sequence[str]) -> str:
    return json.dumps(list(items), ensure_ascii=False)


def _full_model(orgnr: str) -> str:
    recipients = []
    for key, name, role, reason, country, transfer in _RECIPIENTS:
        safeguard = "" if transfer is None else f', transfer: "{transfer}"'
        recipients.append(
            f'  - {{id: {key}, name: "{name}", role: {role}, for: [{reason}], country: "{country}"{safeguard}}}'
        )
    return f"""\
# A notice that declares all that the estate holds. Only the model; its text is not part of the example.
notice: {{id: fjordlys-fullstendig, language: nb, published: "2026-03-01", jurisdiction: "NO", law_refs: []}}
controller: {{name: {FIRM}, orgnr: "{orgnr}", contact: {{name: Personvernkontakten}}, dpo: null}}
data_subjects: [course_participant, child_participant, website_visitor, customer_contact, employee]
categories: {_list(_CATEGORIES)}
sources: [data_subject, employer, website_collection, marketing_partners]
purposes:
  - {{id: course_access, legal_basis: 6.1.b}}
  - {{id: reporting, legal_basis: 6.1.c, categories: [national_id, education], secure_identification: true}}
  - {{id: adaptation, legal_basis: 6.1.c, art9: 9.2.b, categories: [health]}}
  - {{id: payroll, legal_basis: 6.1.c, art9: 9.2.b, categories: [salary, union, national_id]}}
  - {{id: newsletter, legal_basis: 6.1.a, categories: [name, email]}}
  - {{id: invoicing, legal_basis: 6.1.c}}
  - {{id: statistics, legal_basis: 6.1.a}}
recipients:
{lines(recipients)}\
retention:
  - {{categories: all, period: {_KEPT}, starts_from: course_end}}
rights: {{access: true, rectification: true, erasure: true, restriction: true, portability: true, objection: true,
         withdraw_consent: true, complaint: Datatilsynet}}
art13: {{consequence_of_not_providing: true, automated_decisions: false, legitimate_interests: false}}
denials: []
"""


def _activity(
    key: str, name: str, where: dict[str, Sequence[str]], categories: Sequence[str], **said: str
) -> list[str]:
    """One activity as YAML; `said` are further keys with their values as written."""
    written = [f"  - id: {key}", f"    name: {name}"]
    written += [f"    {kind}: {_list(places)}" for kind, places in where.items()]
    written.append(f"    categories: {_list(list(dict.fromkeys(categories)))}")
    written += [f"    {field}: {value}" for field, value in said.items()]
    return [*written, f"    retention: {_KEPT}", "    starts_from: course_end"]


def _names(*keys: str) -> str:
    return _list([name for key, name, *_ in _RECIPIENTS if key in keys])


def _record() -> str:
    course = [*_CONTACT, *_TRACES, "national_id", "birthdate", "education", "grades", "employer", "correspondence"]
    marketing = [*_CONTACT, *_TRACES, "national_id", "health", "ad_click_id", "birthdate"]
    money = [*_CONTACT, "bank", "card", "birthdate", "salary", "union", "national_id", "purchase"]
    return "\n".join(
        [
            f"record: {{controller: {FIRM}, orgnr: null, contact: null, dpo: null}}",
            "activities:",
            *_activity(
                "kurs", "Kursadministrasjon", {"systems": _COURSE}, course,
                legal_basis="[6.1.b]", recipients=_names("microsoft", "google", "aws", "instructure"),
                secure_identification="true",
            ),
            *_activity(
                "rapportering", "Rapportering til staten", {"systems": ["hkdir.reporting"]},
                [*_CONTACT, "national_id", "education", "employer", "grades"],
                legal_basis="[6.1.c]", recipients=_names("hkdir"), secure_identification="true",
            ),
            *_activity(
                "drift", "Drift og sikkerhet", {"systems": _OPERATION}, [*_CONTACT, *_TRACES],
                legal_basis="[6.1.f]", recipients=_names("microsoft", "aws"),
            ),
            *_activity(
                "nettsted", "Nettsted og nettbutikk",
                {"systems": ["website.wordpress", "website.woocommerce", "website.gravity_forms"]},
                [*_CONTACT, *_TRACES, "purchase"], legal_basis="[6.1.b]",
            ),
            *_activity(
                "marked", "Markedsføring og nyhetsbrev",
                {"systems": "google.analytics google.ads meta.lead_ads meta.audiences meta.download postmark".split()},
                marketing, legal_basis="[6.1.a]", recipients=_names("google", "meta", "postmark"),
                third_countries='["US"]', safeguards="EUs standardvilkår",
            ),
            *_activity(
                "regnskap", "Regnskap, lønn og fakturering", {"systems": _ACCOUNTING}, money,
                legal_basis="[6.1.c]", art9="[9.2.b]", recipients=_names("regnskapslyset", "skatteetaten", "visma"),
            ),
            *_activity(
                "lonn", "Lønn og a-melding", {"systems": ["accounting.a_melding"]}, [*money, "education"],
                legal_basis="[6.1.c]", art9="[9.2.b]", recipients=_names("skatteetaten"), secure_identification="true",
            ),
            *_activity(
                "filer", "Filer på fellesområdet", {"paths": [f"{folder}/**" for folder in _FOLDERS]}, _CATEGORIES,
                legal_basis="[6.1.b]", art9="[9.2.b]",
            ),
            "",
        ]
    )  # fmt: skip


def _accepted() -> str:
    written = ["accepted:"]
    for key, reason in _ACCEPTED:
        written += [f"  - gap: {key}", "    owner: daglig leder", f"    reason: {reason}", '    expires: "2031-12-31"']
    return "\n".join([*written, ""])
