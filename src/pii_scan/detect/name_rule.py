"""The stand-in rule under which names of persons are kept; loads nothing of the model."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from pii_scan.detect.rules import Rule, load_rules

ENTITY_TYPE = "PERSON"
RULE_ID = "names.person"
_MODEL = Path(__file__).parent / "names" / "model.npz"


@cache
def name_rule(own_names: str = "") -> Rule:
    """The rule under which names are kept; its digest is that of the model, and of the user's lists where there are any
    (`own_names`: theirs).
    """
    digest = hashlib.sha256(_MODEL.read_bytes()).hexdigest()
    if own_names:
        digest = hashlib.sha256(f"{digest} {own_names}".encode()).hexdigest()
    return Rule(
        id=RULE_ID, entity_type=ENTITY_TYPE, name="Norwegian person name", category="name", patterns=(), validator="",
        context=(), negative_context=(), context_boost=0.0, negative_penalty=0.0, references=(), examples=(),
        counter_examples=(), origin="names", digest=digest,
    )  # fmt: skip


def built_in_rules() -> tuple[Rule, ...]:
    """All that a scan looks for when nothing else is asked: the rules that come with pii-scan, and names."""
    return (*load_rules(), name_rule())
