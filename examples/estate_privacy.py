"""The privacy notice of the invented firm, as text and as a notice model. It declares less than the estate holds."""

from __future__ import annotations

from estate_marks import lines, mark, plain
from estate_writer import DOMAIN, FIRM, Estate

NOTICE = "personvern/personvernerklaering.txt"
MODEL = "personvern/notice.yaml"


def write_privacy_files(estate: Estate) -> None:
    """The notice and its model; the model's line numbers are counted from the text."""
    mailbox = mark("EMAIL_ADDRESS", f"personvern@{DOMAIN}", optional=True)
    text = _notice(mailbox)
    estate.text(NOTICE, lines(text))
    estate.text(MODEL, lines(_model(mailbox, [plain(line) for line in text])))


def _notice(mailbox: str) -> list[str]:
    return [
        "Personvernerklæring",
        "",
        f"{FIRM} holder kurs for bedrifter og enkeltpersoner og er behandlingsansvarlig.",
        f"Spørsmål om personvern kan sendes til {mailbox}.",
        "",
        "Opplysninger vi behandler",
        "- navn",
        "- fødselsnummer",
        "- e-post",
        "- telefon",
        "- IP-adresse",
        "- informasjonskapsler",
        "- utdanning",
        "- hvor du befinner deg",
        "",
        "Formål",
        "- gi tilgang til kursene (avtale, personvernforordningen artikkel 6 nr. 1 b)",
        "- rapportere til staten om offentlig støttede kurs",
        "- sende nyhetsbrev til dem som har bedt om det (samtykke)",
        "- fakturere",
        "- føre statistikk over bruken av nettsiden; statistikken er anonym",
        "",
        "Kilder",
        "Opplysningene kommer fra deg, fra arbeidsgiveren din og fra nettsiden.",
        "",
        "Mottakere",
        "- Regnskapslyset AS fører regnskapet for oss.",
        "- Postmark (USA) sender nyhetsbrevet.",
        "- Direktoratet for høyere utdanning og kompetanse får deltakerlister.",
        "",
        "Lagring",
        "Vi lagrer opplysningene så lenge det er nødvendig. IP-adresser slettes etter ett år.",
        "",
        "Rettigheter",
        "Du kan kreve innsyn, retting og sletting, og du kan trekke et samtykke tilbake.",
        "Du kan klage til Datatilsynet.",
    ]


def _model(mailbox: str, text: list[str]) -> list[str]:
    law = 1 + next(i for i, line in enumerate(text) if "artikkel 6" in line)
    kept = 1 + next(i for i, line in enumerate(text) if "slettes etter" in line)
    return [
        f"# Model of {NOTICE}: what the text says; null where it is silent. `line`: line of the text, from 1.",
        "notice:",
        "  id: fjordlys-personvernerklaering",
        "  language: nb",
        "  published: null",
        "  jurisdiction: NO",
        "  law_refs:",
        f'    - {{cite: "personvernforordningen artikkel 6 nr. 1 b", about: legal_basis, line: {law}}}',
        "controller:",
        f"  name: {FIRM}",
        "  orgnr: null",
        f"  contact: {{email: {mailbox}}}",
        "  role_wording: behandlingsansvarlig",
        "  dpo: null",
        "data_subjects: [course_participant, website_visitor, customer_contact]",
        "categories: [name, national_id, email, phone, ip, online_id.cookie, education, location]",
        "sources: [data_subject, employer, website_collection]",
        "purposes:",
        "  - {id: course_access, legal_basis: 6.1.b}",
        "  - {id: obligations, legal_basis: null, towards: [hkdir]}",
        "  - {id: information, legal_basis: 6.1.a}",
        "  - {id: invoicing, legal_basis: null}",
        "  - {id: statistics, legal_basis: null, claim: anonymous}",
        "recipients:",
        "  - {id: regnskapslyset, name: Regnskapslyset AS, role: processor, for: [accounting], country: NO}",
        "  - {id: postmark, name: Postmark, role: processor, for: [email_sending], country: US, transfer: null}",
        "  - {id: hkdir, name: Direktoratet for høyere utdanning og kompetanse, role: controller, for: [reporting],"
        " country: NO}",
        f"retention: [{{categories: [ip], period: P1Y, line: {kept}}}]",
        "rights: {access: true, rectification: true, erasure: true, restriction: false, portability: false,"
        " objection: false,",
        "         withdraw_consent: true, complaint: Datatilsynet}",
        "art13:",
        "  consequence_of_not_providing: null",
        "  automated_decisions: null",
        "  legitimate_interests: null",
        "denials: []",
    ]
