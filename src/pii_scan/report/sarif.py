"""Issues as SARIF 2.1.0 (OASIS, errata 01): one result for each rule and file, no snippet, no value.

`primaryLocationLineHash` is our own: where it is missing, GitHub's upload makes one of the source line, which may be
the very line with the personal data. Articles of the GDPR and terms of the W3C Data Privacy Vocabulary are taxa.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pii_scan.inventory.categories import Flag, categories
from pii_scan.report.issue import UNREAD, Issue

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
REDACTION_TOKENS = ("#", "x", "?")
"""What stands for digits, letters and other characters of personal data in names of files and columns."""
_LEVELS = ("note", "warning", "error")
"""From the mildest: a rule has that of its gravest result."""
_ARTICLES = {
    "5(1)(c)": "Data minimisation", "9": "Special categories of personal data",
    "10": "Criminal convictions and offences", "87": "National identification number",
}  # fmt: skip
"""Regulation (EU) 2016/679."""
_BY_FLAG = {Flag.SPECIAL: "9", Flag.CRIMINAL: "10", Flag.NATIONAL_ID: "87"}


def log(
    found: Sequence[Issue], version: str, *, exit_code: int | None = None, bases: Mapping[str, str] | None = None
) -> str:
    """The log of one run; ends with a line end. `version`: of pii-scan. `bases`: what each `Issue.base` is."""
    results = [issue for issue in found if issue.rule != UNREAD]
    unread = [issue for issue in found if issue.rule == UNREAD]
    rules = {issue.id: issue for issue in sorted(reversed(results), key=lambda issue: _LEVELS.index(issue.level))}
    places = {id: place for place, id in enumerate(rules)}
    terms = sorted({term for issue in results for term in _terms(issue)})
    ended = {"executionSuccessful": not unread} | ({} if exit_code is None else {"exitCode": exit_code})
    run: dict[str, Any] = {
        "tool": {"driver": {
            "name": "pii-scan", "version": version, "semanticVersion": version,
            "rules": [_rule(issue) for issue in rules.values()],
            "supportedTaxonomies": [{"name": "GDPR", "index": 0}, {"name": "DPV", "index": 1}],
        }},
        "invocations": [{**ended, "toolExecutionNotifications": [_notification(issue) for issue in unread]}],
        "taxonomies": [_gdpr(), _dpv(terms)],
        "columnKind": "unicodeCodePoints",
        "redactionTokens": list(REDACTION_TOKENS),
        "results": [_result(issue, places[issue.id], terms) for issue in results],
    }  # fmt: skip
    if bases:
        run["originalUriBaseIds"] = {base: {"description": {"text": name}} for base, name in bases.items()}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _rule(issue: Issue) -> dict[str, Any]:
    subject = issue.id.partition(".")[2]
    text = f"{issue.title}: {subject}" if subject else issue.title
    tags = ["privacy", "personal-data", *issue.categories]
    return {
        "id": issue.id, "name": "".join(part.capitalize() for part in re.split("[-_]", issue.rule)),
        "shortDescription": {"text": text}, "defaultConfiguration": {"level": issue.level},
        "properties": {"tags": tags[:10], "security-severity": "8.0" if issue.serious else "5.0"},
    }  # fmt: skip


def _result(issue: Issue, rule: int, terms: Sequence[str]) -> dict[str, Any]:
    taxa = [
        {"id": article, "index": list(_ARTICLES).index(article), "toolComponent": {"name": "GDPR", "index": 0}}
        for article in _articles(issue)
    ]
    taxa += [
        {"id": term, "index": terms.index(term), "toolComponent": {"name": "DPV", "index": 1}}
        for term in _terms(issue)
    ]  # fmt: skip
    result: dict[str, Any] = {
        "ruleId": issue.id, "ruleIndex": rule, "level": issue.level,
        "message": {"text": issue.message}, "locations": _locations(issue),
        "partialFingerprints": {"primaryLocationLineHash": f"{issue.fingerprint}:1"},
        "taxa": taxa,
    }  # fmt: skip
    if issue.count:
        result["occurrenceCount"] = issue.count
    return result


def _notification(issue: Issue) -> dict[str, Any]:
    return {"level": "error", "message": {"text": issue.message}, "locations": _locations(issue)}


def _locations(issue: Issue) -> list[dict[str, Any]]:
    if not issue.file:
        return []
    artifact = {"uri": quote(issue.file, errors="surrogatepass")}
    if issue.base:
        artifact["uriBaseId"] = issue.base
    region = {"startLine": issue.line, "startColumn": 1}
    return [{"physicalLocation": {"artifactLocation": artifact, "region": region}}]


def _articles(issue: Issue) -> list[str]:
    flags = {_BY_FLAG.get(categories().flag(key)) for key in issue.categories}
    return ["5(1)(c)", *(article for article in _ARTICLES if article in flags)]


def _terms(issue: Issue) -> list[str]:
    table = categories().by_key
    return sorted({term for key in issue.categories if key in table for term in table[key].dpv})


def _gdpr() -> dict[str, Any]:
    return {
        "name": "GDPR", "fullName": "Regulation (EU) 2016/679", "organization": "European Union",
        "shortDescription": {"text": "General Data Protection Regulation"},
        "taxa": [{"id": id, "name": f"Article{id}", "shortDescription": {"text": text}}
                 for id, text in _ARTICLES.items()],
    }  # fmt: skip


def _dpv(terms: Sequence[str]) -> dict[str, Any]:
    return {
        "name": "DPV", "fullName": "Data Privacy Vocabulary, personal data extension", "organization": "W3C",
        "shortDescription": {"text": "W3C Data Privacy Vocabularies and Controls Community Group, DPV-PD 2.3"},
        "taxa": [{"id": term, "name": term, "shortDescription": {"text": f"https://w3id.org/dpv/pd#{term}"}}
                 for term in terms],
    }  # fmt: skip
