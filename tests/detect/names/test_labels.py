from __future__ import annotations

import pytest

from pii_scan.detect.names.labels import label_names, several_words
from pii_scan.detect.names.model import built_in_model


def names(label: str) -> list[str]:
    [spans] = label_names([label], built_in_model().lists)
    return [label[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ("kari-hansen.pdf", ["kari-hansen"]), ("hansen_kari/cv.docx", ["hansen_kari"]),
        ("cv_anne_grete_dahl.pdf", ["anne_grete_dahl"]), ("lars.holm.msg", ["lars.holm"]),
        ("kontrakt-ida-strand-2024.pdf", ["ida-strand"]), ("hansen, kari.txt", ["hansen, kari"]),
        ("OLA-HANSEN.PDF", ["OLA-HANSEN"]), ("a.zip!kari-hansen.txt!b", ["kari-hansen"]),
        ("kari-hansen/ola_berg.txt", ["kari-hansen", "ola_berg"]),
    ],
)  # fmt: skip
def test_a_first_name_beside_a_surname_is_found_in_lower_case(label: str, found: list[str]) -> None:
    assert names(label) == found


@pytest.mark.parametrize(
    "label",
    [
        "mai-plan.xlsx", "dag-strand.txt", "stein-berg.jpg", "first_name", "order-date.csv", "report.html", "kari.txt",
        "hansen.pdf", "kari/hansen.txt", "kari-2024-hansen.txt", "no-id.txt", "", "---", "per-ansatt.csv",
    ],
)  # fmt: skip
def test_words_are_no_names(label: str) -> None:
    assert names(label) == []


def test_a_label_alone_says_whether_lists_are_wanted() -> None:
    assert several_words("kari-hansen.pdf")
    assert not several_words("customers.csv")
    assert not several_words("id")


def test_labels_are_told_apart_in_one_go() -> None:
    labels = ["kari-hansen.pdf", "", "x", "ola_berg"]
    assert [len(spans) for spans in label_names(labels, built_in_model().lists)] == [1, 0, 0, 1]
    assert label_names([], built_in_model().lists) == []
