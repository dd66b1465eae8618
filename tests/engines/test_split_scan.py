"""A large file that is read in slices by several workers gives what the whole gives, at the right places."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from scanning import rows, statuses

from pii_scan.config import Config
from pii_scan.engines import group
from pii_scan.engines.scan import scan
from pii_scan.findings.store import Run

SMALL = 200_000
Place = tuple[int, int]


def mail(number: int) -> str:
    return f"p{number}@example.no"


def lines(count: int, every: int) -> tuple[bytes, set[Place]]:
    """Lines of text, some with an address after a letter of two bytes; where each address stands."""
    made, places = [], set()
    for number in range(1, count + 1):
        if number % every == 1:
            made.append(f"æ {mail(number)}")
            places.add((number, 3))
        else:
            made.append("en linje uten noe å finne i")
    return "\n".join(made).encode(), places


def table(count: int, every: int) -> tuple[bytes, set[Place]]:
    """Records of three cells, some with line ends in quotes; row and column of each address."""
    made, places = ["nr;merknad;e-post"], set()
    for row in range(2, count + 2):
        note = f'"første ""linje""\nandre; linje {row}"' if row % 7 == 0 else "ingen merknad til denne"
        hit = row % every == 2
        made.append(f"{row};{note};{mail(row) if hit else 'ikke oppgitt'}")
        if hit:
            places.add((row, 3))
    return "\r\n".join(made).encode(), places


def records(count: int, every: int) -> tuple[bytes, set[Place]]:
    """JSON Lines."""
    made, places = [], set()
    for number in range(1, count + 1):
        hit = number % every == 1
        content = {"n": "fyll " * 5, "e": mail(number) if hit else ""}
        made.append(json.dumps(content))
        if hit:
            places.add((number, made[-1].index(mail(number)) + 1))
    return "\n".join(made).encode(), places


KINDS: dict[str, Callable[[int, int], tuple[bytes, set[Place]]]] = {"a.txt": lines, "b.csv": table, "c.jsonl": records}


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, set[Place]]]:
    folder = tmp_path_factory.mktemp("large")
    places = {}
    for name, make in KINDS.items():
        data, places[name] = make(40_000, 97)
        assert len(data) > 5 * SMALL
        (folder / name).write_bytes(data)
    return folder, places


@pytest.fixture(scope="module")
def whole(truth: tuple[Path, dict[str, set[Place]]], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return scan([truth[0]], out=tmp_path_factory.mktemp("whole") / "run")


@pytest.fixture(scope="module", params=[1, 3])
def split(
    request: pytest.FixtureRequest, truth: tuple[Path, dict[str, set[Place]]], tmp_path_factory: pytest.TempPathFactory
) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(group, "SLICE_BYTES", SMALL)
        return scan([truth[0]], config=Config(jobs=request.param), out=tmp_path_factory.mktemp("split") / "run")


def places(run: Run, name: str) -> set[Place]:
    return {(row["row"], row["column"]) for row in rows(run.index()) if row["document"] == name}


@pytest.mark.parametrize("name", KINDS)
def test_every_address_is_found_once_at_its_place(
    name: str, split: Run, truth: tuple[Path, dict[str, set[Place]]]
) -> None:
    parts = {file.stem.partition("-")[0] for file in (split.path / "index").iterdir() if "-" in file.stem}
    assert len(parts) == len(KINDS), "every file was split"
    found = [row for row in rows(split.index()) if row["document"] == name]
    assert places(split, name) == truth[1][name]
    assert len(found) == len(truth[1][name])


@pytest.mark.parametrize("name", KINDS)
def test_slices_give_what_the_whole_gives(name: str, split: Run, whole: Run) -> None:
    assert places(split, name) == places(whole, name)
    columns = ["row", "column", "header", "kind", "entity_type", "masked", "score", "reasons"]
    for run in (split, whole):
        assert not [row for row in rows(run.findings()) if row["row"] is None]
    ours, theirs = (
        sorted(tuple(str(row[key]) for key in columns) for row in rows(run.findings()) if row["document"] == name)
        for run in (split, whole)
    )
    assert ours == theirs


def test_a_split_file_is_one_document_wholly_read(split: Run, whole: Run) -> None:
    assert statuses(split) == dict.fromkeys(KINDS, "read")
    keys = ("document", "size_bytes", "read_bytes", "media_type", "status")
    ours, theirs = ([{key: row[key] for key in keys} for row in rows(run.documents())] for run in (split, whole))
    assert ours == theirs
    assert all(row["size_bytes"] == row["read_bytes"] for row in ours)


def test_a_file_larger_than_two_true_slices_is_split_and_its_places_are_right(tmp_path: Path) -> None:
    block = b"en ganske vanlig linje uten noe i seg som ligner\n" * 20_000
    count, at = 2 * group.SLICE_BYTES // len(block) + 2, []
    with open(tmp_path / "stor.txt", "wb") as out:
        for number in range(count):
            out.write(f"æ {mail(number)}\n".encode())
            at.append(1 + number * 20_001)
            out.write(block)
    run = scan([tmp_path / "stor.txt"], config=Config(jobs=2), out=tmp_path / "run")
    assert len(list((run.path / "index").iterdir())) >= 2
    assert [(row["row"], row["column"]) for row in rows(run.index())] == [(line, 3) for line in at]
    assert statuses(run) == {"stor.txt": "read"}
    (tmp_path / "stor.txt").unlink()
