"""Memory and time of the text extractors on large and on hostile documents."""

from __future__ import annotations

import subprocess
import sys
import time
from types import ModuleType

import pytest
from text_family import run

from pii_scan.extract import json, tabular, text, xml

LARGE = """
import io, resource, sys
from importlib import import_module
from pii_scan.model import Document, DocumentRef, Limits

class Repeated(io.RawIOBase):
    def __init__(self, first, unit, size):
        self.first, self.unit, self.size, self.at = first, unit * (1 << 16), size, 0
    def seek(self, offset, whence=0):
        self.at = offset if whence == 0 else self.size + offset
        return self.at
    def read(self, count=-1):
        count = min(count, self.size - self.at)
        out = (self.first if self.at == 0 else b"")[:count]
        start = (self.at + len(out) - len(self.first)) % len(self.unit)
        while len(out) < count:
            piece = self.unit[start : start + count - len(out)]
            out, start = out + piece, 0
        self.at += len(out)
        return out

module, first, unit = sys.argv[1], sys.argv[2].encode(), sys.argv[3].encode().decode("unicode_escape").encode()
before, count = None, 0
for item in import_module("pii_scan.extract." + module).extract(
    Document(DocumentRef("t", "x"), Repeated(first, unit, int(sys.argv[4]) << 20)), Limits()
):
    count += 1
    before = before or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
sys.stdout.write(str((after - before) >> 10))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs the resource module")
@pytest.mark.parametrize(
    ("module", "first", "unit", "size"),
    [
        ("text", "", "Kari Nordmann kari@example.no\\n", 200),
        ("text", "", "Kari Nordmann kari@example.no ", 200),
        ("tabular", "navn,epost,fnr\n", 'Kari,"kari@example.no",15888010030\\n', 200),
        ("tabular", "navn,epost,fnr\n", 'Kari 5" x,"kari@example.no",15888010030\\n', 20),
        ("json", "[", '{"navn": "K\\\\u00e5re", "epost": "kari@example.no"},', 200),
        ("xml", "<a>", "<b>kari@example.no</b>\\n", 100),
        ("html", "<p>", "<b>kari</b> kari@example.no ", 20),
        ("html", "<!--", "kari@example.no ", 100),
    ],
)
def test_memory_stays_bounded(module: str, first: str, unit: str, size: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LARGE, module, first, unit, str(size)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 150


HOSTILE: list[tuple[ModuleType, str, str]] = [
    (json, "", "\\"),
    (json, "", '"\\u00c3'),
    (json, "", '["'),
    (json, "", '"\n'),
    (tabular, "a,b\nc,1\nd,2\n", '"\n'),
    (tabular, "a,b\nc,1\nd,2\n", '"a\n,"'),
    (tabular, "a,b\nc,1\nd,2\n", '""'),
    (tabular, "a,b\nc,1\nd,2\n", '"""\n'),
    (tabular, "a,b\nc,1\nd,2\n", "x"),
    (tabular, "a,b\nc,1\nd,2\n", "\n"),
    (tabular, "a,b\nc,1\nd,2\n", ","),
    (tabular, 'a,b\n"c\\"d",1\n"e\\"f",2\n', '\\"'),
    (tabular, 'a,b\n"c\\"d",1\n"e\\"f",2\n', '"\\'),
    (xml, "<a>", "<!--"),
    (xml, "<a>", "<![CDATA["),
    (xml, "<a>", "&#"),
    (xml, "<a>", "&amp;"),
    (xml, "<a ", 'b="'),
    (text, "", "\r"),
    (text, "", "\xe5"),
    (text, "", "a&"),
]


@pytest.mark.parametrize(("module", "first", "unit"), HOSTILE)
def test_hostile_input_takes_linear_time(module: ModuleType, first: str, unit: str) -> None:
    spent = []
    for size in (150_000, 600_000):
        start = time.process_time()
        run(module.extract, (first + unit * size)[:size].encode("latin-1"))
        spent.append(time.process_time() - start)
    assert spent[1] < 8 * spent[0] + 0.4
