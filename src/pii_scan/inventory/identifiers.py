"""What a person is looked up by: lines that someone wrote, as keyed fingerprints of each kind that they can be.

The values go no further than this: an `Identifier` holds none, and no error quotes a line. Knows no run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa

from pii_scan.errors import ConfigError, UsageError
from pii_scan.findings.redact import fingerprint, fingerprints, written_form
from pii_scan.inventory.categories import LANGUAGES, categories
from pii_scan.registry import data_folder
from pii_scan.yaml_file import read_mapping

MAX_LINES = 1000
MAX_LINE = 1000
"""Characters."""
MAX_TABLE_BYTES = 1 << 20
TRACE_BITS = 20
"""Of the fingerprint that the log of queries keeps: enough to tell that a query was repeated; one national number in a
million has the same."""
SURE = 0.4
_SEPARATORS = re.compile(r"[\s\-._]+")
_AROUND = " \t\"'<>,;«»"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rules see in a line: code points, half-open."""

    start: int
    end: int
    entity_type: str
    score: float


Find = Callable[[list[str]], Sequence[Sequence[Seen]]]
"""All that each text can be, however unlikely: spans may overlap."""
Print = tuple[str, int]
"""Entity type and keyed fingerprint."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """One line."""

    line: int
    """From 1, as it was read."""
    entity_type: str | None
    """The likeliest kind; None where the line says none and has the form of none."""
    prints: frozenset[Print]
    """What it is looked up by."""
    others: frozenset[Print]
    """The same signs as kinds that the line is hardly meant as: what is found is told, and is no answer."""
    trace: str
    """A short keyed hash that says that two queries were for the same, and no more."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds of identifiers, from `configs/identifiers.yaml`."""

    by_label: Mapping[str, str]
    """Entity type by label, folded."""
    open: frozenset[str]
    """Kinds that any text can be of."""
    all: frozenset[str]
    """Without those that describe many persons alike, such as an education."""
    companions: Mapping[str, tuple[str, ...]]
    unless: Mapping[str, tuple[str, ...]]


@cache
def kinds() -> Kinds:
    """The table of this installation, read once. Raises ConfigError."""
    path = data_folder("configs") / "identifiers.yaml"
    table: dict[str, Any] = read_mapping(path, MAX_TABLE_BYTES, ConfigError, "a table of identifiers")["kinds"]
    known = categories()
    labels = {_folded(name): name for name in table}
    labels |= {_folded(known.entity_name(name, lang)): name for name in table for lang in LANGUAGES}
    labels |= {_folded(label): name for name, entry in table.items() for label in entry["labels"]}
    return Kinds(
        labels,
        frozenset(name for name, entry in table.items() if entry.get("open")),
        frozenset(table),
        {name: tuple(entry.get("with", ())) for name, entry in table.items()},
        {name: tuple(entry.get("unless", ())) for name, entry in table.items()},
    )


def read_identifiers(text: str, find: Find, key: bytes, types: Iterable[str]) -> list[Identifier]:
    """The identifiers in `text`, one a line; empty lines are passed over. `types`: the entity types that the run looked
    for, so that those of a user's own rules can be named too.

    Raises UsageError, which names the line and never quotes it.
    """
    lines = [(number, line.strip(_AROUND)) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line]
    if not lines:
        raise UsageError("no identifier was given", "write them to standard input, one a line")
    if len(lines) > MAX_LINES:
        raise UsageError(f"more than {MAX_LINES} identifiers were given", "ask for one person at a time")
    for number, line in lines:
        if len(line) > MAX_LINE:
            raise UsageError(f"line {number}: longer than {MAX_LINE} characters", "write one identifier a line")
    reader = _Reader(key, frozenset(types), find)
    stated = [reader.stated(line) for _, line in lines]
    values = [line if said is None else said[1] for said, (_, line) in zip(stated, lines, strict=True)]
    bare = reader.find(values)
    labelled = reader.find(
        [line if said is None else f"{said[2]}: {said[1]}" for said, line in zip(stated, values, strict=True)]
    )
    found = []
    for at, (number, _) in enumerate(lines):
        said, value = stated[at], values[at]
        if said is not None:
            shift = len(said[2]) + 2
            moved = [Seen(s.start - shift, s.end - shift, s.entity_type, s.score) for s in labelled[at]]
            found.append(reader.as_stated(number, value, said[0], [*bare[at], *moved]))
        else:
            found.append(reader.as_seen(number, value, bare[at]))
    return found


