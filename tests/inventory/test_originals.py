"""What the reports of exports say, joined to the documents they tell of."""

from __future__ import annotations

from finished_run import TARGET, RunBuilder

from pii_scan.inventory.originals import Original, originals_of


def known(b: RunBuilder, *documents: str) -> list[tuple[str, str]]:
    originals = originals_of(b.run(rows_per_table=2))
    found = [originals.of(TARGET, document) for document in documents]
    return [(one.location, one.owner) for one in found]


def told(b: RunBuilder, key: int, original: str, owner: str = "") -> None:
    b.origins.append({"key": key, "original": original, "owner": owner})


def test_a_document_is_joined_by_path_and_else_by_identity() -> None:
    b = RunBuilder()
    b.document("a.msg", export_path=1, identity=8)
    b.document("b.msg", export_path=2, identity=9)
    b.document("c.msg", identity=9)
    told(b, 1, "Innboks", "kari")
    told(b, 8, "Kladd")
    told(b, 9, "Sendt", "ola")
    assert known(b, "a.msg", "b.msg", "c.msg", "d.msg") == [
        ("Innboks", "kari"), ("Sendt", "ola"), ("Sendt", "ola"), ("", ""),
    ]  # fmt: skip


def test_two_answers_are_none() -> None:
    b = RunBuilder()
    b.document("a.msg", identity=9, owner="per")
    told(b, 9, "Innboks", "kari")
    told(b, 9, "Sendt", "ola")
    told(b, 9, "Innboks", "kari")
    assert known(b, "a.msg") == [("", "per")]


def test_the_same_answer_twice_is_one() -> None:
    b = RunBuilder()
    b.document("a.msg", identity=9)
    told(b, 9, "Innboks", "kari")
    told(b, 9, "Innboks", "kari")
    assert known(b, "a.msg") == [("Innboks", "kari")]


def test_a_member_lies_where_its_container_lay_unless_it_is_told_of_itself() -> None:
    b = RunBuilder()
    b.document("p.zip", owner="firma")
    b.document("p.zip!a.msg", export_path=1, owner="firma")
    b.document("p.zip!a.msg!b.pdf", owner="firma")
    b.document("p.zip!c.msg", owner="kari")
    told(b, 1, "Innboks", "ola")
    assert known(b, "p.zip!a.msg!b.pdf", "p.zip!a.msg!b.pdf!c.txt", "p.zip!c.msg", "p.zip!d.msg", "p.zip") == [
        ("Innboks", "firma"), ("Innboks", "firma"), ("", "kari"), ("", "firma"), ("", "firma"),
    ]  # fmt: skip


def test_what_a_member_says_again_is_not_held() -> None:
    b = RunBuilder()
    b.document("k.pst", owner="kari")
    for number in range(50):
        b.document(f"k.pst!Innboks/{number}", owner="kari")
    assert originals_of(b.run()).known == {(TARGET, "k.pst"): Original("", "kari")}
