"""The gaps that someone answers for: reads the file of accepted gaps, applies it, and begins one.

Accepting changes the status of a gap and never removes it; a day after `expires` it is open again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pii_scan.errors import ConfigError, nearest
from pii_scan.form import read_form
from pii_scan.notice.catalogue import KINDS, RULES
from pii_scan.notice.gaps import Acceptance, Gap, Status


@dataclass(frozen=True, slots=True)
class Applied:
    """Gaps with their status, and what of the file does nothing any more."""

    gaps: tuple[Gap, ...]
    expired: tuple[str, ...]
    unused: tuple[str, ...]


def load_accepted(path: str | Path) -> dict[str, Acceptance]:
    """The accepted gaps in the YAML file `path` (schema `accept-1`), by key. Raises ConfigError with the line."""
    path = Path(path)
    content, lines = read_form(path, "accept-1", "a list of accepted gaps")
    accepted: dict[str, Acceptance] = {}
    for position, item in enumerate(content["accepted"]):
        line = lines["accepted", position]
        key = item["gap"]
        _check_key(key, f"{path}, line {lines.get(('accepted', position, 'gap'), line)}")
        if key in accepted:
            raise ConfigError(f"{path}, line {line}: {key!r} stands twice")
        try:
            expires = date.fromisoformat(item["expires"])
        except ValueError:
            where = lines.get(("accepted", position, "expires"), line)
            raise ConfigError(f"{path}, line {where}: there is no day {item['expires']!r}") from None
        accepted[key] = Acceptance(item["owner"], item["reason"], expires)
    return accepted


def _check_key(key: str, where: str) -> None:
    """That a key is of a rule and a kind that there are; its system and category may be gone."""
    rule, kind, *_ = key.split("/")
    if rule not in KINDS:
        raise ConfigError(f"{where}: there is no rule {rule!r}", nearest(rule, RULES))
    if kind not in KINDS[rule]:
        raise ConfigError(f"{where}: rule {rule} has no kind {kind!r}", nearest(kind, KINDS[rule]))


def apply(gaps: Iterable[Gap], accepted: Mapping[str, Acceptance], as_of: date) -> Applied:
    """The gaps in their order, those that someone answers for on the day `as_of` as accepted."""
    made, expired, used = [], [], set()
    for gap in gaps:
        found = accepted.get(gap.key)
        if found is not None:
            used.add(gap.key)
            if gap.status is Status.OPEN and found.expires >= as_of:
                gap = replace(gap, status=Status.ACCEPTED, acceptance=found)
            elif gap.status is Status.OPEN:
                expired.append(gap.key)
                gap = replace(gap, acceptance=found)
        made.append(gap)
    return Applied(tuple(made), tuple(expired), tuple(key for key in accepted if key not in used))


def begun(gaps: Sequence[Gap], expires: date) -> str:
    """A file of accepted gaps as YAML that has each open gap; owner and reason are empty, so that it is refused until
    a person has filled them in.
    """
    lines = ["# Delete what nobody answers for; fill in owner and reason for the rest.", "accepted:"]
    for gap in gaps:
        if gap.status is Status.OPEN:
            lines += [f"  - gap: {json.dumps(gap.key, ensure_ascii=False)}", '    owner: ""', '    reason: ""',
                      f"    expires: {expires.isoformat()}"]  # fmt: skip
    return "\n".join(lines if len(lines) > 2 else [lines[0], "accepted: []"]) + "\n"
