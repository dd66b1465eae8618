"""Objects of a bucket are read as the same files on disk are, by ranges, in one state, whatever goes wrong."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty_proxy import HttpProxy, broken, first, http_proxy, refused
from remote_servers import S3Server, s3_server
from remote_trees import LIMITS, MAIL, SLICE_BYTES, found, make_tree, problems, read
from sql_servers import Scanned, _sources, pipeline

from pii_scan.errors import DocumentError, TargetError
from pii_scan.model import DocumentRef, Limits, Problem, Slice, WorkUnit
from pii_scan.sources import describe, opened
from pii_scan.sources.objects import reading


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as made:
        yield made


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tree(tmp_path_factory.mktemp("tree") / "in")


@pytest.fixture(scope="module")
def here(tree: Path) -> Scanned:
    return read(os.fspath(tree))


@pytest.fixture(scope="module")
def uploaded(server: S3Server, tree: Path) -> str:
    return server.upload(tree, "alt/av dette")


@pytest.fixture(scope="module")
def between(server: S3Server) -> Iterator[HttpProxy]:
    with http_proxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def proxy(between: HttpProxy, monkeypatch: pytest.MonkeyPatch) -> HttpProxy:
    between.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{between.port}")
    return between


def put(server: S3Server, key: str, content: bytes, **more: str) -> None:
    client = server.client()
    client.put_object(Bucket=server.bucket, Key=key, Body=content, **more)
    client.close()


def listed(url: str, **chosen: list[str]) -> list[DocumentRef | Problem]:
    with opened(describe(url, **chosen), LIMITS) as source:  # type: ignore[arg-type]
        return list(source.list_documents())


def names(items: list[DocumentRef | Problem]) -> list[str]:
    return [item.ref.path if isinstance(item, Problem) else item.path for item in items]


def test_what_is_found_and_what_is_not_read_is_as_on_disk(here: Scanned, uploaded: str) -> None:
    there = read(uploaded)
    assert found(there) == found(here) and len(found(here)) > 1000
    assert problems(there) == problems(here) and problems(here)
    assert sorted(there.documents()) == sorted(here.documents())
    assert there.units["stor.csv"] == here.units["stor.csv"] > 1
    assert there.units["stor.parquet"] == here.units["stor.parquet"] > 1


def test_keys_come_in_the_order_of_their_bytes_page_by_page(
    server: S3Server, tree: Path, uploaded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pii_scan.sources.objects import flat

    monkeypatch.setattr(flat, "PAGE_KEYS", 3)
    there = [path.encode() for path in names(listed(uploaded))]
    assert there == sorted(there)
    assert set(there) == {file.relative_to(tree).as_posix().encode() for file in tree.rglob("*") if file.is_file()}


def test_one_object_and_a_whole_bucket_are_targets_too(server: S3Server, uploaded: str) -> None:
    assert names(listed(f"{uploaded}/mappe 0/0.txt")) == ["0.txt"]
    assert set(read(f"{uploaded}/mappe 0/0.txt").found()) == {(None, "EMAIL_ADDRESS"), (None, "NO_FODSELSNUMMER")}
    assert "alt/av dette/mappe 0/0.txt" in names(listed(f"s3://{server.bucket}"))
    assert names(listed(f"{uploaded}/mappe 0/")) == ["0.txt", "2.txt", "4.txt"]


def test_what_the_user_leaves_out_is_left_out(uploaded: str) -> None:
    assert names(listed(uploaded, exclude=["mappe 0", "stor.*", "*.zip"])) == [
        "base.db", "mappe 1/1.txt", "mappe 1/3.txt", "mappe 1/5.txt", "tom.txt", "æ+ø #1.txt",
    ]  # fmt: skip
    assert names(listed(uploaded, include=["mappe 0"])) == ["mappe 0/0.txt", "mappe 0/2.txt", "mappe 0/4.txt"]


def test_markers_of_folders_are_no_documents_and_neither_are_old_versions(server: S3Server) -> None:
    client = server.client()
    client.create_bucket(Bucket="versjoner", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    client.put_bucket_versioning(Bucket="versjoner", VersioningConfiguration={"Status": "Enabled"})
    for key, text in (("a/", ""), ("a/ny.txt", MAIL.format(1)), ("a/ny.txt", MAIL.format(22)), ("a/borte.txt", "x")):
        client.put_object(Bucket="versjoner", Key=key, Body=text.encode())
    client.delete_object(Bucket="versjoner", Key="a/borte.txt")
    client.close()
    there = read("s3://versjoner/a")
    assert there.documents() == ["ny.txt"]
    assert [row["masked"] for row in there.rows("findings")] == ["xxxxxx##@xxxxxxx.xx"]


def test_what_is_archived_or_too_large_is_a_problem_and_is_not_asked_for(server: S3Server, proxy: HttpProxy) -> None:
    put(server, "kaldt/dyp.txt", b"x", StorageClass="DEEP_ARCHIVE")
    put(server, "kaldt/is.txt", b"x", StorageClass="GLACIER")
    put(server, "kaldt/lunken.txt", MAIL.format(1).encode(), StorageClass="STANDARD_IA")
    put(server, "kaldt/stor.txt", b"x" * 5000)
    there = read("s3://data/kaldt", limits=Limits(stall_seconds=8.0, max_file_bytes=4000))
    assert [(row["document"], row["code"]) for row in there.rows("problems")] == [
        ("dyp.txt", "unsupported"), ("is.txt", "unsupported"), ("stor.txt", "limit"),
    ]  # fmt: skip
    assert "restored" in there.problems("is.txt")[0][1]
    assert [key for key in proxy.requests if key] == ["kaldt/lunken.txt"]


def test_an_archive_tier_that_only_the_read_meets_is_the_same_problem(server: S3Server, proxy: HttpProxy) -> None:
    put(server, "lag/a.txt", b"abc")
    proxy.always["lag/a.txt"] = refused(403, "InvalidObjectState")
    assert [code for code, _ in read("s3://data/lag").problems()] == ["unsupported"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("s3://finnes-ikke/a", "no bucket 'finnes-ikke'"),
        ("s3://data/finnes ikke", "nothing lies at"),
        ("s3://data/alt/av dette/tom.txt/", "nothing lies at"),
    ],
)
def test_a_target_that_is_not_there_is_told_before_the_scan(uploaded: str, wrong: str, said: str) -> None:
    with pytest.raises(TargetError, match=said):
        listed(wrong)


def test_a_bucket_that_may_not_be_listed_is_told_before_the_scan(proxy: HttpProxy) -> None:
    proxy.faults[""].append(refused(403, "AccessDenied"))
    with pytest.raises(TargetError, match="no permission.*s3:ListBucket"):
        listed("s3://data")


def test_a_server_that_is_not_there_is_told_before_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(TargetError, match="did not answer"):
        listed("s3://data/a")


def test_missing_credentials_are_told_before_the_scan(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(TargetError, match="no credentials"):
        listed("s3://data/a")


def test_the_endpoint_may_stand_in_the_url(server: S3Server, uploaded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert names(listed(f"{uploaded}/mappe 0?endpoint_url={server.endpoint}")) == ["0.txt", "2.txt", "4.txt"]


def test_faults_that_pass_change_nothing(here: Scanned, uploaded: str, proxy: HttpProxy) -> None:
    key = "alt/av dette/"
    proxy.faults[""] = [broken(10), refused(503, "SlowDown")]
    proxy.faults[f"{key}mappe 0/0.txt"] = [refused(503, "SlowDown"), refused(500, "InternalError")]
    proxy.faults[f"{key}stor.csv"] = [broken(1000), refused(503, "ServiceUnavailable"), broken(0)]
    proxy.faults[f"{key}stor.zip"] = [broken(200_000), broken(3)]
    there = read(uploaded)
    assert not any(proxy.faults.values())
    assert found(there) == found(here)
    assert problems(there) == problems(here)


def test_what_may_not_be_read_is_one_problem_and_the_rest_is_read(uploaded: str, proxy: HttpProxy) -> None:
    proxy.always["alt/av dette/mappe 0/2.txt"] = refused(403, "AccessDenied")
    there = read(f"{uploaded}/mappe 0")
    assert there.problems() == [("permission", "no permission to read the object")]
    assert {row["document"] for row in there.rows("findings")} == {"0.txt", "4.txt"}
    assert {row["document"]: row["status"] for row in there.rows("documents")}["2.txt"] == "unread"


def test_a_store_that_stays_silent_is_one_problem_in_time(uploaded: str, proxy: HttpProxy) -> None:
    proxy.always["alt/av dette/mappe 0/2.txt"] = broken(0)
    there = read(f"{uploaded}/mappe 0")
    assert [code for code, _ in there.problems()] == ["timeout"]
    assert "hemmelig" not in str(there.tables)


def test_an_object_that_is_gone_or_another_by_now_is_not_read(server: S3Server, proxy: HttpProxy) -> None:
    client = server.client()
    for name in ("borte", "byttet", "vanlig"):
        put(server, f"flyktig/{name}.txt", MAIL.format(name).encode())
    proxy.faults["flyktig/borte.txt"] = [first(lambda: client.delete_object(Bucket="data", Key="flyktig/borte.txt"))]
    proxy.faults["flyktig/byttet.txt"] = [first(lambda: put(server, "flyktig/byttet.txt", MAIL.format(1).encode()))]
    there = read("s3://data/flyktig")
    client.close()
    assert {(row["document"], row["code"]) for row in there.rows("problems")} == {
        ("borte.txt", "vanished"), ("byttet.txt", "changed"),
    }  # fmt: skip
    assert len(there.rows("problems")) == 2
    assert [row["document"] for row in there.rows("findings")] == ["vanlig.txt"]


@pytest.mark.parametrize("heeds", [True, False])
def test_an_object_that_is_replaced_while_it_is_read_is_never_a_mixture(
    server: S3Server, tree: Path, proxy: HttpProxy, heeds: bool
) -> None:
    lines = b"".join(b"gammel%06d@example.no %s\n" % (number, b"og mer " * 30) for number in range(19_000))
    put(server, "bytte/stor.txt", lines)

    def other(handler) -> bool:  # type: ignore[no-untyped-def]
        if not heeds:  # a store that passes over If-Match
            del handler.headers["If-Match"]
        return False

    def replaced(handler) -> bool:  # type: ignore[no-untyped-def]
        put(server, "bytte/stor.txt", lines.replace(b"gammel", b"nyere_"))
        return other(handler)

    proxy.faults["bytte/stor.txt"] = [other, other, other, replaced, *[other] * 9]
    there = read("s3://data/bytte", slice_bytes=0)
    assert there.problems() == [("changed", "the object was replaced while it was scanned")]
    masks = {row["masked"] for row in there.rows("findings")}
    assert masks == {"xxxxxx######@xxxxxxx.xx"}, "of the new state nothing was read"
    assert {row["document"]: row["status"] for row in there.rows("documents")} == {"stor.txt": "partly_read"}


def test_a_listing_that_breaks_off_is_a_problem_and_what_came_before_is_read(
    uploaded: str, proxy: HttpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pii_scan.sources.objects import flat

    monkeypatch.setattr(flat, "PAGE_KEYS", 4)

    def later(handler) -> bool:  # type: ignore[no-untyped-def]
        return "continuation-token" in handler.path and refused(403, "AccessDenied")(handler)

    proxy.always[""] = later
    items = listed(uploaded)
    assert names(items) == ["base.db", "brutt.zip", "mappe 0/0.txt", "mappe 0/2.txt", "."]
    last = items[-1]
    assert isinstance(last, Problem) and last.code == "permission" and "not all" in last.detail


def test_of_an_archive_no_more_is_fetched_than_is_read(tree: Path, uploaded: str, proxy: HttpProxy) -> None:
    there = read(f"{uploaded}/stor.zip")
    size = (tree / "stor.zip").stat().st_size
    assert {row["document"] for row in there.rows("findings")} == {"stor.zip!foran.txt", "stor.zip!bak.txt"}
    assert 0 < proxy.bytes["alt/av dette/stor.zip"] < size / 4


def test_a_plan_of_a_parquet_file_takes_its_footer_and_a_slice_takes_its_own_part(
    tree: Path, uploaded: str, proxy: HttpProxy
) -> None:
    key, size = "alt/av dette/stor.parquet", (tree / "stor.parquet").stat().st_size
    description = describe(uploaded, include=["stor.parquet"])
    with opened(description, LIMITS) as source:
        ref = next(item for item in source.list_documents() if isinstance(item, DocumentRef))
        _sources[ref.target] = source
        run = pipeline(LIMITS)
        slices: list[Slice] = run.plan(WorkUnit(ref), SLICE_BYTES, lambda: None)
        assert len(slices) >= 4
        assert proxy.bytes[key] <= 2 * reading.BLOCK_BYTES
        proxy.bytes.clear()
        list(run.run(WorkUnit(ref, slices[1]), lambda: None))
        assert 0 < proxy.bytes[key] <= slices[1].end - slices[1].start + 4 * reading.BLOCK_BYTES < size


def test_slices_of_a_table_together_fetch_it_about_twice(tree: Path, uploaded: str, proxy: HttpProxy) -> None:
    there = read(f"{uploaded}/stor.csv")
    size, units = (tree / "stor.csv").stat().st_size, there.units["stor.csv"]
    assert units >= 2
    assert size * 2 <= proxy.bytes["alt/av dette/stor.csv"] <= size * 2 + 4 * units * reading.BLOCK_BYTES


def test_small_objects_are_fetched_before_their_turn(uploaded: str, proxy: HttpProxy) -> None:
    both = threading.Barrier(2, timeout=20)  # neither is answered before the other is asked for
    for number in (1, 3):
        proxy.faults[f"alt/av dette/mappe 1/{number}.txt"] = [first(both.wait)]
    there = read(f"{uploaded}/mappe 1", slice_bytes=0)
    assert not there.problems() and len(there.rows("findings")) == 6


def test_small_objects_take_one_request_each(uploaded: str, proxy: HttpProxy) -> None:
    read(f"{uploaded}/mappe 1", slice_bytes=0)
    assert {key: count for key, count in proxy.requests.items() if key} == {
        f"alt/av dette/mappe 1/{number}.txt": 1 for number in (1, 3, 5)
    }


def test_an_opened_object_seeks_and_reads_as_a_file(tree: Path, uploaded: str) -> None:
    content = (tree / "stor.csv").read_bytes()
    with opened(describe(f"{uploaded}/stor.csv"), LIMITS) as source:
        ref = next(item for item in source.list_documents() if isinstance(item, DocumentRef))
        assert ref.version and ref.size_bytes == len(content)
        with source.open(ref) as document:
            for at, size in ((0, 10), (len(content) - 5, 100), (700_000, 600_000), (3, 1), (1 << 20, 7)):
                document.content.seek(at)
                assert document.content.read(size) == content[at : at + size]
            document.content.seek(0, io.SEEK_END)
            assert document.content.tell() == len(content) and document.content.read() == b""
            document.content.seek(0)
            assert document.content.read() == content


def test_an_object_that_failed_once_fails_for_good(server: S3Server, proxy: HttpProxy) -> None:
    put(server, "svikt/stor.txt", b"x\n" * (1 << 20))
    proxy.faults["svikt/stor.txt"] = [refused(403, "AccessDenied")]
    with opened(describe("s3://data/svikt"), LIMITS) as source:
        ref = next(item for item in source.list_documents() if isinstance(item, DocumentRef))
        with source.open(ref) as document:
            for _ in range(2):
                with pytest.raises(DocumentError, match="permission"):
                    document.content.seek(0)
                    document.content.read(10)
