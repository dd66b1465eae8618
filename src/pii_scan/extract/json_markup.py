r"""HTML in the strings of JSON (the body of a Teams message, of a mail by an API) as the text a reader sees.

Tags part words or join them as `html` has it, character references are decoded; what stands in attributes and comments
is a text of its own. A string without a tag or a reference that HTML knows stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pii_scan.extract import html
from pii_scan.extract.escapes import Unescaped
from pii_scan.extract.references import Builder, Marks

Offsets = npt.NDArray[np.int64]

_MARKUP = re.compile(
    rb"</?(?:p|div|span|br|a|at|b|i|u|s|strong|em|h[1-6]|ul|ol|li|table|tbody|thead|tr|td|th|img|emoji|attachment|"
    rb"systemEventMessage|blockquote|code|codeblock|pre|font|html|body|head|section|hr|customemoji)(?=[\s/>])[^<>]*>|"
    rb"&(?:nbsp|amp|lt|gt|quot|apos|shy|aelig|oslash|aring|AElig|Oslash|Aring|#\d{1,6}|#[xX][0-9A-Fa-f]{1,5});",
    re.IGNORECASE,
)


class Readable(NamedTuple):
    """A block of JSON in which strings with markup are text."""

    seen: Unescaped
    unseen: Unescaped
    """Attributes and comments, string by string; empty where there are none."""


def readable(text: bytes, around: Callable[[Offsets], tuple[Offsets, Offsets]]) -> Readable | None:
    """The text with the markup in its strings read; None where there is none.

    `around`: begin and end of the strings that offsets lie in, without their quotes; an empty stretch for one that lies
    in none.
    """
    if b"<" not in text and b"&" not in text:
        return None
    begins, ends = around(np.array([match.start() for match in _MARKUP.finditer(text)], np.int64))
    _, first = np.unique(begins, return_index=True)
    seen, unseen = Builder(), Builder()
    at = 0
    for begin, end in zip(begins[first].tolist(), ends[first].tolist(), strict=True):
        if begin < at or begin >= end:
            continue
        seen.add(text[at:begin], at)
        seen.begin(begin)
        unseen.begin(begin)
        html.read_whole(text[begin:end], seen, unseen)
        seen.begin(0)
        at = end
    if not at:
        return None
    seen.add(text[at:], at)
    return Readable(_made(seen), _made(unseen))


def _made(builder: Builder) -> Unescaped:
    text = builder.text()
    return Unescaped(text, _sources(builder.marks(), len(text)))


def _sources(marks: Marks, size: int) -> Offsets:
    """The source offset of each byte. A text that is longer than what it was made from never runs past the next."""
    outs, sources = marks
    lengths = np.diff(np.append(outs, size))
    ends = np.maximum(np.append(sources[1:], np.iinfo(np.int64).max), sources)
    return np.asarray(np.minimum(np.repeat(sources - outs, lengths) + np.arange(size), np.repeat(ends, lengths)))
