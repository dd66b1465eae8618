"""The baseline: violations that someone answers for until a day. Reads it, applies it, makes a new one and says how the
two differ.

An entry is known by file, rule, place and subject, and by keyed fingerprints of the values: never by line, so that
moved lines change nothing, and a new value in a known place fires. The fingerprints are made of PII_SCAN_KEY, of the
file and of the entity type: another project's, or another file's, say nothing of these. Without a key, or where there
are more values than a person can look through, the entry bounds the number of detections instead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pii_scan.contract.judge import Rule, Violation
from pii_scan.contract.observed import Place
from pii_scan.contract.result import Known
from pii_scan.errors import ConfigError
from pii_scan.form import read_form

MAX_VALUES = 100
"""More values in one entry are bounded by their number."""
WITHOUT_VALUES = frozenset({Rule.NEW_COLUMN, Rule.MISSING_COLUMN})


class Identity(NamedTuple):
    """What a violation is known by, but for its values."""

    file: str
    rule: str
    place: str
    subject: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry."""

    identity: Identity
    values: tuple[str, ...]
    """Keyed fingerprints; empty: `up_to` counts, or the identity alone."""
    up_to: int | None
    owner: str
    reason: str
    expires: date

    @property
    def name(self) -> str:
        """As messages name it."""
        return " / ".join(part for part in self.identity if part != "-")


@dataclass(frozen=True, slots=True)
class Applied:
    """Violations that fire, those that are known, and entries that do nothing (any more)."""

    firing: tuple[Violation, ...]
    known: tuple[Known, ...]
    expired: tuple[str, ...]
    unused: tuple[Entry, ...]


class Prints:
    """The fingerprints of a baseline, made with the project's key."""

    def __init__(self, key: bytes | None) -> None:
        self._key = None if key is None else hashlib.blake2b(b"baseline of the guard", key=key).digest()

    def __bool__(self) -> bool:
        return self._key is not None

    @property
    def check(self) -> str:
        """What tells whether two baselines were made with the same key."""
        assert self._key is not None
        return hashlib.blake2b(b"key check", digest_size=16, key=self._key).hexdigest()

    def of(self, violation: Violation, value: int) -> str:
        """The fingerprint of a value, itself known by that of the reading, in this file and of this entity type."""
        assert self._key is not None
        data = f"{violation.file}\0{violation.subject}\0{value:016x}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, digest_size=8, key=self._key).hexdigest()


def identity_of(violation: Violation) -> Identity:
    """What a violation is known by."""
    return Identity(violation.file, str(violation.rule), _place(violation.place), violation.subject)


def load_baseline(path: Path, prints: Prints) -> tuple[Entry, ...]:
    """The entries in the YAML file `path` (schema `baseline-1`). Raises ConfigError with the line; also where the
    fingerprints were made with another key than that of `prints`.
    """
    content, lines = read_form(path, "baseline-1", "a baseline")
    entries = []
    for position, item in enumerate(content["known"]):
        line = lines["known", position]
        if "values" in item and "up_to" in item:
            raise ConfigError(f"{path}, line {line}: an entry has 'values' or 'up_to', not both")
        try:
            expires = date.fromisoformat(item["expires"])
        except ValueError:
            where = lines.get(("known", position, "expires"), line)
            raise ConfigError(f"{path}, line {where}: there is no day {item['expires']!r}") from None
        identity = Identity(item["file"], item["rule"], item["place"], item["subject"])
        entries.append(Entry(identity, tuple(item.get("values", ())), item.get("up_to"), item["owner"], item["reason"],
                             expires))  # fmt: skip
    if any(entry.values for entry in entries):
        _check_key(path, content.get("key_check"), prints)
    return tuple(entries)


def _check_key(path: Path, stated: str | None, prints: Prints) -> None:
    if not prints:
        raise ConfigError(f"{path}: the baseline has fingerprints, and there is no key", "set PII_SCAN_KEY")
    if stated != prints.check:
        hint = "set PII_SCAN_KEY to the project's key, or make the baseline anew"
        raise ConfigError(f"{path}: the fingerprints of the baseline were made with another key", hint)


def apply(violations: Iterable[Violation], entries: Sequence[Entry], prints: Prints, as_of: date) -> Applied:
    """What fires on the day `as_of`, and what is known. Of a violation that is known in part, the rest fires."""
    by_identity: dict[Identity, list[Entry]] = {}
    for entry in entries:
        by_identity.setdefault(entry.identity, []).append(entry)
    firing: list[Violation] = []
    known: list[Known] = []
    expired: dict[str, None] = {}
    used: set[Identity] = set()
    for violation in violations:
        mine = by_identity.get(identity_of(violation), [])
        if mine:
            used.add(identity_of(violation))
        live = [entry for entry in mine if entry.expires >= as_of]
        left = _left(violation, live, prints)
        if left is None:
            first = live[0]
            known.append(Known(violation, first.owner, first.reason, min(entry.expires for entry in live)))
        else:
            firing.append(left)
            expired.update((entry.name, None) for entry in mine if entry.expires < as_of)
    unused = tuple(entry for entry in entries if entry.identity not in used)
    return Applied(tuple(firing), tuple(known), tuple(expired), unused)


