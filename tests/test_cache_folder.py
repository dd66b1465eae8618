from __future__ import annotations

from pathlib import Path

from pii_scan.cache_folder import cache_folder, write_own


def test_the_folder_is_where_the_system_keeps_such_things_or_nowhere() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path("/c/pii-scan")
    assert cache_folder({"HOME": "/h"}) == Path("/h/.cache/pii-scan")
    assert cache_folder({}) is None
    assert cache_folder({"HOME": "/h", "PII_SCAN_CACHE": "off"}) is None


def test_one_kind_of_file_never_drives_out_another(tmp_path: Path) -> None:
    for number in range(5):
        for kind in ("a", "b"):
            write_own(tmp_path, f"{kind}-{number}", lambda out: out.write(b"x"), 3)
    assert sorted({file.name[0] for file in tmp_path.iterdir()}) == ["a", "b"]
    assert len(list(tmp_path.iterdir())) == 6
