"""Run folders that are named by their time are told apart, and in order."""

from __future__ import annotations

import re
from pathlib import Path

from pii_scan.findings.run_writer import new_folder


def test_a_scan_that_begins_in_the_second_of_another_has_a_folder_of_its_own(tmp_path: Path) -> None:
    names = []
    for _ in range(3):
        folder = new_folder(tmp_path)
        folder.mkdir()
        names.append(folder.name)
    assert len(set(names)) == 3 and names == sorted(names)
    assert all(re.fullmatch(r"pii-scan-[0-9]{8}T[0-9]{6}Z", name) for name in names)
