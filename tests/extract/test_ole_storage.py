"""OLE files of no document format: properties, macros, packed files, documents within, also inside Office Open XML."""

from __future__ import annotations

import struct
from typing import Any

import ooxml
import pytest
from extract.found import parts
from extract.msg_made import INT32, STRING, Message, msg
from extract.ole_made import (
    CUSTOM,
    DOCUMENT,
    SUMMARY,
    code_page,
    compound,
    dictionary,
    lpstr,
    lpwstr,
    ole1,
    packed,
    properties,
    property_set,
    vba,
)

from pii_scan.extract.ole_macros import unpack

CSV = b"navn;epost\nKari;pakket@example.no\n"


def test_packed_files_are_members_under_their_names(read: Any) -> None:
    result = read(compound({"\x01Ole10Native": packed("liste.csv", CSV, "C:\\Users\\kari.nordmann\\")}), "a.bin")
    assert "pakket@example.no" in result.text("a.bin!liste.csv")
    assert "C:\\Users\\kari.nordmann\\liste.csv" in parts(result, "a.bin")["objects"]
    assert result.problems == []


def test_the_wide_name_is_the_one_that_is_used(read: Any) -> None:
    result = read(compound({"\x01Ole10Native": packed("?.csv", CSV, wide="Žofín.csv")}), "a.bin")
    assert "pakket@example.no" in result.text("a.bin!Žofín.csv")


@pytest.mark.parametrize("name", ["Package", "CONTENTS", "EmbeddedOdf"])
def test_a_file_in_a_stream_of_its_own_is_a_member(read: Any, name: str) -> None:
    data = ooxml.package(
        {"word/document.xml": f"<w:p {ooxml.W}><w:t>indre@example.no</w:t></w:p>"}, "word/document.xml"
    )
    assert "indre@example.no" in read(compound({name: data}), "a.bin").text(f"a.bin!{name}!word/document.xml")


def test_native_data_of_an_old_program_are_not_taken_for_a_packed_file(read: Any) -> None:
    result = read(compound({"\x01Ole10Native": struct.pack("<I", 40) + bytes(range(40))}), "a.bin")
    assert result.codes == [("a.bin!object", "unsupported")]


def test_a_packed_file_that_is_cut_is_told(read: Any) -> None:
    data = packed("liste.csv", CSV)
    result = read(compound({"\x01Ole10Native": data[:-5]}), "a.bin")
    assert "pakket@" in result.all_text and ("a.bin", "truncated") in result.codes


def test_formulas_hold_no_text(read: Any) -> None:
    tree = {"Equation Native": bytes(60), "\x01Ole10Native": struct.pack("<I", 8) + bytes(8)}
    assert read(compound(tree), "a.bin").problems == []


def test_documents_in_storages_are_members_of_their_kind(read: Any) -> None:
    inner = Message([(0x0037, STRING, "emne@example.no"), (0x3FFD, INT32, 1252)])
    from extract.msg_made import _item, _Names

    names = _Names()
    tree = {"Melding": _item(inner, names, 32) | {"__nameid_version1.0": names.tree()}}
    result = read(compound(tree), "a.bin")
    assert result.done["a.bin!Melding"].media_type == "application/vnd.ms-outlook"
    assert "emne@example.no" in result.text("a.bin!Melding")
    assert msg(inner)


def test_custom_xml_in_nested_storages_is_read(read: Any) -> None:
    item = b'<?xml version="1.0"?><kunde><epost>xml@example.no</epost></kunde>'
    result = read(compound({"MsoDataStore": {"ABC": {"Item": item, "Properties": b"<a/>"}}}), "a.bin")
    assert "xml@example.no" in result.text("a.bin!MsoDataStore/ABC/Item") and result.problems == []


def test_what_is_not_known_is_read_as_runs_of_text_and_told(read: Any) -> None:
    noise = bytes(range(256)) * 3
    wide = "ukjent@example.no".encode("utf-16-le")
    result = read(compound({"Ukjent": noise + b"smal@example.no" + noise + wide + noise, "Liten": bytes(20)}), "a.bin")
    found = parts(result, "a.bin")["streams"]
    assert "smal@example.no" in found and "ukjent@example.no" in found
    assert [problem.detail for problem in result.problems] == [
        "1 streams of an unknown kind were read as runs of text only"
    ]


def test_storages_without_end_are_a_limit(read: Any) -> None:
    tree: dict[str, Any] = {"bunn": b"dyp@example.no tekst"}
    for _ in range(40):
        tree = {"lag": tree}
    assert ("a.bin", "limit") in read(compound(tree), "a.bin").codes


SOURCE = 'Attribute VB_Name = "Module1"\r\nSub Auto()\r\n  SendTo "makro@example.no" \' Åse\r\nEnd Sub\r\n' * 200


def test_macros_are_lines(read: Any) -> None:
    result = read(compound({"Macros": vba(SOURCE), "annet": b""}), "a.bin")
    found = parts(result, "a.bin")["macros"]
    assert found.count("makro@example.no") == 200 and "Åse" in found and result.problems == []


