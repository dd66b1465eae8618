"""Runs inside the peer's environment: piilint's recognizers line by line and cell by cell, then its own policy.

Reads and writes what `presidio.py` does. piilint reports line and column but no offsets, so its recognizers are called
as its engine calls them. Settings: IP addresses on and Norwegian phone numbers (`phone_region`), both documented.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any


def main() -> None:
    """The command line."""
    engine, policy = importlib.import_module("piilint.engine"), importlib.import_module("piilint.policy")
    findings, settings = importlib.import_module("piilint.findings"), importlib.import_module("piilint.config")
    config = settings.default_config()
    config.scan.phone_region = "NO"
    config.entity_enabled[findings.EntityType.IP_ADDRESS] = True
    recognizers = engine._build_registry(config).enabled_recognizers()

    def found(text: str, context: str | None) -> list[list[Any]]:
        matches = engine.scan_text_matches(
            text, recognizers, context_key=context, min_confidence=config.scan.min_confidence
        )
        kept = []
        for match in matches:
            where = findings.Location(path="text.txt", line=1)
            finding = findings.Finding.create(
                entity=match.entity,
                raw_value=match.value,
                location=where,
                confidence=match.confidence,
                severity=match.severity,
                occurrence_index=0,
            )
            if policy.apply_policy([finding], config):
                kept.append([match.entity.value, match.start, match.end])
        return kept

    task = json.load(sys.stdin)
    answers = []
    for text in task["texts"]:
        at, answer = 0, []
        for line in text.split("\n"):
            answer += [[kind, at + start, at + end] for kind, start, end in found(line, None)]
            at += len(line) + 1
        answers.append(answer)
    answers += [found(cell, column["header"]) for column in task["columns"] for cell in column["cells"]]
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
