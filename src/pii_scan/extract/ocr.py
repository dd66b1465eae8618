"""Text in pictures, read by Tesseract where it is installed: PNG, JPEG, TIFF page by page, BMP, WebP, GIF; PDF pages.

Every page is a process of its own with a bound on its time; pictures go to it through a file without a name. Where
Tesseract is missing, every picture that may show text is a Problem whose detail begins `needs_ocr:`. Locations: the
page of the file, 1 for a single picture.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import PIECE, Budget
from pii_scan.extract.office_text import batch_of, cut
from pii_scan.extract.picture_sizes import Size, has_end, picture_sizes
from pii_scan.model import ChunkBatch, Document, Limits, PageOrigin, Problem, ProblemCode, Stage

LANGUAGES = ("nor", "eng")
"""Norwegian first, or å is lost in short words. That model reads an at sign as Q or O: see `with_addresses`."""
_ADDRESS = re.compile(r"(?<![\w.+-])([a-zæøå0-9][\w.+-]*)(?: ?(?:@|[QO©®]) ?|&)((?:[a-z0-9-]+\.)+[a-z]{2,10})(?![\w@])")
PAGE_SECONDS = 60.0
MAX_PAGES = 500
"""Pages of one file."""
MAX_PIXELS = 100_000_000
SMALL_PIXELS = 64
"""A picture with no side as long as this is an icon: it shows no text."""
_LINE_PIXELS = 12
"""A picture with a side shorter than this has no room for a line of text."""
_MAX_FILE_BYTES = 512 << 20
_MAX_TEXT_BYTES = 16 << 20
_SHARE = 0.7
"""Of the time that a document may take; the rest is for all but its pictures."""
HOW = "install tesseract with nor and eng"
_KEPT = ("PATH", "TESSDATA_PREFIX", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH")


class Tesseract(NamedTuple):
    """The program, and the languages it is to read in."""

    command: str
    languages: tuple[str, ...]
    turns: bool
    """It can tell which way up a page is."""


@functools.lru_cache(maxsize=1)
def installed() -> Tesseract | None:
    """Tesseract, if it is installed with a language of ours. Asked once in a process."""
    command = shutil.which("tesseract")
    if command is None:
        return None
    try:
        said = subprocess.run(
            [command, "--list-langs"], stdin=subprocess.DEVNULL, capture_output=True, timeout=20, env=_environment()
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    known = set((said.stdout + b"\n" + said.stderr).decode("utf-8", "replace").split())
    languages = tuple(language for language in LANGUAGES if language in known)
    return Tesseract(command, languages, "osd" in known) if languages else None


def extract(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[ChunkBatch | Problem]:
    """The text of each picture in an image file. Raises DocumentError (`corrupt`, `limit`)."""
    sizes = picture_sizes(document.content, document.media_type)
    numbers = [number for number, size in enumerate(sizes, 1) if shows_text(size)]
    animated = document.media_type == "image/gif" and len(numbers) > 1
    reading = Recognition(limits, budget or Budget(limits))
    with tempfile.TemporaryFile(prefix="pii-scan-") as picture:
        digest = _copy(document.content, picture)
        known = reading.known(digest)
        if known is not None:
            for number, text in known:
                yield from reading.batches(text, number)
        else:
            for number in numbers[:1] if animated else numbers:
                page = number if document.media_type == "image/tiff" else None
                yield from reading.batches(reading.read(picture, sizes[number - 1], page), number)
            reading.keep(digest)
    for code, detail in reading.left_out("pictures"):
        yield Problem(document.ref, Stage.EXTRACT, code, detail)
    if not has_end(document.content, document.media_type):
        yield Problem(document.ref, Stage.EXTRACT, ProblemCode.TRUNCATED, "the end of the picture is missing")
    if animated:
        detail = f"moving picture: frames after the first of {len(sizes)} were not looked at"
        yield Problem(document.ref, Stage.EXTRACT, ProblemCode.UNSUPPORTED, detail)


def shows_text(size: Size) -> bool:
    """The picture is large enough to show some."""
    return max(size) >= SMALL_PIXELS and min(size) >= _LINE_PIXELS


class Recognition:
    """Reads pages of one document, and keeps count of those that were not read."""

    def __init__(self, limits: Limits, budget: Budget) -> None:
        self._limits = limits
        self._budget = budget
        self._tesseract = installed()
        self._read: list[tuple[int, str]] = []
        self._pages = 0
        self._missing = self._large = self._beyond = self._late = self._failed = 0

    def known(self, digest: bytes) -> tuple[tuple[int, str], ...] | None:
        """What a picture with this hash said when it was read before, below the same top-level file."""
        return self._budget.picture_texts(digest)

    def keep(self, digest: bytes) -> None:
        """Keeps what was read for the next picture with the same hash, if all of it was read."""
        if not (self._missing or self._large or self._beyond or self._late or self._failed):
            self._budget.keep_picture(digest, tuple(self._read))

    def keep_one(self, digest: bytes, text: str) -> None:
        """Keeps what one picture among several said."""
        self._budget.keep_picture(digest, ((1, text),))

    def may_read(self, size: Size) -> bool:
        """Whether a page of this size is to be read; if not, it is counted."""
        if self._tesseract is None:
            self._missing += 1
        elif size.width * size.height > MAX_PIXELS:
            self._large += 1
        elif self._pages >= MAX_PAGES:
            self._beyond += 1
        elif self._budget.ocr_seconds >= self._limits.document_seconds * _SHARE:
            self._late += 1
        else:
            return True
        return False

    def leave_out(self) -> None:
        """Counts a picture that is beyond what is read."""
        self._beyond += 1

    def count_failure(self) -> None:
        """Counts a picture that could not be drawn."""
        self._failed += 1

    def read(self, picture: BinaryIO, size: Size, page: int | None = None, dots: int = 0) -> str | None:
        """The text of a picture, or of a `page` (1-based) of a TIFF; None where it is not read, which is counted.

        `picture`: a file of the operating system. `dots`: its dots an inch, if the file does not say.
        """
        if self._tesseract is None or not self.may_read(size):
            self._missing += self._tesseract is None
            return None
        self._pages += 1
        started = time.monotonic()
        try:
            text = _run(self._tesseract, picture, page, dots, min(PAGE_SECONDS, self._limits.stall_seconds * 0.7))
        except subprocess.TimeoutExpired:
            self._late += 1
            return None
        except (OSError, ValueError):
            self._failed += 1
            return None
        finally:
            self._budget.ocr_seconds += time.monotonic() - started
        self._read.append((page or 1, text))
        return text

    def batches(self, text: str | None, page: int) -> Iterator[ChunkBatch]:
        """What was read, as the text of a page. An empty page too: it tells that the work goes on."""
        for piece in cut(text, self._limits) if text is not None else ():
            yield batch_of([piece], PageOrigin(page))

    def left_out(self, what: str) -> Iterator[tuple[ProblemCode, str]]:
        """Codes and details for what was not read. `what`: `pictures` or `pages`."""
        if self._missing:
            yield ProblemCode.UNSUPPORTED, f"needs_ocr: {HOW} to read {what}: {self._missing}"
        if self._large:
            yield ProblemCode.LIMIT, f"{what} of more than {MAX_PIXELS} pixels: {self._large}"
        if self._beyond:
            yield ProblemCode.LIMIT, f"{what} after the first {MAX_PAGES} that need OCR: {self._beyond}"
        if self._late:
            yield ProblemCode.TIMEOUT, f"{what} for whose OCR there was no time: {self._late}"
        if self._failed:
            yield ProblemCode.CORRUPT, f"{what} that cannot be recognised: {self._failed}"


def _run(tesseract: Tesseract, picture: BinaryIO, page: int | None, dots: int, seconds: float) -> str:
    """One page through Tesseract. Raises ValueError when it fails, subprocess.TimeoutExpired, OSError.

    The process stays in the group of this one, so that an engine which ends the group ends it too.
    """
    command = [tesseract.command, "stdin", "stdout", "-l", "+".join(tesseract.languages)]
    command += ["--psm", "1" if tesseract.turns else "3"]
    command += ["--dpi", str(dots)] if dots else []
    command += ["-c", f"tessedit_page_number={page - 1}"] if page is not None else []
    picture.seek(0)
    with tempfile.TemporaryFile(prefix="pii-scan-") as out:
        done = subprocess.run(
            command, stdin=picture, stdout=out, stderr=subprocess.DEVNULL, timeout=seconds, env=_environment()
        )
        if done.returncode:
            raise ValueError("not recognised")
        out.seek(0)
        data = out.read(_MAX_TEXT_BYTES)
    return with_addresses(data.decode("utf-8", "replace").replace("\f", "\n").replace("\0", " ").strip())


def with_addresses(text: str) -> str:
    """The text with its e-mail addresses made whole: Tesseract sets blanks beside an at sign, or takes it for Q or O.

    >>> with_addresses("Skriv til ola.bakke Q example.com, eller kari @example.no. Firma Q AS")
    'Skriv til ola.bakke@example.com, eller kari@example.no. Firma Q AS'
    """
    return _ADDRESS.sub(r"\1@\2", text)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1", "LC_ALL": "C"}


def _copy(content: BinaryIO, picture: BinaryIO) -> bytes:
    """Copies a picture into a file of the operating system; gives its hash. Raises DocumentError (`limit`)."""
    digest = hashlib.sha256()
    content.seek(0)
    size = 0
    while data := content.read(PIECE):
        size += len(data)
        if size > _MAX_FILE_BYTES:
            raise DocumentError("limit", f"a picture of more than {_MAX_FILE_BYTES} bytes")
        digest.update(data)
        picture.write(data)
    picture.flush()
    return digest.digest()
