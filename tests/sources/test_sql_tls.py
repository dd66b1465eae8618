"""TLS with certificates made for the test: what is checked is checked, and what fails is said without a secret."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql_cluster import Cluster, cluster
from sql_servers import PostgreSQLDatabase, missing, scanned

from pii_scan.errors import TargetError

SECRET = "hemmelig-ord-7"


def certificates(folder: Path) -> Path:
    """A CA, one that signed nothing, and what the first signed: of a server at 127.0.0.1, of the user kari."""
    if shutil.which("openssl") is None:
        missing("openssl")
    (folder / "server.ext").write_text("subjectAltName = IP:127.0.0.1\n")
    (folder / "client.ext").write_text("extendedKeyUsage = clientAuth\n")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, cwd=folder, capture_output=True, timeout=60)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    for name in ("ca", "other"):
        openssl("req", "-x509", *key, "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out",
                f"{name}.pem")  # fmt: skip
    for name, subject in (("server", "server"), ("client", "kari")):
        openssl("req", *key, "-subj", f"/CN={subject}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def postgresql(made: Path) -> Iterator[Cluster]:
    with cluster() as server:
        database = PostgreSQLDatabase(server.url)
        database.run("CREATE ROLE kari LOGIN", "GRANT pg_read_all_data TO kari", database="postgres")
        database.run("CREATE TABLE kunder AS SELECT 'a@example.no' AS epost", database="postgres")
        server.require_tls(made)
        yield server


@pytest.mark.parametrize(
    ("options", "opens"),
    [
        ("sslmode=require", True), ("sslmode=verify-ca&sslrootcert={ca}", True),
        ("sslmode=verify-full&sslrootcert={ca}", True), ("sslmode=verify-full&sslrootcert={other}", False),
        ("sslmode=verify-ca&sslrootcert={other}", False), ("sslmode=disable", False),
        ("user=kari&sslmode=require&sslcert={cert}&sslkey={key}", True), ("user=kari&sslmode=require", False),
    ],
)  # fmt: skip
def test_postgresql_is_read_by_tls_as_the_url_asks(postgresql: Cluster, made: Path, options: str, opens: bool) -> None:
    paths = {"ca": "ca.pem", "other": "other.pem", "cert": "client.pem", "key": "client.key"}
    asked = options.format(**{name: made / file for name, file in paths.items()})
    user = "" if "user=" in asked else f"postgres:{SECRET}@"
    check(f"{postgresql.url.replace('postgres@', user)}/postgres?{asked}", opens)


def check(url: str, opens: bool) -> None:
    if opens:
        run = scanned(url)
        assert run.count("EMAIL_ADDRESS") == 1 and not run.problems()
        return
    with pytest.raises(TargetError) as failure:
        scanned(url)
    said = f"{failure.value} {failure.value.hint}"
    assert SECRET not in said and "kari" not in said and "/tls" not in said


@pytest.fixture(scope="module")
def mariadb(made: Path) -> Iterator[str]:
    programs = [shutil.which(name) or shutil.which(f"/usr/sbin/{name}") for name in ("mariadb-install-db", "mariadbd")]
    if None in programs:
        missing("the server program of MariaDB")
    install, server = (os.fspath(program) for program in programs if program)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = made / "mariadb"
    user = getpass.getuser()
    start = "CREATE DATABASE d; CREATE TABLE d.kunder AS SELECT 'a@example.no' AS epost;"
    for name, asks in (("ole", "SSL"), ("kari", "X509")):
        start += f"CREATE USER {name}@'%' IDENTIFIED BY '{SECRET}' REQUIRE {asks}; GRANT SELECT ON *.* TO {name}@'%';"
    (made / "start.sql").write_text(start.replace(";", ";\n"))
    subprocess.run(
        [install, "--no-defaults", f"--datadir={data}", f"--user={user}", "--skip-test-db"], check=True, timeout=120,
        capture_output=True,
    )  # fmt: skip
    process = subprocess.Popen(
        [server, "--no-defaults", f"--datadir={data}", f"--user={user}", f"--port={port}", "--bind-address=127.0.0.1",
         f"--socket={data}/s", f"--init-file={made}/start.sql", f"--ssl-ca={made}/ca.pem",
         f"--ssl-cert={made}/server.pem", f"--ssl-key={made}/server.key", "--innodb-buffer-pool-size=16M"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield f"mysql://USER:{SECRET}@127.0.0.1:{port}/d"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("user", "options", "opens"),
    [
        ("ole", "ssl_mode=REQUIRED", True), ("ole", "ssl-mode=VERIFY_CA&ssl-ca={ca}", True),
        ("ole", "ssl_mode=VERIFY_IDENTITY&ssl_ca={ca}", True), ("ole", "ssl_ca={ca}", True),
        ("ole", "ssl_ca={other}", False), ("ole", "ssl_mode=VERIFY_CA&ssl_ca={other}", False),
        ("ole", "ssl_mode=VERIFY_IDENTITY", False), ("ole", "ssl_mode=DISABLED", False),
        ("ole", "ssl_mode=sometimes", False), ("ole", "ssl_rootcert={ca}", False), ("ole", "ssl_ca={ca}x", False),
        ("kari", "ssl_mode=REQUIRED&ssl_cert={cert}&ssl_key={key}", True), ("kari", "ssl_mode=REQUIRED", False),
    ],
)  # fmt: skip
def test_mariadb_is_read_by_tls_as_the_url_asks(mariadb: str, made: Path, user: str, options: str, opens: bool) -> None:
    paths = {"ca": "ca.pem", "other": "other.pem", "cert": "client.pem", "key": "client.key"}
    asked = options.format(**{name: made / file for name, file in paths.items()})
    check(f"{mariadb.replace('USER', user)}?{asked}", opens)
