"""A guard as SARIF 2.1.0 (OASIS, errata 01): one result for each rule and file, no snippet, no value.

`primaryLocationLineHash` is our own: where it is missing, GitHub's upload makes one of the source line, which may be
the very line with the personal data. Articles of the GDPR and terms of the W3C Data Privacy Vocabulary are taxa.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from pii_scan.inventory.categories import Flag, categories
from pii_scan.report.guard_issues import Issue, issues
from pii_scan.report.guard_view import UNREAD, GuardView

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
REDACTION_TOKENS = ("#", "x", "?")
"""What stands for digits, letters and other characters of personal data in names of files and columns."""
_ARTICLES = {
    "5(1)(c)": "Data minimisation", "9": "Special categories of personal data",
    "10": "Criminal convictions and offences", "87": "National identification number",
}  # fmt: skip
"""Regulation (EU) 2016/679."""
_BY_FLAG = {Flag.SPECIAL: "9", Flag.CRIMINAL: "10", Flag.NATIONAL_ID: "87"}


def as_sarif(view: GuardView, key: bytes | None) -> str:
    """The log; ends with a line end. `key`: of the project, for fingerprints."""
    found = issues(view, key)
    results = [issue for issue in found if issue.rule != UNREAD]
    rules = list(dict.fromkeys(issue.id for issue in results))
    terms = sorted({term for issue in results for term in _terms(issue)})
    run: dict[str, Any] = {
        "tool": {"driver": {
            "name": "pii-scan", "version": view.version, "semanticVersion": view.version,
            "rules": [_rule(view, id, results) for id in rules],
            "supportedTaxonomies": [{"name": "GDPR", "index": 0}, {"name": "DPV", "index": 1}],
        }},
        "invocations": [{
            "executionSuccessful": not view.result.unread, "exitCode": view.result.exit_code,
            "toolExecutionNotifications": [_notification(issue) for issue in found if issue.rule == UNREAD],
        }],
        "taxonomies": [_gdpr(), _dpv(terms)],
        "columnKind": "unicodeCodePoints",
        "redactionTokens": list(REDACTION_TOKENS),
        "results": [_result(issue, rules, terms) for issue in results],
    }  # fmt: skip
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _rule(view: GuardView, id: str, results: Iterable[Issue]) -> dict[str, Any]:
    issue = next(one for one in results if one.id == id)
    subject = id.partition(".")[2]
    text = f"{issue.title}: {subject}" if subject else issue.title
    tags = ["privacy", "personal-data", *issue.categories]
    return {
        "id": id, "name": "".join(part.capitalize() for part in issue.rule.split("-")),
        "shortDescription": {"text": text}, "defaultConfiguration": {"level": "error"},
        "properties": {"tags": tags[:10], "security-severity": "8.0" if issue.serious else "5.0"},
    }  # fmt: skip


def _result(issue: Issue, rules: Sequence[str], terms: Sequence[str]) -> dict[str, Any]:
    taxa = [
        {"id": article, "index": list(_ARTICLES).index(article), "toolComponent": {"name": "GDPR", "index": 0}}
        for article in _articles(issue)
    ]
    taxa += [
        {"id": term, "index": terms.index(term), "toolComponent": {"name": "DPV", "index": 1}}
        for term in _terms(issue)
    ]  # fmt: skip
    result: dict[str, Any] = {
        "ruleId": issue.id, "ruleIndex": rules.index(issue.id), "level": "error",
        "message": {"text": issue.message}, "locations": [_location(issue)],
        "partialFingerprints": {"primaryLocationLineHash": f"{issue.fingerprint}:1"},
        "taxa": taxa,
    }  # fmt: skip
    if issue.count:
        result["occurrenceCount"] = issue.count
    return result


def _notification(issue: Issue) -> dict[str, Any]:
    return {"level": "error", "message": {"text": issue.message}, "locations": [_location(issue)]}


def _location(issue: Issue) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(issue.file, errors="surrogatepass")},
            "region": {"startLine": issue.line, "startColumn": 1},
        }
    }


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
