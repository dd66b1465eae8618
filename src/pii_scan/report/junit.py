"""A guard as JUnit XML, as CI servers read it: one test case for each rule and file that fails, one for each file that
passes, and an error for each that was not read.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from pii_scan.report.guard_issues import artifact, issues
from pii_scan.report.guard_view import GuardView
from pii_scan.report.issue import UNREAD, Issue

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (section 2.2) cannot hold."""


def as_junit(view: GuardView, key: bytes | None) -> str:
    """The document; ends with a line end. Cases are known by rule and file; `key` leaves no trace."""
    found = issues(view, key)
    failed = {issue.file for issue in found}
    passed = sorted({artifact(view, name) for name in view.result.files} - failed)
    errors = sum(issue.rule == UNREAD for issue in found)
    counts = {"tests": str(len(found) + len(passed)), "failures": str(len(found) - errors), "errors": str(errors)}
    suites = ET.Element("testsuites", {"name": "pii-scan guard", **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": "pii-scan guard", **counts, "skipped": "0", "time": "0"})
    for issue in found:
        _failed(suite, issue)
    for file in passed:
        ET.SubElement(suite, "testcase", {"classname": _xml(file), "name": "contract", "file": _xml(file), "time": "0"})
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _failed(suite: ET.Element, issue: Issue) -> None:
    name = {"classname": _xml(issue.file), "name": _xml(issue.id), "file": _xml(issue.file), "time": "0"}
    case = ET.SubElement(suite, "testcase", name)
    told = {"message": _xml(issue.message), "type": issue.rule}
    ET.SubElement(case, "error" if issue.rule == UNREAD else "failure", told).text = _xml(issue.title)


def _xml(text: str) -> str:
    return _NOT_XML.sub("?", text)
