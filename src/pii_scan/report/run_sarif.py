"""A run as SARIF (`--format sarif`): one result for each document and entity type, a notification for what is unread.

Levels: `warning` where the law treats the category apart, `note` for the rest and for test numbers alone: to find
personal data is no error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.inventory.rollup import DOCUMENT, FinishedRun, Rollup, plain
from pii_scan.model import printable
from pii_scan.report.issue import UNREAD, Issue, by_line, fingerprint, serious
from pii_scan.report.model import View, view
from pii_scan.report.sarif import log

MAX_PLACES = 20
"""Columns and parts that a message names."""
_KINDS = {"text": "guard.place.text", "page": "guard.place.page", "part": "sarif.part"}
_PLACE = ("kind", "sheet", "header")
_KEYS = (*DOCUMENT, "entity_type", "category", *_PLACE)


def write(run: FinishedRun, out: BinaryIO, lang: str) -> None:
    """One SARIF log in UTF-8."""
    seen = view(run, lang, details=False)
    writer = _Issues(run, seen)
    found = [*writer.found(), *writer.unread()]
    if seen.interrupted:
        text = seen.t("remark.interrupted")
        found.append(Issue(UNREAD, UNREAD, "", 1, text, text, (), 0, False, ""))
    out.write(log(found, str(seen.manifest["version"]), bases=writer.bases).encode("utf-8", "replace"))


@dataclass(slots=True)
class _Found:
    """An entity type in a document, so far."""

    category: str
    count: int = 0
    synthetic: int = 0
    row: int = 0
    places: dict[tuple[str, str, str], int] = field(default_factory=dict)


class _Issues:
    """Makes the issues of a run."""

    def __init__(self, run: FinishedRun, seen: View) -> None:
        self._run = run
        self._seen = seen
        targets = [str(target) for target in seen.targets]
        names = {target: f"TARGET{number}" for number, target in enumerate(targets, 1)} if len(targets) > 1 else {}
        self._base: Mapping[str, str] = names
        self.bases = {base: printable(target) for target, base in names.items()}
        self._key = bytes.fromhex(str(seen.manifest.get("key_check", "")))
        """Of the run's key, which it does not give away: another project's gives other fingerprints."""
        self._types: dict[tuple[str, str], str] = {}
        """Media types of what is no member of another document."""
        for table in run.documents():
            for row in plain(table, [*DOCUMENT, "container", "media_type"]).to_pylist():
                if not row["container"]:
                    self._types[row["target"], row["document"]] = row["media_type"]

    def found(self) -> Iterator[Issue]:
        """One for each document and entity type, in the order of documents."""
        gathered: dict[tuple[str, str, str], _Found] = {}
        table = _rolled_up(self._run)
        for row in [] if table is None else table.to_pylist():
            key = (row["target"], row["document"], row["entity_type"])
            one = gathered.setdefault(key, _Found(row["category"]))
            one.count += row["count"]
            one.synthetic += row["synthetic"]
            one.row = min(filter(None, (one.row, row["row"])), default=0)
            place = tuple(row[name] for name in _PLACE)
            one.places[place] = one.places.get(place, 0) + row["count"]
        for (target, document, entity_type), one in sorted(gathered.items(), key=lambda item: item[0]):
            yield self._issue(target, document, entity_type, one)

    def _issue(self, target: str, document: str, entity_type: str, one: _Found) -> Issue:
        t, name = self._seen.t, self._seen.entity(entity_type)
        file = self._artifact(target, document)
        places = sorted(one.places.items(), key=lambda item: (-item[1], item[0]))
        said = [f"{t.number(count)} × {self._place(*place)}" for place, count in places[:MAX_PLACES]]
        if len(places) > MAX_PLACES:
            said.append(t("sarif.more_places", n=len(places) - MAX_PLACES))
        # The number before the label: behind «Kundenummer: » it would be taken for one by whoever scans the report
        message = f"{t('guard.values', n=one.count)}, {name} ({'; '.join(said)})"
        if one.synthetic:
            message += ", " + t("sarif.synthetic", n=one.synthetic)
        grave = serious([one.category]) and one.synthetic < one.count
        lines = file == document and by_line(self._types.get((target, document), ""))
        message = self._inner(file, document, message)
        return Issue(
            entity_type, entity_type, file, one.row if lines and one.row else 1, name, message,
            (one.category,), one.count, grave, fingerprint("report", entity_type, f"{target}\0{document}", self._key),
            "warning" if grave else "note", self._base.get(target, ""),
        )  # fmt: skip

    def unread(self) -> Iterator[Issue]:
        """One for each document that was not, or not wholly, read."""
        for table in self._run.problems():
            for row in plain(table, [*DOCUMENT, "code", "detail"]).to_pylist():
                document = row["document"]
                file = self._artifact(row["target"], document)
                said = self._seen.t("guard.unread", detail=printable(row["detail"]), code=row["code"])
                title = self._seen.t("guard.title.unread")
                yield Issue(UNREAD, UNREAD, file, 1, title, self._inner(file, document, said), (), 0, False, "",
                            base=self._base.get(row["target"], ""))  # fmt: skip

    def _artifact(self, target: str, document: str) -> str:
        """The file that lies at the target: a member of a container stands after `!`."""
        at = document.find("!")
        while at >= 0:
            if (target, document[:at]) in self._types:
                return document[:at]
            at = document.find("!", at + 1)
        return document

    def _inner(self, file: str, document: str, message: str) -> str:
        inner = document.removeprefix(file).removeprefix("!")
        return f"{printable(inner)}: {message}" if inner else message

    def _place(self, kind: str, sheet: str, header: str) -> str:
        t = self._seen.t
        if kind in ("cell", "column"):
            return t("guard.place.column", name=printable(f"{sheet}!{header}" if sheet else header or "–"))
        return t(_KINDS[kind])


def _rolled_up(run: FinishedRun) -> pa.Table | None:
    """One row for each document, entity type and place: count, synthetic (of the count), first row."""
    rollup = Rollup(_KEYS, {"count": "sum", "synthetic": "sum", "row": "min"})
    for table in run.findings():
        if table.num_rows:
            part = plain(table, [*_KEYS, "count", "synthetic", "row"])
            test = pc.if_else(part["synthetic"], part["count"], 0)
            rollup.add(part.set_column(part.schema.get_field_index("synthetic"), "synthetic", test))
    return rollup.result()
