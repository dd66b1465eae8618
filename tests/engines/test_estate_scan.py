"""What a configuration file says of a target decides what is found in it, and so holds when a run is taken up again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from interrupting import interrupted
from scanning import rows

from pii_scan.config import Config, load_config
from pii_scan.engines.marks import Marks
from pii_scan.engines.reach import State, reach
from pii_scan.engines.scan import scan
from pii_scan.errors import ConfigError, UsageError
from pii_scan.model import DocumentRef, WorkUnit
from pii_scan.sources import describe

ESTATE = """
targets:
  a: {{url: "{root}/del", include: ["1/*"], system: accounting.a_melding, owner: A}}
  b: {{url: "{root}/del", include: ["2/*"], exclude: ["*.skip"], owner: B, limits: {{max_file_bytes: 100}}}}
jobs: 1
"""


@pytest.fixture
def share(tmp_path: Path) -> Path:
    for folder in "12":
        (tmp_path / "del" / folder).mkdir(parents=True)
        for number in range(12):
            (tmp_path / "del" / folder / f"{number:02}.txt").write_text(f"a{number}@example.no", encoding="utf-8")
    (tmp_path / "del" / "2" / "stor.txt").write_text("x" * 101, encoding="utf-8")
    (tmp_path / "del" / "2" / "x.skip").write_text("x@example.no", encoding="utf-8")
    return tmp_path


def loaded(root: Path, text: str = ESTATE, **environment: str) -> Config:
    (root / "pii-scan.yaml").write_text(text.format(root=root), encoding="utf-8")
    return load_config(root / "pii-scan.yaml", environment)


def test_one_share_may_be_several_targets_each_with_its_own_part(share: Path) -> None:
    run = scan(["a", "b"], config=loaded(share), out=share / "run")
    found = rows(run.documents())
    assert {(row["target"], row["document"][:2]) for row in found} == {("a", "1/"), ("b", "2/")}
    assert {row["system"] for row in found if row["target"] == "a"} == {"accounting.a_melding"}
    assert {row["system"] for row in found if row["target"] == "b"} == {"unassigned"}
    assert [(row["document"], row["code"]) for row in rows(run.problems())] == [("2/stor.txt", "limit")]
    assert {row["document"] for row in found if row["target"] == "b"} >= {"2/00.txt"}
    assert not any(row["document"].endswith(".skip") for row in found)


def test_an_interrupted_run_goes_on_with_the_settings_of_its_targets(share: Path) -> None:
    config = loaded(share)
    whole = rows(scan(["a", "b"], config=config, out=share / "whole").documents())
    interrupted(["a", "b"], share / "run", 1, config=config)
    changed = loaded(share, ESTATE.replace("*.skip", "*.none"))
    with pytest.raises(ConfigError, match="not as when the run was begun: target_options"):
        scan([], out=share / "run", resume=True, config=changed)
    assert rows(scan([], out=share / "run", resume=True).documents()) == whole


def test_what_is_said_of_other_targets_does_not_matter(share: Path) -> None:
    interrupted(["a"], share / "run", 1, config=loaded(share))
    changed = loaded(share, ESTATE.replace("*.skip", "*.none") + "\n")
    assert scan(["a"], out=share / "run", resume=True, config=changed).manifest["status"] == "finished"
    ours, other = loaded(share).narrowed(["a"]), changed.narrowed(["a"])
    assert ours.digest() == other.digest() != loaded(share).narrowed(["b"]).digest() != Config().digest()


def test_a_run_whose_paths_come_from_the_environment_keeps_none_and_needs_the_file_again(share: Path) -> None:
    text = ESTATE.replace("{root}/del", "${{ROOT}}/del")
    config = loaded(share, text, ROOT=os.fspath(share))
    interrupted(["a"], share / "run", 1, config=config)
    assert os.fspath(share) not in (share / "run" / "run.json").read_text("utf-8")
    with pytest.raises(UsageError, match="give the targets again"):
        scan([], out=share / "run", resume=True)
    assert scan(["a"], out=share / "run", resume=True, config=config).manifest["status"] == "finished"


def test_a_target_that_comes_back_is_read_when_the_run_is_resumed(share: Path) -> None:
    config = loaded(share, ESTATE.replace('b: {{url: "{root}/del"', 'b: {{url: "{root}/borte"'))
    interrupted(["a", "b"], share / "run", 1, config=config, whole_estate=True)
    (share / "borte" / "2").mkdir(parents=True)
    (share / "borte" / "2" / "ny.txt").write_text("ny@example.no", encoding="utf-8")
    run = scan([], out=share / "run", resume=True)
    assert run.manifest["unreachable"] == run.manifest["notes"] == []
    assert [row["document"] for row in rows(run.documents()) if row["target"] == "b"] == ["2/ny.txt"]
    assert rows(run.problems()) == []


def test_another_declared_system_has_a_document_read_again_and_the_name_of_its_target_does_not() -> None:
    def state(**more: Any) -> tuple[int, int]:
        described = {**describe("/srv/a"), "target": "t", **more}
        unit = Marks(b"5" * 32, [described], 0).unit(WorkUnit(DocumentRef(described["target"], "x.txt", None, 3)))
        return unit.place, unit.state

    assert state() == state(target="other") == state(system="")
    assert state(system="a")[0] == state()[0]
    assert len({state()[1], state(system="a")[1], state(system="b")[1]}) == 3


def test_the_folder_that_a_named_target_is_tells_its_system_as_if_it_had_no_name(tmp_path: Path) -> None:
    (tmp_path / "OneDrive").mkdir()
    (tmp_path / "OneDrive" / "a.txt").write_text("x@example.no", encoding="utf-8")
    config = loaded(tmp_path, 'targets: {{sky: "{root}/OneDrive"}}\njobs: 1')
    [row] = rows(scan(["sky"], config=config, out=tmp_path / "run").documents())
    assert (row["target"], row["system"]) == ("sky", "microsoft365.onedrive")


def test_the_command_line_comes_before_what_a_target_says(share: Path) -> None:
    estate = loaded(share).estate
    assert estate.without("max_file_bytes").targets["b"].max_file_bytes is None
    assert estate.without("sample") == estate


def test_reach_tells_files_folders_and_what_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    config = Config(targets={"f": str(tmp_path / "file"), "d": str(tmp_path / "folder"), "n": f"{tmp_path}/file/x",
                             "z": "a\0b", "s": f"sqlite:///{tmp_path}/none.db"})  # fmt: skip
    found = {name: reach(name, config) for name in config.targets}
    assert {name: one.state for name, one in found.items()} == {
        "f": State.OK, "d": State.OK, "n": State.AWAY, "z": State.AWAY, "s": State.AWAY,
    }  # fmt: skip
    assert "no valid path" in found["z"].what and "does not exist" in found["s"].what


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read anything")
def test_reach_counts_what_may_not_be_read(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("")
    (tmp_path / "a").chmod(0)
    assert reach("t", Config(targets={"t": str(tmp_path)})).what == "2 entries at its top, 1 may not be read"