class _Reader:
    """Turns values into fingerprints."""

    def __init__(self, key: bytes, types: frozenset[str], find: Find) -> None:
        self._key = key
        self._find = find
        self._kinds = kinds()
        own = types - set(categories().by_entity_type)
        self._labels = {**{_folded(name): name for name in own}, **self._kinds.by_label}
        self._own = own
        self._open = self._kinds.open | own
        self._all = self._kinds.all | own

    def find(self, texts: list[str]) -> list[list[Seen]]:
        """What the rules see that can tell one person from others."""
        return [[one for one in seen if one.entity_type in self._all] for seen in self._find(texts)]

    def stated(self, line: str) -> tuple[str, str, str] | None:
        """(entity type, value, label) of a line that says its kind, before a colon or before a number or an address."""
        label, colon, value = line.partition(":")
        kind = self._labels.get(_folded(label))
        if colon and kind and value.strip(_AROUND):
            return kind, value.strip(_AROUND), label.strip()
        words = line.split()
        for count in range(min(4, len(words) - 1), 0, -1):
            kind = self._labels.get(_folded(" ".join(words[:count])))
            rest = " ".join(words[count:])
            if kind and re.search(r"[0-9@]", rest):
                return kind, rest.strip(_AROUND), " ".join(words[:count])
        return None

    def as_stated(self, number: int, value: str, kind: str, seen: Sequence[Seen]) -> Identifier:
        """A value of the kind that its line says, or of one that the same word may mean."""
        types = (kind, *self._kinds.companions.get(kind, ()))
        mine = [s for s in seen if s.entity_type in types and s.start >= 0]
        prints = {self._print(value, name) for name in types}
        prints |= {self._print(value[s.start : s.end], s.entity_type) for s in mine}
        whole = [s for s in mine if (s.start, s.end) == (0, len(value))]
        best = max(whole or mine, key=lambda s: s.score, default=None)
        if not written_form(pa.array([value]), kind)[0].as_py().strip("0"):
            raise UsageError(f"line {number}: the value is not of the kind that the line says")
        return self._identifier(number, value, best.entity_type if best else kind, prints, set())

    def as_seen(self, number: int, value: str, seen: Sequence[Seen]) -> Identifier:
        """A value alone: each kind that it has the form of, else each that any text can be of."""
        whole = _best(s for s in seen if (s.start, s.end) == (0, len(value)))
        parts = [s for s in seen if (s.start, s.end) != (0, len(value))]
        if whole:
            dropped = {name for name in whole if set(self._kinds.unless.get(name, ())) & set(whole)}
            meant = {name for name in whole if name not in dropped}
            meant |= {other for name in meant for other in self._kinds.companions.get(name, ())}
            kind = max(meant & set(whole), key=lambda name: (whole[name], name))
            others = {self._print(value, name) for name in (self._open | dropped) - meant}
            meant |= self._own  # what these look like, only the user's rules know
            return self._identifier(number, value, kind, {self._print(value, name) for name in meant}, others)
        if ":" in value and (label := value.partition(":")[0]).replace(" ", "").isalpha() and len(label) > 1:
            raise UsageError(f"line {number}: what stands before the colon is no kind of identifier", _NAMES)
        sure = [s for s in parts if s.score >= SURE]
        if sure:
            if any(s.entity_type not in self._open for s in sure):
                raise UsageError(f"line {number}: holds more than one thing", "write one identifier a line")
            prints = {self._print(value[s.start : s.end], s.entity_type) for s in sure}
            return self._identifier(number, value, max(sure, key=lambda s: s.score).entity_type, prints, set())
        probed = self._probed(value)
        likeliest = max(probed, key=lambda name: (probed[name], name), default=None)
        guess = likeliest or _name_or_none(value)
        return self._identifier(number, value, guess, {self._print(value, n) for n in self._open | set(probed)}, set())

    def _probed(self, value: str) -> dict[str, float]:
        """The kinds that the value has the form of once it is said to be of them."""
        labels = {kind: label for label, kind in self._kinds.by_label.items() if kind not in self._open}
        texts = [f"{label}: {value}" for label in labels.values()]
        held: dict[str, float] = {}
        for kind, text, seen in zip(labels, texts, self.find(texts), strict=True):
            whole = _best(s for s in seen if (s.start, s.end) == (len(text) - len(value), len(text)))
            if kind in whole:
                held[kind] = whole[kind]
        return held

    def _print(self, value: str, entity_type: str) -> Print:
        return entity_type, int(fingerprints(pa.array([value], pa.string()), entity_type, self._key)[0])

    def _identifier(
        self, number: int, value: str, kind: str | None, prints: set[Print], others: set[Print]
    ) -> Identifier:
        for name in {name for name, _ in prints}:
            prints |= {self._print(text, other) for other, text in _elsewhere(value, name)}
        others -= prints
        form = written_form(pa.array([value], pa.string()), kind or "")[0].as_py()
        trace = fingerprint("query", form, self._key) & ((1 << TRACE_BITS) - 1)
        return Identifier(number, kind, frozenset(prints), frozenset(others), f"{trace:0{TRACE_BITS // 4}x}")


