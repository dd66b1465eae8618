from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from pii_scan.report.compiled_pages import CompiledPages


def page(folder: Path, source: str = "<b>{{ name }}</b>") -> str:
    environment = Environment(loader=DictLoader({"a": source}), autoescape=True, bytecode_cache=CompiledPages(folder))
    return environment.get_template("a").render(name="<Ola>")


def test_a_page_from_the_cache_is_the_page_made_anew(tmp_path: Path) -> None:
    first = page(tmp_path)
    [file] = tmp_path.iterdir()
    before = file.stat().st_mtime_ns
    assert page(tmp_path) == first == "<b>&lt;Ola&gt;</b>"
    assert file.stat().st_mtime_ns == before


def test_another_template_of_the_same_name_is_compiled_anew(tmp_path: Path) -> None:
    page(tmp_path)
    assert page(tmp_path, "{{ name }}!") == "&lt;Ola&gt;!"


@pytest.mark.parametrize("damage", [b"", b"nothing", None, bytes(2000)])
def test_a_damaged_file_is_left_aside(tmp_path: Path, damage: bytes | None) -> None:
    page(tmp_path)
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-20] if damage is None else damage)
    assert page(tmp_path) == "<b>&lt;Ola&gt;</b>"


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
@pytest.mark.parametrize("how", ["file", "folder"])
def test_what_another_user_could_have_written_is_not_run(tmp_path: Path, how: str) -> None:
    page(tmp_path)
    [file] = tmp_path.iterdir()
    checksum = file.read_bytes()[:40]
    page(tmp_path, "planted")
    file.write_bytes(checksum + file.read_bytes()[40:])
    assert page(tmp_path) == "planted"  # so that what follows says something
    (file if how == "file" else tmp_path).chmod(0o666 if how == "file" else 0o777)
    assert page(tmp_path) == "<b>&lt;Ola&gt;</b>"
