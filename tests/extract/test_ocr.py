"""Pictures: their text is read page by page where Tesseract is installed, and none is passed over where it is not."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pdf_files
import pytest
from ooxml import mutants
from PIL import Image

from pii_scan.extract import ocr, picture_sizes
from pii_scan.model import Limits, PageOrigin

Read = Callable[..., Any]
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "TIFF": "image/tiff", "BMP": "image/bmp", "WEBP": "image/webp"}
FORMATS |= {"GIF": "image/gif"}


def drawn(*lines: str, dots: int = 200) -> Image.Image:
    """A page with these lines, as a scanner would see it."""
    import pypdfium2

    pdf = pypdfium2.PdfDocument(pdf_files.document([pdf_files.show_text(*lines)]))
    picture: Image.Image = pdf[0].render(scale=dots / 72, grayscale=True).to_pil()
    return picture.crop((0, 0, picture.width, picture.height // 4))


def saved(picture: Image.Image, form: str = "PNG", *others: Image.Image) -> bytes:
    out = io.BytesIO()
    more = {"save_all": True, "append_images": others} if others else {}
    picture.save(out, form, **more)
    return out.getvalue()


@pytest.fixture
def tesseract() -> None:
    if ocr.installed() is None:
        if os.environ.get("PII_SCAN_REQUIRE_SERVICES"):
            pytest.fail("tesseract is missing, and PII_SCAN_REQUIRE_SERVICES is set")
        pytest.skip("tesseract is not installed")


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str | None], None]]:
    """Puts a program of this body in the place of Tesseract, or none."""

    def put(body: str | None) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        if body is not None:
            path = tmp_path / "tesseract"
            path.write_text(f"#!{sys.executable}\nimport sys, time, os\n{body}\n", encoding="utf-8")
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        ocr.installed.cache_clear()

    yield put
    ocr.installed.cache_clear()


LISTS = "if '--list-langs' in sys.argv: print('nor\\neng'); sys.exit()\n"


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize("form", FORMATS)
def test_text_of_a_picture_of_every_format_is_read(read: Read, form: str) -> None:
    found = read(saved(drawn("Pasient Kari Eksempel", "Telefon 68 05 00 17"), form))
    assert "Kari Eksempel" in found.all_text and "68 05 00 17" in found.all_text
    assert found.batches[0].batch.origin == PageOrigin(1) and not found.problems
    assert found.done["x"].media_type == FORMATS[form]


@pytest.mark.usefixtures("tesseract")
def test_norwegian_letters_are_read(read: Read) -> None:
    assert "Blåbærsyltetøy på brød" in read(saved(drawn("Blåbærsyltetøy på brød", dots=300))).all_text


@pytest.mark.usefixtures("tesseract")
def test_mail_addresses_are_whole(read: Read) -> None:
    found = read(saved(drawn("Pasient Kari", "kari.nordby@example.no", "Post: ola.bakke@example.com", dots=300)))
    assert "kari.nordby@example.no" in found.all_text and "ola.bakke@example.com" in found.all_text


@pytest.mark.usefixtures("tesseract")
def test_each_page_of_a_tiff_has_its_number(read: Read) -> None:
    pages = [drawn(f"Dette er side nummer {name}") for name in ("en", "to", "tre")]
    found = read(saved(pages[0], "TIFF", *pages[1:]))
    texts = {item.batch.origin.first_page: item.batch.texts[0].as_py() for item in found.batches}  # type: ignore[union-attr]
    assert {number: text.split()[-1] for number, text in texts.items()} == {1: "en", 2: "to", 3: "tre"}


@pytest.mark.usefixtures("tesseract")
def test_page_that_lies_on_its_side_is_read(read: Read) -> None:
    lines = ["Pasienten heter Kari Eksempel og bor i byen", "Telefonen er 68 05 00 17 hele uken"] * 4
    assert "68 05 00 17" in read(saved(drawn(*lines).rotate(90, expand=True))).all_text


@pytest.mark.usefixtures("tesseract")
def test_moving_picture_tells_of_its_other_frames(read: Read) -> None:
    found = read(saved(drawn("Forste bilde"), "GIF", drawn("Andre bilde")))
    assert "bilde" in found.all_text and found.codes == [("x", "unsupported")]


@pytest.mark.usefixtures("tesseract")
def test_cut_picture_does_not_look_whole(read: Read) -> None:
    for form in ("PNG", "JPEG", "GIF", "WEBP"):
        data = saved(drawn("Kari"), form)
        found = read(data[: len(data) // 2])
        assert found.problems and not any("timeout" in code for _, code in found.codes)


def test_icons_are_passed_over_without_a_problem(read: Read, program: Callable[[str | None], None]) -> None:
    program(None)
    found = read(saved(Image.new("L", (32, 32))))
    assert not found.problems and found.done["x"].touched


def test_without_tesseract_every_picture_is_a_problem(read: Read, program: Callable[[str | None], None]) -> None:
    program(None)
    for form in FORMATS:
        found = read(saved(drawn("Kari"), form))
        assert found.codes == [("x", "unsupported")] and found.problems[0].detail.startswith("needs_ocr: install")
        assert not found.done["x"].touched and found.done["x"].read_bytes == 0


@pytest.mark.skipif(sys.platform == "win32", reason="programs are made of scripts")
@pytest.mark.parametrize(
    ("body", "code"),
    [("time.sleep(60)", "timeout"), ("sys.exit(1)", "corrupt"), ("os.abort()", "corrupt"), ("print('hei')", "")],
)
def test_program_that_misbehaves_costs_one_picture(
    read: Read, program: Callable[[str | None], None], body: str, code: str
) -> None:
    program(LISTS + body)
    found = read(saved(drawn("Kari")), limits=Limits(stall_seconds=1.5))
    assert [said for _, said in found.codes] == ([code] if code else [])


@pytest.mark.skipif(sys.platform == "win32", reason="programs are made of scripts")
def test_picture_that_stands_twice_is_recognised_once_and_found_twice(
    read: Read, program: Callable[[str | None], None], tmp_path: Path
) -> None:
    import zipfile

    program(LISTS + f"open({str(tmp_path / 'calls')!r}, 'a').write('x'); print('hei')")
    data, out = saved(drawn("Kari")), io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.png", data)
        archive.writestr("b.png", data)
    found = read(out.getvalue())
    assert found.texts["x!a.png"] == found.texts["x!b.png"] == ["hei"]
    assert (tmp_path / "calls").read_text() == "x"


@pytest.mark.skipif(sys.platform == "win32", reason="programs are made of scripts")
def test_time_and_pages_are_bounded_and_what_is_left_is_told(
    read: Read, program: Callable[[str | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    program(LISTS + "print('hei')")
    pages = [drawn("a")] * 4
    monkeypatch.setattr(ocr, "MAX_PAGES", 2)
    found = read(saved(pages[0], "TIFF", *pages[1:]))
    assert len(found.batches) == 2 and found.codes == [("x", "limit")]
    assert "first 2 that need OCR: 2" in found.problems[0].detail
    found = read(saved(pages[0], "TIFF", *pages[1:]), limits=Limits(document_seconds=1e-6))
    assert len(found.batches) == 1 and found.codes == [("x", "timeout")]


def test_picture_of_too_many_pixels_is_not_decoded(read: Read, program: Callable[[str | None], None]) -> None:
    program(LISTS + "print('hei')")
    data = bytearray(saved(Image.new("L", (100, 100))))
    data[16:24] = (40_000).to_bytes(4, "big") * 2
    found = read(bytes(data))
    assert not found.texts and ("x", "limit") in found.codes


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("size", [(1, 1), (17, 300), (640, 33)])
def test_sizes_are_those_of_the_picture(form: str, size: tuple[int, int]) -> None:
    data = io.BytesIO(saved(Image.new("RGB", size), form))
    assert picture_sizes.picture_sizes(data, FORMATS[form]) == [size]


def test_chain_of_pages_that_goes_round_ends() -> None:
    entry = b"\x00\x01\x03\x00\x01\x00\x00\x00\x09\x00\x00\x00\x01\x01\x03\x00\x01\x00\x00\x00\x07\x00\x00\x00"
    data = b"II*\0\x08\0\0\0" + b"\x02\x00" + entry + b"\x08\0\0\0"
    assert picture_sizes.picture_sizes(io.BytesIO(data), "image/tiff") == [(9, 7)]


@pytest.mark.parametrize("form", FORMATS)
def test_mutants_give_a_text_a_problem_or_nothing_to_read(
    read: Read, program: Callable[[str | None], None], form: str
) -> None:
    program(None)
    for data in mutants(saved(drawn("Kari", dots=40), form)):
        found = read(data)
        assert found.problems or found.texts or found.done["x"].touched


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize("form", FORMATS)
def test_mutants_do_not_hang_or_break_the_program(read: Read, form: str) -> None:
    for data in mutants(saved(drawn("Kari", dots=40), form), 8):
        found = read(data)
        assert not any(code in ("timeout", "crash") for _, code in found.codes)
