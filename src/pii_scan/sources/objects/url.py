"""URLs of object stores and shares: what kind, what it is called in results, and what it needs. Opens nothing.

A URL may hold a user name and a password, so that nothing here quotes one: not in an error, not in a representation.
"""

from __future__ import annotations

import importlib.util
import os
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from pii_scan.errors import TargetError, nearest

KINDS = {
    "s3": "s3", "s3a": "s3", "az": "az", "abfs": "az", "abfss": "az", "gs": "gs", "gcs": "gs", "smb": "smb",
    "sftp": "sftp", "ssh": "sftp",
}  # fmt: skip
MODULES: Mapping[str, tuple[str, ...]] = {
    "s3": ("s3fs",), "az": ("adlfs",), "gs": ("gcsfs",), "smb": ("smbprotocol",), "sftp": ("paramiko",),
}  # fmt: skip
"""Modules that a kind of store is read with."""
EXTRAS = {"s3": "s3", "az": "azure", "gs": "gcs", "smb": "smb", "sftp": "sftp"}
"""What installs them."""
UNTESTED = frozenset({"gs"})
"""Kinds of which no server was at hand."""
_FORMS = {
    "s3": "s3://BUCKET/PREFIX", "az": "az://CONTAINER/PREFIX", "gs": "gs://BUCKET/PREFIX",
    "smb": "smb://USER@HOST/SHARE/FOLDER", "sftp": "sftp://USER@HOST/FOLDER",
}  # fmt: skip
_OPTIONS = {"s3": ("endpoint_url", "profile"), "az": ("account_name",), "gs": (), "smb": (), "sftp": ()}
_CREDENTIALS = {
    "s3": "they come from the environment, a profile or the role of the machine",
    "az": "they come from the environment, such as AZURE_STORAGE_CONNECTION_STRING, or the role of the machine",
    "gs": "they come from GOOGLE_APPLICATION_CREDENTIALS, gcloud or the role of the machine",
}
_PORTS = {"smb": 445, "sftp": 22}
_URL = re.compile(r"^([a-z][a-z0-9]*):(//)?", re.IGNORECASE)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,221}|\$root|\$web")


@dataclass(frozen=True, slots=True)
class ObjectUrl:
    """A store, or a part of it, as the user named it."""

    kind: str
    """A key of `MODULES`."""
    label: str
    """The URL without user, password and options: what results call it."""
    server: str
    """The beginning of `label` up to the name of the bucket or host."""
    place: str
    """What is the same of it however it is named, with the server behind it; no credentials."""
    kept: str
    """A URL that names the same in a later sitting; empty where that would hold a user or a password."""
    bucket: str
    """Bucket, container or share; empty where the kind has none."""
    path: str
    """Below the bucket or root, without slashes around it."""
    is_folder: bool
    """It was named with a slash at its end."""
    host: str = ""
    port: int = 0
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


def is_object_url(target: str) -> bool:
    """Whether a target looks like the URL of a store, well formed or not."""
    found = _URL.match(target)
    return found is not None and bool(found[2]) and found[1].lower() in KINDS


def parse(target: str, environment: Mapping[str, str] = os.environ) -> ObjectUrl:
    """The URL of a store. Raises TargetError, which quotes nothing of it."""
    found = _URL.match(target)
    if found is None or found[1].lower() not in KINDS:
        raise TargetError("this is no URL of a store", f"write {' or '.join(_FORMS.values())}")
    kind, rest = KINDS[found[1].lower()], target[found.end() :]
    return _bucket(kind, rest, environment) if kind in _CREDENTIALS else _share(kind, rest)


def _bucket(kind: str, rest: str, environment: Mapping[str, str]) -> ObjectUrl:
    """A store whose keys are taken as they are written: nothing in them is decoded."""
    hint = f"write {_FORMS[kind]}"
    rest, _, query = rest.partition("?")
    options = _options(kind, query)
    bucket, _, path = rest.partition("/")
    if "@" in bucket or ":" in bucket:
        raise TargetError(f"{_a(kind)} URL holds no credentials", f"{hint}; {_CREDENTIALS[kind]}")
    if not _BUCKET.fullmatch(bucket):
        what = "container" if kind == "az" else "bucket"
        raise TargetError(f"{_a(kind)} URL names no valid {what}", hint)
    endpoint = options.get("endpoint_url", "")
    if endpoint and (not endpoint.startswith(("http://", "https://")) or "@" in endpoint):
        raise TargetError("endpoint_url must be an http:// or https:// address without credentials")
    at = {
        "s3": endpoint or environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL", ""),
        "az": options.get("account_name") or environment.get("AZURE_STORAGE_ACCOUNT_NAME", ""), "gs": "",
    }[kind]  # fmt: skip
    name = path.rstrip("/")
    label = f"{kind}://{bucket}/{path}" if path else f"{kind}://{bucket}"
    return ObjectUrl(
        kind, label, f"{kind}://{bucket}", f"{kind}://{bucket}/{name} {at}".rstrip(),
        f"{label}?{query}" if query else label, bucket, name, path.endswith("/") or not name, options=options,
    )  # fmt: skip


def _share(kind: str, rest: str) -> ObjectUrl:
    """A host by name, with a user and a path that are written as in any URL, `%20` for a blank."""
    hint = f"write {_FORMS[kind]}; signs such as @ : / in a password are written %40 %3A %2F"
    try:
        split = urlsplit(f"x://{rest}")
        host, port = split.hostname or "", split.port or _PORTS[kind]
    except ValueError:
        raise TargetError(f"{_a(kind)} URL cannot be taken apart", hint) from None
    if not host or split.fragment:
        raise TargetError(f"{_a(kind)} URL names no host", hint)
    options = _options(kind, split.query)
    whole = unquote(split.path, errors="surrogateescape")
    path = posixpath.normpath(f"/{whole}").strip("/")
    share, _, below = path.partition("/") if kind == "smb" else ("", "", path)
    if kind == "smb" and not share:
        raise TargetError("an smb URL names no share", hint)
    shown = f"[{host}]" if ":" in host else host
    server = f"{kind}://{shown}" + (f":{port}" if port != _PORTS[kind] else "")
    label = f"{server}{split.path or '/'}"
    return ObjectUrl(
        kind, label, server, f"{server}/{path}", label if split.username is None else "", share, below,
        whole.endswith("/"), host, port, unquote(split.username or ""), unquote(split.password or ""), options,
    )  # fmt: skip


def _options(kind: str, query: str) -> dict[str, str]:
    """What stands behind the question mark; only what is no secret may."""
    options = dict(parse_qsl(query, keep_blank_values=True))
    known = _OPTIONS[kind]
    if query and not set(options) <= set(known):
        wrong = sorted(set(options) - set(known))
        near = nearest(wrong[0], known) if wrong and known and wrong[0].isidentifier() else ""
        raise TargetError(f"{_a(kind)} URL has an option that is not known", near or "leave out what follows the ?")
    return options


def _a(kind: str) -> str:
    return f"{'an' if kind in ('s3', 'smb', 'az') else 'a'} {kind}"


def missing_modules(kind: str) -> list[str]:
    """The modules that are not installed of those that this kind of store is read with."""
    return [name for name in MODULES[kind] if importlib.util.find_spec(name) is None]


def check_modules(kind: str) -> None:
    """Raises TargetError, which says what to install, where a module is missing."""
    missing = missing_modules(kind)
    if missing:
        names = " and ".join(missing)
        raise TargetError(
            f"{kind}:// targets need {names}, not installed here", f"pip install 'pii-scan[{EXTRAS[kind]}]'"
        )