@pytest.mark.parametrize(
    ("packed_hex", "expected"),  # [MS-OVBA] 3.2.1 to 3.2.3
    [
        ("0119b000616263646566676800696a6b6c6d6e6f70007172737475762e", b"abcdefghijklmnopqrstuv."),
        (
            "012fb00023616161626364658266007061676869 6a013808616b6c00306d6e6f7006710270041072737475761077 78797a003c",
            b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa",
        ),
        ("0103b002614500", b"a" * 73),
    ],
)
def test_the_examples_of_the_standard_unpack(packed_hex: str, expected: bytes) -> None:
    assert unpack(bytes.fromhex(packed_hex.replace(" ", ""))) == expected


def test_macros_that_are_damaged_are_told(read: Any) -> None:
    tree = vba(SOURCE)
    tree["VBA"]["Module1"] = bytes(300)
    result = read(compound({"Macros": tree}), "a.bin")
    assert ("a.bin", "corrupt") in result.codes


# properties


def test_properties_come_out_under_their_names(read: Any) -> None:
    result = read(compound(properties("Forfatter Åse", "Firma AS", {"Kunde": "kunde@example.no"})), "a.bin")
    found = parts(result, "a.bin")
    assert found["properties: creator"] == "Forfatter Åse" and found["properties: Company"] == "Firma AS"
    assert found["properties: custom"] == "Kunde: kunde@example.no" and result.problems == []


@pytest.mark.parametrize(
    ("page", "value"),
    [(1252, lpstr("Bjørn Åse")), (65001, lpstr("Bjørn Åse", "utf-8")), (1200, lpstr("Bjørn Åse", "utf-16-le")),
     (10000, lpstr("Bjørn Åse", "mac-roman")), (1251, lpwstr("Bjørn Åse"))],
)  # fmt: skip
def test_strings_are_in_the_code_page_of_their_set(read: Any, page: int, value: bytes) -> None:
    data = property_set((SUMMARY, {1: code_page(page), 8: value}))
    found = parts(read(compound({"\x05SummaryInformation": data}), "a.bin"), "a.bin")
    assert found["properties: lastModifiedBy"] == "Bjørn Åse"


def test_vectors_numbers_and_dates(read: Any) -> None:
    titles = struct.pack("<III", 0x101E, 2, 4) + b"Ark\0" + struct.pack("<I", 9) + b"kunder 1\0" + bytes(3)
    custom = {
        0: dictionary({2: "Nummer", 3: "Dato", 4: "Sann"}),
        1: code_page(1252),
        2: struct.pack("<II", 3, 4711),
        3: struct.pack("<IQ", 64, 129_000_000_000_000_000),
        4: struct.pack("<II", 11, 0xFFFF),
    }
    data = property_set((DOCUMENT, {1: code_page(1252), 13: titles}), (CUSTOM, custom))
    found = parts(read(compound({"\x05DocumentSummaryInformation": data}), "a.bin"), "a.bin")
    assert found["properties: other"].splitlines() == ["Ark", "kunder 1"]
    assert found["properties: custom"].splitlines() == ["Nummer: 4711", "Dato: 2009-10-14 13:20"]


def test_when_a_document_was_made_and_saved_is_given_and_no_moment_is_none(read: Any) -> None:
    made, saved = struct.pack("<IQ", 64, 129_000_000_000_000_000), struct.pack("<IQ", 64, 0)
    data = property_set((SUMMARY, {1: code_page(1252), 10: made, 11: made, 12: made, 13: saved}))
    found = parts(read(compound({"\x05SummaryInformation": data}), "a.bin"), "a.bin")
    assert found["properties: created"] == "2009-10-14 13:20"
    assert "properties: modified" not in found and "properties: other" not in found


def test_properties_that_are_damaged_are_told_once(read: Any) -> None:
    data = bytearray(property_set((SUMMARY, {1: code_page(1252), 4: lpstr("Åse"), 3: lpstr("Emne")})))
    struct.pack_into("<I", data, data.index("Åse".encode("cp1252")) - 4, 0x7FFFFFFF)
    result = read(compound({"\x05SummaryInformation": bytes(data)}), "a.bin")
    assert parts(result, "a.bin")["properties: subject"] == "Emne"
    assert [problem.detail for problem in result.problems] == ["the document properties are damaged"]


# inside Office Open XML


def test_objects_in_office_open_xml_are_opened(read: Any) -> None:
    native = compound({"\x01Ole10Native": packed("liste.csv", CSV)})
    document = {
        "word/document.xml": f"<w:document {ooxml.W}><w:body><w:p><w:r><w:t>Hei</w:t></w:r></w:p></w:body>"
        "</w:document>",
        "word/embeddings/oleObject1.bin": native,
        "word/vbaProject.bin": compound(vba(SOURCE)),
    }
    result = read(ooxml.package(document, "word/document.xml"), "a.docm")
    assert "pakket@example.no" in result.text("a.docm!word/embeddings/oleObject1.bin!liste.csv")
    assert "makro@example.no" in parts(result, "a.docm!word/vbaProject.bin")["macros"]
    assert result.problems == []


def test_an_encrypted_package_stays_a_problem(read: Any) -> None:
    data = compound({"EncryptionInfo": bytes(200), "EncryptedPackage": bytes(range(256)) * 40})
    assert read(data, "a.docx").codes == [("a.docx", "encrypted")]


def test_an_old_object_in_rtf_is_opened(read: Any) -> None:
    data = ole1("Package", packed("liste.csv", CSV)[4:]).hex()
    result = read(b"{\\rtf1{\\object{\\*\\objdata " + data.encode() + b"}}}", "a.rtf")
    assert "pakket@example.no" in result.text("a.rtf!liste.csv")
