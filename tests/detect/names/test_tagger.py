"""Names in running text, on sentences made up here."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pii_scan.detect.names.tagger import Mentioned, NameTagger

TAGGER = NameTagger()


def found(text: str) -> list[str]:
    names = TAGGER.find(text)
    return [text[start:end] for start, end in zip(names.start.tolist(), names.end.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Kari Hansen ringte meg i går, og hun ville ikke vente.", ["Kari Hansen"]),
        ("Eg møtte Sigrid Haugland på bussen, og ho skal ikkje flytte.", ["Sigrid Haugland"]),
        ("Møtet ble ledet av Ann-Kristin Berg og Per Olav Lunde.", ["Ann-Kristin Berg", "Per Olav Lunde"]),
        ("Vi fikk brev fra advokat K. Hansen om saken.", ["K. Hansen"]),
        ("Det var Mohammed Ali Hassan som tok imot dem på stasjonen.", ["Mohammed Ali Hassan"]),
        ("Reindriften ble drevet av Máret Gaup og hennes bror.", ["Máret Gaup"]),
        ("Saksbehandler: Lise Johansen", ["Lise Johansen"]),
        ("Navn: Johansen, Lise", ["Johansen, Lise"]),
        ("Hei Ola,\nvi viser til samtalen.", ["Ola"]),
        ("Kari Hansens søknad er avslått, og hun har klaget.", ["Kari Hansens"]),
        ("vi snakket med kari hansen om det i går", ["kari hansen"]),
        ("SAKEN GJELDER KARI HANSEN OG HENNES MANN", ["KARI HANSEN"]),
        ('{"name": "Kari Hansen", "id": 7}', ["Kari Hansen"]),
        ("<navn>Kari Hansen</navn>", ["Kari Hansen"]),
    ],
)  # fmt: skip
def test_names_are_found_with_their_ends(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Kommunen har vedtatt en ny plan for Oslo og Bergen.",
        "Vi bor i Olav Hansens gate 5, og det er ikke langt unna.",
        "Avtalen er inngått med Hansen AS, som leverer varene.",
        "Møtet er 17. mai, og fristen er 1. april.",
        "for Item in self.Values: return Base.Name",
        "class NodeVisitor(Object): pass  # See Also the Parser",
        "Marina Pro Max lampe;Marina AS;499,00 kr;grå",
        "var Context = Parser.prototype; var Buffer = Object.create(Context); var Http = require('http');",
        "/* X Display of the screen, then Marks of it */ char *name;",
        "    # This @given is the default. Else @example of it is not used.",
        "Se C:\\Brukere\\Felles\\Kari_rapport.txt for mer.",
    ],
)
def test_streets_companies_months_places_and_programs_are_no_names(text: str) -> None:
    assert found(text) == []


def test_a_surname_alone_is_found_where_the_document_has_the_whole_name() -> None:
    text = "Styret har valgt Tormod Vrangsund som leder.\nDet er ikke klart når Vrangsund tiltrer."
    assert found(text).count("Vrangsund") == 1
    assert len(found(text)) == 2


def test_what_a_document_has_shown_counts_for_its_later_parts() -> None:
    mentioned = Mentioned()
    TAGGER.find("Styret har valgt Tormod Vrangsund som leder.", mentioned)
    assert len(TAGGER.find("Det er ikke klart når Vrangsund tiltrer.", mentioned)) == 1


def test_a_label_raises_the_score() -> None:
    plain = TAGGER.find("Det er ikke Ola som har gjort det, sa hun.").score
    labelled = TAGGER.find("Kontaktperson: Ola").score
    assert labelled.max() > plain.max()


def test_an_address_with_the_name_raises_the_score() -> None:
    sentence = "Det er ikke Lise som har gjort det, sa hun."
    assert TAGGER.find(f"{sentence} Skriv til lise.berg@example.no.").score.max() > TAGGER.find(sentence).score.max()


def test_only_an_address_whose_sign_touches_the_name_is_one() -> None:
    sentence = "Det er ikke Lise som har gjort det, sa hun."
    for other in ("Bruk lise @example.", "Se lise. berg@example.no."):
        assert TAGGER.find(f"{sentence} {other}").score.max() == TAGGER.find(sentence).score.max()


def test_long_runs_of_capitalised_words_and_odd_texts_end() -> None:
    assert len(TAGGER.find("")) == 0
    assert len(TAGGER.find(" \n\t\n")) == 0
    for text in ("Aa " * 5000, "A" * 5000, "@" * 5000, "-" * 50, "\ud800 Kari", "a\nB\r\nc", "😀 Kari Hansen 😀"):
        TAGGER.find(text)


def test_lines_without_each_other_and_in_any_order_give_the_same() -> None:
    lines = ["Kari Hansen ringte, og hun var ikke glad.", "Det er Ola Berg som har saken.", "Ingen ting å melde."] * 5
    random.Random(3).shuffle(lines)
    starts = [sum(len(line) + 1 for line in lines[:i]) for i in range(len(lines))]
    together = TAGGER.find("\n".join(lines), bounds=np.array(starts))
    alone = []
    for at, line in zip(starts, lines, strict=True):
        names = TAGGER.find(line)
        alone += [(at + s, at + e) for s, e in zip(names.start.tolist(), names.end.tolist(), strict=True)]
    assert list(zip(together.start.tolist(), together.end.tolist(), strict=True)) == alone
