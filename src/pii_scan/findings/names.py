"""Masks personal data in the names of documents, columns, sheets and parts, which are shown and stored as places.

A masked document name ends in `~` and six digits of a keyed hash, so that two of the same shape stay two.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa

from pii_scan.findings.redact import mask
from pii_scan.model import DocumentRef

Find = Callable[[list[str]], Sequence[Sequence[tuple[int, int]]]]
"""Given names, the code point spans of personal data in each."""

_CACHE = 50_000
_COPY = re.compile(r"(?<=\d)-(?=\d{1,2}(?!\d))")
_PERSONAL = re.compile(r"(?i)([/\\]personal[/\\])([^/\\]+)")
"""OneDrive of a person: `https://firma-my.sharepoint.com/personal/kari_example_no`."""
_ONEDRIVE = re.compile(r"(?i)-my\.sharepoint\.com[/\\](?:[^/\\]+[/\\]){0,2}?personal[/\\]([^/\\]+)")
"""The same in the name of a document that was exported from there. A folder `personal` elsewhere is of the staff."""
_SIGNS = re.compile(r"[-_.+]")
_GLUED = re.compile(r"(?<=\d)[^\W\d_]|[^\W\d_](?=\d)")


class NameMasker:
    """Remembers what it masked, as the same names come again and again."""

    def __init__(self, find: Find, key: bytes = b"", persons: Find | None = None) -> None:
        """`key`: the fingerprint key; without it, documents whose masked names are alike are not told apart.
        `persons`: finds the names of persons that only a label writes so, `hansen-kari.pdf`.
        """
        self._find = find
        self._persons = persons or (lambda names: [()] * len(names))
        self._key = key
        self._safe: dict[str, str] = {}
        self._owners: dict[str, str] = {}

    def safe(self, name: str) -> str:
        """`name` with every piece of personal data in it as its shape."""
        if not name:
            return name
        found = self._safe.get(name)
        if found is None:
            if len(self._safe) >= _CACHE:
                self._safe.clear()
            found = self._safe[name] = self._mask(name)
        return found

    def learn(self, names: Iterable[str]) -> None:
        """Masks many names in one go, which takes a fraction of the time; `safe` then remembers them."""
        new = [name for name in dict.fromkeys(names) if name and name not in self._safe]
        if not new:
            return
        if len(self._safe) + len(new) > _CACHE:
            self._safe.clear()
        readings = [_readings(name) for name in new]
        found = iter(self._find([reading for group in readings for reading in group]))
        for name, group, persons in zip(new, readings, self._persons(new), strict=True):
            self._safe[name] = _masked(name, [*persons, *(span for _ in group for span in next(found))])

    def document(self, ref: DocumentRef) -> str:
        """The document's whole chain, masked."""
        return "!".join(self.told_apart(piece) for piece in ref.display.split("!"))

    def told_apart(self, name: str) -> str:
        """As `safe`, with the mark that tells two masked names of the same shape apart."""
        return self._marked(name, self.safe(name))

    def owner(self, name: str, is_site: bool) -> str:
        """Whose a mailbox or site is: a site as `place`; the owner of a mailbox is a person's name, user name or
        address, whatever the rules find in it, and becomes a shape from end to end.
        """
        found = self._owners.get(name)
        if found is None:
            if len(self._owners) >= _CACHE:
                self._owners.clear()
            made = self.place(name) if is_site else self._marked(name, _shape(name))
            found = self._owners[name] = made if name else ""
        return found

    def place(self, path: str) -> str:
        """As `told_apart`, of a path in a mailbox or on a site; the site of a person is named by the user name."""
        safe = _PERSONAL.sub(lambda match: match[1] + _shape(match[2]), self.safe(path))
        return self._marked(path, safe)

    def _marked(self, name: str, masked: str) -> str:
        if masked == name or not self._key:
            return masked
        return f"{masked}~{hashlib.blake2b(name.encode(), digest_size=3, key=self._key).hexdigest()}"

    def hides(self, ref: DocumentRef) -> bool:
        """Whether the document's own name (not its container's) holds personal data."""
        own = ref.display.rsplit("!", 1)[-1]
        return self.safe(own) != own

    def spaced(self, ref: DocumentRef) -> str:
        """The document's own name, in the reading that shows most personal data."""
        name = ref.display.rsplit("!", 1)[-1]
        for start, end in self._persons([name])[0]:
            name = f"{name[:start]}{_SIGNS.sub(' ', name[start:end]).title()}{name[end:]}"
        return max(_readings(name), key=lambda text: sum(b - a for a, b in self._spans(text)))

    def _spans(self, text: str) -> Sequence[tuple[int, int]]:
        return self._find([text])[0]

    def _mask(self, name: str) -> str:
        spans = [span for found in self._find(_readings(name)) for span in found]
        return _masked(name, [*self._persons([name])[0], *spans])


def _masked(name: str, spans: Iterable[tuple[int, int]]) -> str:
    out, at = [], 0
    for start, end in _joined([*spans, *(match.span(1) for match in _ONEDRIVE.finditer(name))]):
        out.append(name[at:start])
        out.append(_shape(name[start:end]))
        at = end
    return "".join(out) + name[at:]


def _shape(text: str) -> str:
    return str(mask(pa.array([text]))[0])


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans in order, those that overlap as one: the readings may see different ends."""
    last: tuple[int, int] | None = None
    for span in sorted(spans):
        if last is not None and span[0] < last[1]:
            last = (last[0], max(last[1], span[1]))
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


def _readings(name: str) -> list[str]:
    """A name as it is, with `_` as space, without its extension, with digits cut loose from letters, and from the small
    number that tells copies apart (`-2`).

    All have the same length; rules want their values free-standing.
    """
    spaced = name.replace("_", " ")
    folder, slash, last = spaced.rpartition("/")
    stem, dot, extension = last.rpartition(".")
    split = f"{folder}{slash}{stem} {extension}" if dot and stem else spaced
    loose = _GLUED.sub(" ", split)
    return list(dict.fromkeys((name, spaced, split, loose, _COPY.sub(" ", loose))))
