from __future__ import annotations

import html
import io
import json
import re
from html.parser import HTMLParser

import pytest
from attributed_run import attributed_run, checked
from finished_run import RunBuilder

from pii_scan.report import html as report
from pii_scan.report import two_languages
from pii_scan.report.two_languages import DifferentPages, bilingual

CASES = [
    ("<p>ja</p>", "<p>yes</p>"),
    ("<p>likt</p>", "<p>likt</p>"),
    ("<p>a <b>to</b> ord <i>x</i> slutt</p>", "<p>a <b>two</b> words <i>x</i> end</p>"),
    ('<p title="1 &gt; 2" lang="nb">x<br>y</p>', '<p title="1 &gt; 3" lang="en">x<br>z</p>'),
    ("<p>&lt;b&gt; &amp; æ</p><p> </p>", "<p>&lt;i&gt; &amp; ø</p><p>\n</p>"),
    ("<p>1\u202f234</p>", "<p>1,234</p>"),
    ("<script>a<b>c</script><p>ja</p>", "<script>other</script><p>yes</p>"),
]


class Texts(HTMLParser):
    """An oracle that knows nothing of the module: texts that are not blank, and attributes, in document order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[object] = []
        self.skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skipped += tag in ("script", "style", "noscript")
        self.found.append((tag, [pair for pair in attrs if pair[0] != "data-l"]))

    def handle_endtag(self, tag: str) -> None:
        self.skipped -= tag in ("script", "style", "noscript")

    def handle_data(self, data: str) -> None:
        if data.strip(" \t\n\r\f") and not self.skipped:
            self.found.append(data)


def texts(page: str) -> list[object]:
    parser = Texts()
    parser.feed(page)
    parser.close()
    return parser.found


def swapped(page: str, strings: list[str], entries: list[object]) -> str:
    """What the script of the page does, on the page's text."""
    parts = re.split(
        r"(<[a-zA-Z][^<>]*>|</[a-zA-Z]+>)", re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    )
    left = iter(entries)
    stack: list[dict[object, str]] = [{}]
    seen = [0]
    for i, part in enumerate(parts):
        if part.startswith("</"):
            stack.pop()
            seen.pop()
        elif part.startswith("<"):
            changes: dict[object, str] = {}
            if re.search(r" data-l(?=[ >])", part):
                entry = next(left)
                pairs = [0, entry] if isinstance(entry, int) else list(entry)  # type: ignore[call-overload]
                changes = {pairs[k]: strings[pairs[k + 1]] for k in range(0, len(pairs), 2)}
            for name, value in changes.items():
                if isinstance(name, str):
                    part = re.sub(rf'(?<= ){name}="[^"]*"', lambda _, n=name, v=value: f'{n}="{html.escape(v)}"', part)
            parts[i] = part
            if not re.match(r"<(meta|link|wbr|input|br|hr|rect|line|path)\b", part) and not part.startswith("<!"):
                stack.append(changes)
                seen.append(0)
        elif part.strip(" \t\n\r\f"):
            if seen[-1] in stack[-1]:
                parts[i] = html.escape(stack[-1][seen[-1]], quote=False)
            seen[-1] += 1
    assert next(left, None) is None
    return "".join(parts)


@pytest.mark.parametrize(("page", "other"), CASES)
def test_the_marked_page_says_the_same_and_becomes_the_other(page: str, other: str) -> None:
    made = bilingual(page, other)
    assert texts(made.page) == texts(page)
    without = re.sub(r"<script.*?</script>", "", other)
    assert texts(swapped(made.page, made.texts, made.entries)) == texts(without)  # type: ignore[arg-type]


def test_what_is_the_same_has_no_mark() -> None:
    assert bilingual("<p>NO</p>", "<p>NO</p>").entries == []
    assert "data-l" not in bilingual("<noscript><p>a</p></noscript>", "<noscript><p>b</p></noscript>").page


def test_a_text_that_comes_again_is_held_once() -> None:
    made = bilingual("<p>ja</p>" * 50, "<p>yes</p>" * 50)
    assert (made.texts, made.entries) == (["yes"], [0] * 50)


@pytest.mark.parametrize(
    ("page", "other"),
    [
        ("<p>a</p>", "<b>a</b>"), ("<p>a</p>", "<p>a</p><p>b</p>"), ("<p>a</p>", "<p> </p>"),
        ('<p class="a">x</p>', '<p class="b">x</p>'), ('<a href="#a">x</a>', '<a href="#b">x</a>'),
        ('<p title="a">x</p>', "<p>x</p>"), ("<p><b>x</p></b>", "<p><b>y</p></b>"),
    ],
)  # fmt: skip
def test_pages_that_differ_in_more_than_texts_are_refused(page: str, other: str) -> None:
    with pytest.raises(DifferentPages):
        bilingual(page, other)


def written(lang: str, check: bool = True) -> str:
    out = io.BytesIO()
    report.write(attributed_run(), out, lang, checked() if check else None)
    return out.getvalue().decode()


@pytest.mark.parametrize("check", [True, False])
def test_the_report_holds_the_whole_other_language(check: bool) -> None:
    page, other = written("nb", check), written("en", check)
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])["other"]  # type: ignore[index]

    def shown(text: str) -> list[object]:
        return texts(re.sub(r"<(script|style|noscript)\b.*?</\1>", "", text, flags=re.DOTALL))

    assert shown(swapped(page, data["texts"], data["entries"])) == shown(other)


def test_the_other_language_costs_little_in_a_large_report() -> None:
    b = RunBuilder()
    for i in range(600):
        b.found(f"mappe/liste-{i:04d}.xlsx", "EMAIL_ADDRESS", "email", 12, listed=1, sheet="Ark1", header="E-post")
    out = io.BytesIO()
    report.write(b.run(), out, "nb")
    page = out.getvalue().decode()
    data = re.search(r'(?s)"other":(\{.*\})\}</script>', page)[1]  # type: ignore[index]
    assert len(data) + page.count(" data-l") * 7 < len(page) / 4


def test_a_name_in_one_language_only_leaves_the_page_in_that_language(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(page: str, other: str) -> two_languages.Bilingual:
        raise DifferentPages("names")

    monkeypatch.setattr(report, "bilingual", refuse)
    page = written("en")
    assert "Personal data found in" in page and " data-l " not in page
