"""URLs of stores: what they name, what results call them, and that no credential of one is ever shown."""

from __future__ import annotations

import pytest

from pii_scan.errors import TargetError
from pii_scan.sources import describe
from pii_scan.sources.objects import url as urls
from pii_scan.sources.objects.url import ObjectUrl, is_object_url

SECRET = "hemmelig-ord"


def parse(target: str, **environment: str) -> ObjectUrl:
    return urls.parse(target, environment)


@pytest.mark.parametrize(
    ("target", "label", "bucket", "path"),
    [
        ("s3://data", "s3://data", "data", ""),
        ("s3://data/", "s3://data", "data", ""),
        ("S3a://data/a b/c", "s3://data/a b/c", "data", "a b/c"),
        ("s3://data/a%20b#c/", "s3://data/a%20b#c/", "data", "a%20b#c"),
        ("s3://data/a?endpoint_url=http://s3.example.no:9000", "s3://data/a", "data", "a"),
        ("gcs://data/x", "gs://data/x", "data", "x"),
        ("abfs://boks/x", "az://boks/x", "boks", "x"),
        ("smb://kari:hemmelig-ord@fil.example.no/felles/HR%20mappe/", "smb://fil.example.no/felles/HR%20mappe/",
         "felles", "HR mappe"),
        ("smb://DOM;kari@fil.example.no:1445/felles", "smb://fil.example.no:1445/felles", "felles", ""),
        ("sftp://kari:hemmelig-ord@fil.example.no:22/a/./b/../c", "sftp://fil.example.no/a/./b/../c", "", "a/c"),
        ("sftp://[::1]:2222/", "sftp://[::1]:2222/", "", ""),
    ],
)  # fmt: skip
def test_a_url_names_a_part_of_a_store_and_shows_no_credentials(
    target: str, label: str, bucket: str, path: str
) -> None:
    url = parse(target)
    assert (url.label, url.bucket, url.path) == (label, bucket, path)
    assert url.label.startswith(url.server)
    assert SECRET not in repr(url) + url.place + url.kept and "kari" not in repr(url) + url.place + url.kept


def test_user_and_password_are_taken_apart() -> None:
    url = parse("smb://DOM;kari:p%40ss%2Ford@fil.example.no/felles")
    assert (url.user, url.password) == ("DOM;kari", "p@ss/ord")


def test_what_is_kept_names_the_same_again_or_is_empty() -> None:
    for target in ("s3://data/a", "s3://data/a?endpoint_url=http://s3.example.no:9000", "sftp://fil.example.no/a%20b"):
        url = parse(target)
        assert parse(url.kept).place == url.place
    assert parse("sftp://kari@fil.example.no/a").kept == ""


def test_the_same_bucket_of_another_server_is_another_place() -> None:
    here = parse("s3://data/a").place
    assert parse("s3://data/a/").place == here
    assert parse("s3://data/a", AWS_ENDPOINT_URL="http://x.example.no").place != here
    assert (
        parse("s3://data/a", AWS_ENDPOINT_URL_S3="http://x.example.no").place
        == parse("s3://data/a?endpoint_url=http://x.example.no").place
    )
    assert parse("az://boks/a", AZURE_STORAGE_ACCOUNT_NAME="en").place != parse("az://boks/a").place


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("s3://", "names no valid bucket"),
        ("s3://ab cd/x", "names no valid bucket"),
        (f"s3://kari:{SECRET}@data/a", "holds no credentials"),
        (f"az://boks/a?sig={SECRET}", "option that is not known"),
        (f"s3://data/a?endpoint={SECRET}", "endpoint_url"),
        (f"s3://data/a?endpoint_url=http://kari:{SECRET}@x.example.no", "without credentials"),
        ("s3://data/a?endpoint_url=ftp://x.example.no", "endpoint_url must be"),
        (f"smb://kari:{SECRET}@fil.example.no", "names no share"),
        (f"smb://kari:{SECRET}@/felles", "names no host"),
        (f"sftp://kari:{SECRET}@fil.example.no:port/a", "cannot be taken apart"),
        (f"sftp://kari:{SECRET}#1@fil.example.no/a", "cannot be taken apart|names no host"),
        (f"https://kari:{SECRET}@example.no/a.csv", "web cannot be scanned"),
        (f"ftp://kari:{SECRET}@example.no/a.csv", "kind ftp://"),
    ],
)
def test_a_wrong_url_is_refused_with_the_right_form_and_without_its_secrets(target: str, said: str) -> None:
    with pytest.raises(TargetError, match=said) as told:
        describe(target)
    assert SECRET not in str(told.value) and "kari" not in str(told.value)


def test_paths_and_databases_are_no_stores() -> None:
    for target in ("s3:/data", "data", "C:/data", "postgresql://x/y", "s3", "azure://x", "file:///x"):
        assert not is_object_url(target)


def test_a_module_that_is_missing_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urls, "MODULES", {**urls.MODULES, "sftp": ("finnes_ikke",)})
    with pytest.raises(TargetError, match="finnes_ikke.*pip install 'pii-scan\\[sftp\\]'"):
        describe("sftp://fil.example.no/a")
