"""The soak: a small tree of it is scanned, watched and accounted for."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from benchmarks.test_extraction import load


@pytest.fixture(scope="module")
def soak() -> ModuleType:
    return load("soak")


def test_a_small_soak_accounts_for_each_document(
    soak: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak, "EVERY_SECONDS", 0.2)
    tree = soak.make_tree(tmp_path / "tree", 200, 1)
    assert (tree.documents, len(tree.broken), len(tree.planted)) == (200, 2, 20)
    (tmp_path / "tmp").mkdir()
    code, interrupted, watch = soak.watched(tmp_path / "tree", tmp_path / "run", tmp_path / "tmp", 1, 0)
    assert (code, interrupted) == (3, False)
    statuses, wrong = soak.accounted(tmp_path / "run", tree)
    assert statuses.total() == 200 and wrong == [] and soak.leftovers(tmp_path / "tmp", tmp_path / "run") == []
    assert max(one.workers for one in watch.samples) == 1 and max(one.supervisor_mib for one in watch.samples) > 10
    other = {**tree.planted, min(tree.planted): 1}
    wrong = soak.accounted(tmp_path / "run", soak.Tree(201, tree.broken, other, 0))[1]
    assert [one.partition(",")[0] for one in wrong] == ["1 documents are missing", "1 planted values were not found"]
