"""The user's own lists of names are evidence, and their rows are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_scan.detect.detector import Detector, load_recognizers
from pii_scan.detect.name_rule import name_rule
from pii_scan.detect.names.model import built_in_model
from pii_scan.detect.names.own_list import BEARERS, MAX_BYTES, read_own_names, with_own_names
from pii_scan.detect.names.tokens import word_hashes
from pii_scan.errors import ConfigError

RARE = "Vrangzjø"
TEXT = f"Møtet ble ledet av {RARE}, og det var bra."


def write(folder: Path, content: str | bytes, name: str = "names.csv") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def names_in(detector: Detector, text: str) -> list[str]:
    return [text[row["start"] : row["end"]] for row in detector.detect_texts([text]).to_pylist()]


def test_a_rare_name_is_found_with_the_list_and_not_without(tmp_path: Path) -> None:
    file = write(tmp_path, f"{RARE},3\n")
    assert names_in(Detector(only=["PERSON"]), TEXT) == []
    assert names_in(Detector(only=["PERSON"], names=[file]), TEXT) == [RARE]


def test_a_column_of_rare_names_is_found_with_the_list_and_not_without(tmp_path: Path) -> None:
    file = write(tmp_path, "Qvxarn Blirdzø\nJyrrvq Vrangzjø\nTzorm Qrepp\n")
    cells = ["Qvxarn Blirdzø", "Jyrrvq Vrangzjø", "Tzorm Qrepp"]
    rows = [Detector(only=["PERSON"], names=names).detect_texts(cells, header="ansvar") for names in ([], [file])]
    assert [table.num_rows for table in rows] == [0, 3]


ROWS = {
    "Kari": [("Kari", BEARERS)],
    "name,count\nKari,7\n": [("Kari", 7)],
    "\ufeffnavn;antall\r\nKari Anne;7\r\n\r\nØyvind;\r\n": [("Kari Anne", 7), ("Øyvind", BEARERS)],
    "Navn\tAntall\nO'Hara\t1\nAnn-Kristin  St. Clair\t2\n": [("O'Hara", 1), ("Ann-Kristin St. Clair", 2)],
    '"Nordmann, Kari",3\n"Berg,Ola"\n': [("Nordmann, Kari", 3), ("Berg, Ola", BEARERS)],
    "Nordmann, Kari\t3": [("Nordmann, Kari", 3)],
    "": [],
}


@pytest.mark.parametrize("content", ROWS)
def test_rows_are_read_with_or_without_titles_and_counts(tmp_path: Path, content: str) -> None:
    assert list(read_own_names([write(tmp_path, content)]).rows) == ROWS[content]


BAD = {
    "Kari\nOla,2,3": "line 2: more than two columns",
    "Kari\n\nOla,-2": "line 3: the count is no whole number",
    "Kari,0": "line 1: the count is no whole number",
    "Kari,1.5": "line 1: the count is no whole number",
    "Kari,²": "line 1: the count is no whole number",
    "Kari\n11837533335": "line 2: the first column holds no name",
    "kari@example.no": "line 1: the first column holds no name",
    ",5": "line 1: the first column holds no name",
    "Kari\nname": "",
    "a b c d e f g": "line 1: the first column holds no name",
    f"Kari\n{'a' * 101}": "line 2: the first column holds no name",
    f"{'a-' * 5000}": "line 1: the first column holds no name",
    'Kari\n"Ola': "line 2: quotes are not closed",
    b"Kari\n\xc5se": "line 2: not UTF-8",
    b"PK\x03\x04\x00\x00": "line 1: the first column holds no name",
}


@pytest.mark.parametrize("content", [content for content, why in BAD.items() if why], ids=range(len(BAD) - 1))
def test_a_bad_row_is_refused_with_its_line_and_never_quoted(tmp_path: Path, content: str | bytes) -> None:
    with pytest.raises(ConfigError, match=rf"names\.csv, {BAD[content]}") as raised:
        Detector(only=["PERSON"], names=[write(tmp_path, content)])
    for word in ("Kari", "Ola", "11837533335", "kari@", "aaa"):
        assert word not in str(raised.value)


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    for file_, why in ((tmp_path / "none.csv", "cannot be read"), (large, "64 MiB at most"), (tmp_path, "cannot be")):
        with pytest.raises(ConfigError, match=why):
            read_own_names([file_])


def test_words_count_as_what_they_are_in_a_whole_name_and_as_both_when_alone(tmp_path: Path) -> None:
    own = read_own_names([write(tmp_path, 'Zvarr Qnett Bzorg\n"Gzurp, Hvzil"\nXyzzuk\nBerg\n')])
    lists = with_own_names(built_in_model(), own).lists

    def known(word: str) -> tuple[bool, bool]:
        hashes = word_hashes([word.lower()])
        return bool(lists.first.look_up(hashes)[0]), bool(lists.last.look_up(hashes)[0])

    assert [known(word) for word in ("Zvarr", "Qnett", "Bzorg")] == [(True, False), (True, True), (False, True)]
    assert [known(word) for word in ("Gzurp", "Hvzil", "Xyzzuk")] == [(False, True), (True, False), (True, True)]
    assert known("Berg") == (False, True)  # the built-in lists know it as a surname


def test_what_the_model_knew_it_still_knows(tmp_path: Path) -> None:
    own = read_own_names([write(tmp_path, "Kari Nordmann\nZvarr\n")])
    before, after = built_in_model().lists, with_own_names(built_in_model(), own).lists
    for name in ("first", "last"):
        table = getattr(before, name)
        hashes = table.keys.astype("uint64") << 32
        assert (getattr(after, name).look_up(hashes) >= table.codes).all()


def test_words_of_the_list_are_seen_in_names_of_files_where_no_sentence_tells(tmp_path: Path) -> None:
    detector = Detector(only=["PERSON"], names=[write(tmp_path, "Vrangzjø Per\nMed Hvzil-Berg\n")])
    texts = ["brev vrangzjø 2", "😀 VRANGZJØ", "pris per stk", "Per 2026", "hvzil-berg med", "Vrangzjøen"]
    found = [texts[number][start:end] for number, start, end in detector.own_words(texts)]
    assert found == ["vrangzjø", "VRANGZJØ", "Per", "hvzil-berg"]
    assert list(Detector(only=["PERSON"]).own_words(texts)) == []


def test_the_digest_of_the_file_is_part_of_the_rules(tmp_path: Path) -> None:
    def digest(*files: Path) -> str:
        (rule,) = load_recognizers(only=["PERSON"], names=files)[0]
        return rule.digest

    one, other = write(tmp_path, "Zvarr"), write(tmp_path, "Zvarq", "b.csv")
    digests = {digest(), digest(one), digest(other), digest(one, other)}
    assert len(digests) == 4 and name_rule().digest in digests
    assert digest(one) == digest(write(tmp_path, "Zvarr", "c.csv"))