def _left(violation: Violation, live: Sequence[Entry], prints: Prints) -> Violation | None:
    """The part of a violation that no entry covers; None where all of it is."""
    if not live:
        return violation
    if violation.rule in WITHOUT_VALUES:
        return None
    if any(entry.up_to is not None and violation.count <= entry.up_to for entry in live):
        return None
    covered = {value for entry in live for value in entry.values}
    if not covered:
        return violation
    left = {key: value for key, value in violation.values.items() if prints.of(violation, key) not in covered}
    if not left:
        return None
    row = min((value.row for value in left.values() if value.row), default=0)
    count = sum(value.hits for value in left.values())
    return replace(violation, values=left, distinct=len(left), count=count, row=row)


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answers for the new entries of a baseline."""

    owner: str
    reason: str
    expires: date


def renewed(
    violations: Iterable[Violation], before: Sequence[Entry], prints: Prints, answer: Answer, as_of: date,
    unread: Iterable[str] = (),
) -> tuple[Entry, ...]:  # fmt: skip
    """The baseline that the violations make: owner, reason and last day of entries that there were stay, but for those
    that have run out; entries of files that were not `unread` and match nothing are gone.
    """
    old = {entry.identity: entry for entry in before}
    made: dict[Identity, Entry] = {}
    for violation in violations:
        if violation.rule is Rule.EXPIRED:  # nobody may answer for a contract that has run out but its owner
            continue
        identity = identity_of(violation)
        values, up_to = _kept(violation, prints)
        was = old.get(identity)
        same = was is not None and was.expires >= as_of and (set(values), up_to) == (set(was.values), was.up_to)
        said = Answer(was.owner, was.reason, was.expires) if was is not None and same else answer
        made[identity] = Entry(identity, values, up_to, said.owner, said.reason, said.expires)
    missed = set(unread)
    kept = {entry.identity: entry for entry in before if entry.identity.file in missed}
    return tuple(entry for _, entry in sorted({**kept, **made}.items()))


def _kept(violation: Violation, prints: Prints) -> tuple[tuple[str, ...], int | None]:
    if violation.rule in WITHOUT_VALUES:
        return (), None
    by_share = violation.rule is Rule.TOO_LARGE_SHARE
    if prints and 0 < len(violation.values) <= MAX_VALUES and not by_share:
        return tuple(sorted(prints.of(violation, value) for value in violation.values)), None
    return (), class_of(violation.count)


def class_of(count: int) -> int:
    """The class of a count, named by its upper end: 1, 2, 5, 10, 20, 50 …

    >>> [class_of(n) for n in (1, 3, 10, 11, 4321)]
    [1, 5, 10, 20, 5000]
    """
    step = 1
    while True:
        for factor in (1, 2, 5):
            if count <= factor * step:
                return factor * step
        step *= 10


def differences(before: Sequence[Entry], after: Sequence[Entry]) -> list[str]:
    """What a new baseline changes, a line each: `+` new, `-` gone, `~` changed."""
    old = {entry.identity: entry for entry in before}
    new = {entry.identity: entry for entry in after}
    lines = []
    for identity in sorted(old.keys() | new.keys()):
        was, now = old.get(identity), new.get(identity)
        if was is None and now is not None:
            lines.append(f"+ {now.name}{_size(now)}")
        elif now is None and was is not None:
            lines.append(f"- {was.name}{_size(was)}")
        elif was is not None and now is not None and was != now:
            lines.append(f"~ {now.name}{_size(was)} ->{_size(now) or ' as before'}, {now.expires.isoformat()}")
    return lines


def _size(entry: Entry) -> str:
    if entry.values:
        return f" ({len(entry.values)} fingerprints)"
    return f" (up to {entry.up_to})" if entry.up_to is not None else ""


def written(entries: Sequence[Entry], prints: Prints) -> str:
    """The baseline as YAML. Without owner and reason it is refused until a person has filled them in."""
    lines = ["# Violations that someone answers for until a day. Made by pii-scan guard --update-baseline."]
    if any(entry.values for entry in entries):
        lines.append(f'key_check: "{prints.check}"')
    lines.append("known:" if entries else "known: []")
    for entry in entries:
        told: Mapping[str, str] = {**entry.identity._asdict(), "owner": entry.owner, "reason": entry.reason}
        texts = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in told.items()]
        texts.append(f"expires: {entry.expires.isoformat()}")
        if entry.up_to is not None:
            texts.append(f"up_to: {entry.up_to}")
        lines += [f"  {'-' if at == 0 else ' '} {text}" for at, text in enumerate(texts)]
        if entry.values:
            lines.append("    values:")
            lines += [f'      - "{value}"' for value in entry.values]
    return "\n".join(lines) + "\n"


def _place(place: Place | None) -> str:
    if place is None:
        return "-"
    return f"{place.kind}:{place.sheet}!{place.name}" if place.sheet else f"{place.kind}:{place.name}"
