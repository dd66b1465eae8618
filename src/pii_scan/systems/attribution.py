"""Says which system each document is from, while it is read: cheap looks at its start, then the sum of the signals.

Path rules of the user come first. What no profile reaches `THRESHOLD` for is from the system that is declared for its
target, and has none where that has none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.globs import Patterns
from pii_scan.model import ChunkBatch, DocumentRef, printable
from pii_scan.systems.evidence import Evidence
from pii_scan.systems.profiles import PathRule, Profile, ProfileTable
from pii_scan.systems.seen import Seen, composed, running_text
from pii_scan.systems.signals import HeaderSignals, PartSignal, PathSignal, Signal, TextSignals, anywhere

THRESHOLD = 0.5
DECLARED = "target: declared to be from this system"
MAX_OPEN = 10_000
"""Documents that may be read at a time; they are containers within containers, so a few."""
_KNOWN_NAMES = 10_000
_ORDER = ("path", "media_type", "part")
"""Signals of these kinds are tried first, in this order: where a mail lies decides what its headers are worth."""
_ARCHIVES = frozenset(
    f"application/{name}"
    for name in (
        "zip", "gzip", "zstd", "x-tar", "x-bzip2", "x-xz", "x-lzma", "x-lz4", "x-7z-compressed", "vnd.rar", "x-cpio",
        "vnd.ms-cab-compressed",
    )
)  # fmt: skip
_MAIL_HOLDERS = (".pst", ".ost", ".mbox", ".mbx", ".eml", ".msg")


class Attribution:
    """For one worker; documents may be within one another."""

    def __init__(
        self,
        table: ProfileTable,
        rules: Sequence[PathRule] = (),
        targets: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """`rules` in the order in which they are tried. `targets`: of those with a name of their own, the last name of
        their path (`folder`) and the `system` of what does not tell.
        """
        self._targets = targets or {}
        self._profiles = tuple(table)
        self._rules = tuple(rules)
        self._seen: dict[DocumentRef, Seen] = {}
        self._last: tuple[DocumentRef, Seen] | None = None
        self._by_kind: dict[str, list[tuple[int, Signal]]] = {kind: [] for kind in _ORDER}
        for number, profile in enumerate(self._profiles):
            for signal in profile.signals:
                self._by_kind.setdefault(signal.kind, []).append((number, signal))
        self._by_kind["part"].sort(key=lambda one: isinstance(one[1], PartSignal) and one[1].sender)
        self._by_kind["text"] = self._by_kind.pop("text", [])  # last: they cost most
        self._texts = TextSignals(self._by_kind["text"])
        self._headers = HeaderSignals(self._by_kind.setdefault("headers", []))
        texts = [(number, signal.score) for number, signal in self._by_kind["text"]]
        self._by_text = {n: together(score for of, score in texts if of == n) for n, _ in texts}
        globs = [
            glob
            for _, signal in self._by_kind.get("path", ())
            if isinstance(signal, PathSignal)
            for glob in signal.globs
        ]
        self._known = anywhere(*globs)
        self._is_known_folder = lru_cache(_KNOWN_NAMES)(self._known.fit)
        parts = [s.part for _, s in self._by_kind.get("part", ()) if isinstance(s, PartSignal)]
        self._keeps = lru_cache(_KNOWN_NAMES)(Patterns(parts, ignore_case=True).fit_exactly)

    def plain(self, documents: Iterable[Sequence[ChunkBatch]]) -> frozenset[int]:
        """The `id` of each batch that is the only text of its document and holds nothing that a signal looks for in
        text: all are looked at in one go. `documents`: the batches of each that is about to come.
        """
        alone = [running[0] for running in map(running_text, documents) if len(running) == 1]
        alone = [batch for batch in alone if len(batch.texts) == 1]
        if not alone or self._texts.pattern is None:
            return frozenset()
        wide = pa.large_string()
        texts = [batch.texts if batch.texts.type == wide else batch.texts.cast(wide) for batch in alone]
        hit = pc.match_substring_regex(pa.concat_arrays(texts), self._texts.pattern)
        return frozenset(id(batch) for batch, one in zip(alone, hit.to_pylist(), strict=True) if one is False)

    def observe(self, ref: DocumentRef, batch: ChunkBatch, plain: bool = False) -> None:
        """A batch of a document, any of its batches in any order; only the first are looked at. `plain`: as `plain`
        says of it.
        """
        last = self._last
        if last is None or (last[0] is not ref and last[0] != ref):
            last = self._last = (ref, self._of(ref))
        last[1].take(batch, plain)

    def finish(self, ref: DocumentRef, media_type: str) -> tuple[str | None, tuple[str, ...]]:
        """The system, or None, and the labels of the signals that told it, strongest first. Forgets the document."""
        seen = self._seen.pop(ref, None)
        if self._last is not None and self._last[0] == ref:
            self._last = None
        if seen is None:  # a member that gave no text is a member all the same
            self._tell(ref)
        found = self._found(ref, media_type, seen)
        if ref.parent is not None:
            self._of(ref.parent).systems.add(found[0])
        elif found[0] is None and (system := self._targets.get(ref.target, {}).get("system")):
            return system, (DECLARED,)
        return found

    def _found(self, ref: DocumentRef, media_type: str, seen: Seen | None) -> tuple[str | None, tuple[str, ...]]:
        for rule in self._rules:
            if rule.fits(ref):
                return rule.system, (f"path rule: {rule.glob}",)
        found = self._strongest(Evidence(self._pieces(ref), media_type, seen))
        if found[0] is None and media_type in _ARCHIVES and seen is not None and len(seen.systems) == 1:
            [system] = seen.systems
            return (None, ()) if system is None else (system, ("members: all from this system",))
        return found

    def _strongest(self, evidence: Evidence) -> tuple[str | None, tuple[str, ...]]:
        """The profile for which most speaks; of equals the one with the strongest single signal, then the first."""
        fired = self._fired(evidence)
        best: tuple[float, float, int] = (THRESHOLD, 0.0, 1)
        for number, hits in fired.items():
            scores = [score for score, _ in hits]
            best = max(best, (together(scores), max(scores), -number))
        number = -best[2]
        if number < 0:
            return None, ()
        hits = sorted(fired[number], key=lambda hit: -hit[0])
        return self._profiles[number].id, tuple(label for _, label in hits)

    def _fired(self, evidence: Evidence) -> dict[int, list[tuple[float, str]]]:
        """Score and label of each signal that fired, by the number of the profile."""
        fired: dict[int, list[tuple[float, str]]] = {}
        in_mailbox: bool | None = None
        for kind in self._by_kind:
            if kind == "path" and not any(map(self._is_known_path, evidence.pieces)):
                continue
            if not evidence.has(kind):
                continue
            for number, signal in self._worth_trying(kind, evidence):
                if kind == "text" and number not in fired and self._by_text[number] < THRESHOLD:
                    continue  # on their own they would not do
                if kind == "part" and isinstance(signal, PartSignal) and signal.sender:  # asked rarely: it takes long
                    in_mailbox = self._is_mailbox(evidence, fired) if in_mailbox is None else in_mailbox
                    if in_mailbox:
                        continue
                if label := signal.fired(evidence):
                    fired.setdefault(number, []).append((signal.score, label))
        return fired

    def _worth_trying(self, kind: str, evidence: Evidence) -> list[tuple[int, Signal]]:
        """Of the signals of a kind those that could fire."""
        if kind == "text":
            return self._texts.worth_trying(evidence)
        return self._headers.worth_trying(evidence) if kind == "headers" else self._by_kind[kind]

    def _is_known_path(self, path: str) -> bool:
        """Whether a name in the path is one that some profile asks for; what folders say is remembered."""
        folder, slash, _ = path.rpartition("/")
        return (bool(slash) and self._is_known_folder(folder)) or self._known.fit_exactly(path)

    def _is_mailbox(self, evidence: Evidence, fired: Iterable[int]) -> bool:
        """Whether what is known so far says that a mail lies in a mailbox: then its headers on how it was sent tell of
        the sender's system, which may be anyone's.
        """
        around = evidence.pieces[-2] if len(evidence.pieces) > 1 else ""
        return around.lower().endswith(_MAIL_HOLDERS) or any(self._profiles[number].kind == "mail" for number in fired)

    def _of(self, ref: DocumentRef) -> Seen:
        seen = self._seen.get(ref)
        if seen is None:
            if len(self._seen) >= MAX_OPEN:
                self._seen.clear()
            seen = self._seen[ref] = Seen(self._keeps)
            self._tell(ref)
        return seen

    def _tell(self, ref: DocumentRef) -> None:
        """All containers around a document learn of it."""
        path, parent = "", ref.parent
        here = ref
        while parent is not None:
            name = composed(printable(here.path))
            path = f"{name}/{path}" if path else name
            self._of(parent).member(path)
            here, parent = parent, parent.parent

    def _pieces(self, ref: DocumentRef) -> tuple[str, ...]:
        """The paths of a document and of the containers around it, outermost first; that of a file begins with the name
        of the target, which may be the very folder that tells.
        """
        chain: list[str] = []
        here: DocumentRef | None = ref
        while here is not None:
            chain.insert(0, composed(printable(here.path)))
            here = here.parent
        named = self._targets.get(ref.target)
        target = ref.target if named is None else named.get("folder", "")
        folder = printable(target.replace("\\", "/").rstrip("/").rpartition("/")[2])
        if folder not in ("", ".", "..", "-") and folder != chain[0]:
            chain[0] = f"{folder}/{chain[0]}"
        return tuple(chain)


def reach(profile: Profile) -> float:
    """How sure a document of the profile is when every signal fires."""
    return together(signal.score for signal in profile.signals)


def together(scores: Iterable[float]) -> float:
    """Signals that fired, as one: what is left of doubt is the product of their doubts.

    >>> together([0.5, 0.5])
    0.75
    """
    return round(1 - math.prod(1 - score for score in scores), 9)