_NAMES = "for example phone, fnr, e-post, ip, navn, konto, kundenr, or an entity type"


def _elsewhere(value: str, entity_type: str) -> Iterator[tuple[str, str]]:
    """The same thing as another country, or another form, writes it."""
    form = written_form(pa.array([value], pa.string()), entity_type)[0].as_py()
    if entity_type == "NO_BANK_ACCOUNT" and len(form) == 11:
        check = 98 - int(f"{form}232400") % 97  # ISO 13616: NO as 2324, the check digits as 00
        yield "IBAN_CODE", f"NO{check:02}{form}"
    elif entity_type == "IBAN_CODE" and form.startswith("NO") and len(form) == 15:
        yield "NO_BANK_ACCOUNT", form[4:]
    elif entity_type == "PHONE_NUMBER":
        for code, trunk in _TRUNKS.items():
            if form.startswith(code):
                yield entity_type, trunk + form[len(code) :]
            if trunk and form.startswith(trunk) and not form.startswith(code):
                yield entity_type, code + form[len(trunk) :]
        if len(form) == 10 and form[0] not in "01":
            yield entity_type, f"1{form}"


_TRUNKS = {"46": "0", "44": "0", "358": "0", "49": "0", "31": "0", "1": ""}
"""Country code (ITU-T E.164) to what callers within the country dial instead, of the countries whose domestic numbers
the rule for telephone numbers finds."""


def _best(seen: Iterable[Seen]) -> dict[str, float]:
    """The highest score of each entity type."""
    best: dict[str, float] = {}
    for one in seen:
        best[one.entity_type] = max(one.score, best.get(one.entity_type, 0.0))
    return best


def _name_or_none(value: str) -> str | None:
    """Words of letters are most likely someone's name."""
    words = value.replace(",", " ").split()
    letters = all(word.replace("-", "").replace("'", "").replace(".", "").isalpha() for word in words)
    return "PERSON" if letters and len(words) > 1 else None


def _folded(label: str) -> str:
    """A label without regard to case and to how its parts are joined."""
    return _SEPARATORS.sub("", label.casefold())
