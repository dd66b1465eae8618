"""Files of an SFTP server and of a share are read as where they lie, and what goes wrong costs no more than it must."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faulty_proxy import TcpProxy, tcp_proxy
from remote_servers import SECRET, sftp_server, smb_server
from remote_trees import LIMITS, MAIL, found, make_tree, problems, read
from sql_servers import Scanned

from pii_scan.errors import DocumentError, TargetError
from pii_scan.model import DocumentRef, Limits, Problem
from pii_scan.sources import describe, opened


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_tree(tmp_path_factory.mktemp("tree") / "in")
    made.chmod(0o755)
    return made


@pytest.fixture(scope="module")
def here(tree: Path) -> Scanned:
    return read(os.fspath(tree))


@pytest.fixture(scope="module")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, TcpProxy]]:
    """The URL of the root, by way of a proxy whose port is known by the key of the server."""
    folder = tmp_path_factory.mktemp("ssh")
    with sftp_server(folder) as url, tcp_proxy(int(url.rpartition(":")[2])) as proxy:
        known = folder / "home/.ssh/known_hosts"
        own = known.read_text().split(None, 1)[1]
        known.write_text(f"{known.read_text()}[127.0.0.1]:{proxy.port} {own}")
        yield f"{url.rpartition(':')[0]}:{proxy.port}", proxy


@pytest.fixture(scope="module")
def smb(tmp_path_factory: pytest.TempPathFactory, tree: Path) -> Iterator[tuple[str, TcpProxy]]:
    """The URL of a share of the tree, by way of a proxy."""
    with smb_server(tmp_path_factory.mktemp("smb"), tree) as url:
        before, _, port = url.removesuffix("/data").rpartition(":")
        with tcp_proxy(int(port)) as proxy:
            yield f"{before}:{proxy.port}/data", proxy


@pytest.fixture(params=["sftp", "smb"])
def share(request: pytest.FixtureRequest, tree: Path) -> tuple[str, TcpProxy]:
    """The tree on a server, and the way there."""
    url, proxy = request.getfixturevalue(request.param)
    proxy.reset()
    return (f"{url}{tree}" if request.param == "sftp" else url), proxy


def items(url: str) -> list[DocumentRef | Problem]:
    with opened(describe(url), LIMITS) as source:
        return list(source.list_documents())


def names(url: str) -> list[str]:
    return [item.ref.path if isinstance(item, Problem) else item.path for item in items(url)]


def codes(scan: Scanned) -> set[tuple[str, str]]:
    return {(row["document"], row["code"]) for row in scan.rows("problems")}


def test_what_is_found_and_what_is_not_read_is_as_on_disk(here: Scanned, share: tuple[str, TcpProxy]) -> None:
    there = read(share[0])
    assert found(there) == found(here) and len(found(here)) > 1000
    assert problems(there) == problems(here) and problems(here)
    assert there.documents() == here.documents()
    assert there.units == here.units


def test_one_file_is_a_target_too(share: tuple[str, TcpProxy]) -> None:
    url = share[0]
    assert names(f"{url}/mappe%200/0.txt") == ["0.txt"]
    assert read(f"{url}/mappe%200/0.txt").count("EMAIL_ADDRESS") == 1
    assert names(f"{url}/mappe%200/") == ["0.txt", "2.txt", "4.txt"]


def test_results_name_neither_user_nor_password(share: tuple[str, TcpProxy]) -> None:
    described = describe(share[0])
    for shown in ("target", "path", "server", "place"):
        assert "@" not in described[shown] and SECRET not in described[shown]


def test_connections_that_break_change_nothing(here: Scanned, share: tuple[str, TcpProxy]) -> None:
    url, proxy = share
    proxy.cuts += [3_000, 40_000, 300_000, 700_000, 5_000]
    there = read(url)
    assert not proxy.cuts and proxy.connections > 5
    assert found(there) == found(here)
    assert problems(there) == problems(here)


def test_of_an_archive_no_more_is_fetched_than_is_read(tree: Path, share: tuple[str, TcpProxy]) -> None:
    url, proxy = share
    there = read(f"{url}/stor.zip")
    assert {row["document"] for row in there.rows("findings")} == {"stor.zip!foran.txt", "stor.zip!bak.txt"}
    assert 0 < proxy.bytes < (tree / "stor.zip").stat().st_size / 2


def in_the_midst(url: str, act: Callable[[], object]) -> tuple[bytes, Problem | None]:
    """What is read of a file when something happens after its beginning was, and what is said of it."""
    with opened(describe(url), LIMITS) as source:
        ref = next(item for item in source.list_documents() if isinstance(item, DocumentRef))
        with source.open(ref) as document:
            content = document.content.read(10)
            act()
            try:
                content += document.content.read()
            except DocumentError as error:
                assert error.code == "changed"
            return content, source.changed(ref, document)  # type: ignore[attr-defined]


@pytest.fixture
def lines(tree: Path) -> Iterator[tuple[Path, bytes]]:
    file, content = tree / "endres.txt", b"gammel\n" * 300_000
    file.write_bytes(content)
    os.utime(file, (1e9, 1e9))
    yield file, content
    file.unlink(missing_ok=True)


def test_a_file_that_is_written_to_while_it_is_read_is_said_to_have_changed(
    share: tuple[str, TcpProxy], lines: tuple[Path, bytes]
) -> None:
    file, content = lines
    read_of, problem = in_the_midst(f"{share[0]}/{file.name}", lambda: file.write_bytes(b"nyere_\n" * 300_000))
    assert len(read_of) == len(content)
    assert problem is not None and problem.code == "changed"


def test_a_file_that_becomes_shorter_while_it_is_read_is_a_problem(
    share: tuple[str, TcpProxy], lines: tuple[Path, bytes]
) -> None:
    file, content = lines
    read_of, problem = in_the_midst(f"{share[0]}/{file.name}", lambda: os.truncate(file, 600_000))
    assert content.startswith(read_of)
    assert problem is not None and problem.code in ("changed", "truncated")


def test_a_file_that_another_takes_the_place_of_is_never_a_mixture(
    share: tuple[str, TcpProxy], lines: tuple[Path, bytes], tmp_path: Path
) -> None:
    file, content = lines
    url, proxy = share

    def replaced() -> None:
        (file.parent / "ny").write_bytes(b"nyere_\n" * 300_000)
        os.replace(file.parent / "ny", file)
        proxy.cuts += [0, 0]  # whoever connects again

    read_of, _ = in_the_midst(f"{url}/{file.name}", replaced)
    assert content.startswith(read_of)


def test_a_server_that_falls_silent_is_given_up_in_time(
    share: tuple[str, TcpProxy], lines: tuple[Path, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pii_scan.sources.objects import sftp, smb

    url, proxy = share
    with opened(describe(f"{url}/{lines[0].name}"), Limits(stall_seconds=2.0)) as source:
        for module in (sftp, smb):
            monkeypatch.setattr(module, "REQUEST_SECONDS", 0.7)
        ref = next(item for item in source.list_documents() if isinstance(item, DocumentRef))
        with source.open(ref) as document:
            document.content.read(10)
            proxy.silent = True
            with pytest.raises(DocumentError, match="timeout: the server did not answer"):
                document.content.read()
            said = source.changed(ref, document)  # type: ignore[attr-defined]
            assert said is not None and said.code == "timeout"
            proxy.silent = False


def test_what_may_not_be_read_or_is_gone_is_one_problem_each(
    share: tuple[str, TcpProxy], tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pii_scan.sources.objects.source import ObjectSource

    folder = tree / "flyktig"
    folder.mkdir()
    for name in ("borte", "vanlig"):
        (folder / f"{name}.txt").write_text(MAIL.format(name))
    kept = ObjectSource.list_documents

    def listed(source: ObjectSource) -> Iterator[DocumentRef | Problem]:
        yield from list(kept(source))
        (folder / "borte.txt").unlink()

    monkeypatch.setattr(ObjectSource, "list_documents", listed)
    try:
        there = read(f"{share[0]}/flyktig")
    finally:
        shutil.rmtree(folder)
    assert codes(there) == {("borte.txt", "vanished")} and len(there.rows("problems")) == 1
    assert [row["document"] for row in there.rows("findings")] == ["vanlig.txt"]


def test_a_target_that_is_not_there_is_told_before_the_scan(share: tuple[str, TcpProxy]) -> None:
    url = share[0]
    with pytest.raises(TargetError, match="does not exist") as told:
        items(f"{url}/finnes ikke")
    assert SECRET not in str(told.value)
    host = url.split("/")[2].rpartition(":")[0]
    with pytest.raises(TargetError, match="did not answer"):
        items(url.replace(url.split("/")[2], f"{host}:9"))


def test_a_user_whom_the_server_does_not_let_in_is_told_before_the_scan(share: tuple[str, TcpProxy]) -> None:
    wrong = share[0].replace("@", "x@") if SECRET in share[0] else share[0].replace("@", "-ukjent@")
    with pytest.raises(TargetError, match="lets this user not in") as told:
        items(wrong)
    assert SECRET not in str(told.value)


def test_a_share_that_there_is_not_is_told_before_the_scan(smb: tuple[str, TcpProxy]) -> None:
    with pytest.raises(TargetError, match="has no share 'annet'"):
        items(smb[0].replace("/data", "/annet"))


def test_a_host_whose_key_is_not_known_or_another_is_not_connected_to(
    sftp: tuple[str, TcpProxy], tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path(os.environ["HOME"])
    shutil.copytree(own, tmp_path / "home")
    monkeypatch.setenv("HOME", os.fspath(tmp_path / "home"))
    known = tmp_path / "home/.ssh/known_hosts"
    lines = known.read_text()
    known.write_text("")
    with pytest.raises(TargetError, match="host key .* is not known.*ssh-keyscan"):
        items(f"{sftp[0]}{tree}")
    user_key = (own / ".ssh/id_ed25519.pub").read_text().split()[1]
    known.write_text(lines.replace(lines.split()[2], user_key))
    with pytest.raises(TargetError, match="another host key"):
        items(f"{sftp[0]}{tree}")


def test_links_and_special_files_of_an_sftp_server_are_as_on_disk(sftp: tuple[str, TcpProxy], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "ute.txt").write_text("x")
    (tmp_path / "in/a.txt").write_text("x")
    for name, target in (("inne", "a.txt"), ("ute", "../ute.txt"), ("ingensteds", "finnes ikke")):
        (tmp_path / "in" / name).symlink_to(target)
    os.mkfifo(tmp_path / "in/ror")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/in/l\xe5s.txt")).write_text(MAIL.format(1))
    there, on_disk = read(f"{sftp[0]}{tmp_path}/in"), read(os.fspath(tmp_path / "in"))
    assert problems(there) == problems(on_disk) and len(problems(there)) == 2
    assert found(there) == found(on_disk) and len(found(there)) == 1
