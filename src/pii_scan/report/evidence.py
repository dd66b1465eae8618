"""The evidence bundle: what was checked against what, with the hash of each piece, so that it can be shown later.

A ZIP whose bytes depend on its content alone. Holds reports, the notice, the record, accepted gaps and the log of
look-ups; never the key, the index, or a found value. It proves that the files are those of its manifest; that the
manifest is the one of then, only its hash shows, written down or signed elsewhere.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from jsonschema import Draft202012Validator

from pii_scan.detect.name_rule import built_in_rules
from pii_scan.detect.rules import rules_hash
from pii_scan.errors import UsageError
from pii_scan.findings.queries import QUERIES
from pii_scan.findings.store import MANIFEST, Run
from pii_scan.registry import data_folder
from pii_scan.report.formats import FORMATS
from pii_scan.report.json_v1 import run_object

SCHEMA_ID = "pii-scan.evidence/1"
OWN_MANIFEST = "manifest.json"
MAX_ATTACHED_BYTES = 64 << 20
MAX_MANIFEST_BYTES = 4 << 20
MAX_FILES = 64
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP can say (APPNOTE 4.4.6)."""
_BLOCK = 1 << 20
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError)
"""What `zipfile` raises on one that is damaged, encrypted or packed in another way."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the user's own."""

    what: str
    """`notice`, `record` or `accepted`: its name in the bundle, with the ending of its own name."""
    data: bytes
    suffix: str


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `manifest.json`."""
    text = (resources.files("pii_scan.report") / "schema" / "evidence-1.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def attached(what: str, path: Path, key: bytes | None) -> Attachment:
    """The file at `path`. Raises UsageError where it cannot be read, is too large, or holds the fingerprint key."""
    try:
        if path.stat().st_size > MAX_ATTACHED_BYTES:
            raise UsageError(f"{str(path)!r} is larger than {MAX_ATTACHED_BYTES >> 20} MiB")
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror}") from None
    if key is not None and (key in data or key.hex().encode() in data.lower()):
        raise UsageError(f"{str(path)!r} holds the fingerprint key, which must not leave", "name another file")
    suffix = path.suffix.lower()
    return Attachment(what, data, suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else "")


def write_bundle(run: Run, out: BinaryIO, attachments: Iterable[Attachment], version: str) -> str:
    """Writes the bundle and gives the SHA-256 of its manifest, in hexadecimal digits. `version`: of pii-scan."""
    lang = str(run.manifest.get("lang", "nb"))
    files: list[dict[str, Any]] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        _add(bundle, files, "run", MANIFEST, _dump(run.manifest))
        for what, name, form in (("report", "report.html", "html"), ("report", "report.json", "json")):
            with _Hashed(bundle, files, what, name) as member:
                FORMATS[form](run, cast(BinaryIO, member), lang)
        for one in sorted(attachments, key=lambda item: item.what):
            _add(bundle, files, one.what, f"{one.what}{one.suffix}", one.data)
        queries = run.path / QUERIES
        if queries.is_file():
            _add(bundle, files, "queries", QUERIES, queries.read_bytes())
        content = _dump(_bundle_manifest(run, files, version))
        _add(bundle, [], "", OWN_MANIFEST, content)
    return hashlib.sha256(content).hexdigest()


def verify(path: Path) -> tuple[dict[str, Any], str, list[str]]:
    """(manifest, its SHA-256, what is wrong with the files) of a bundle. Raises UsageError where it is none."""
    try:
        with zipfile.ZipFile(path) as bundle:
            names = [info.filename for info in bundle.infolist()]
            if names.count(OWN_MANIFEST) != 1 or len(names) > MAX_FILES:
                raise UsageError(f"{str(path)!r} is not an evidence bundle", "name a file that `evidence -o` made")
            with bundle.open(OWN_MANIFEST) as member:
                raw = member.read(MAX_MANIFEST_BYTES + 1)
            content = _checked(raw, path)
            wrong = list(_wrong(bundle, content["files"], names))
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror}") from None
    except (*_DAMAGED, ValueError):
        raise UsageError(f"{str(path)!r} is not an evidence bundle, or is damaged") from None
    return content, hashlib.sha256(raw).hexdigest(), wrong


def _checked(raw: bytes, path: Path) -> dict[str, Any]:
    """The manifest, if it has the form of one."""
    content: Any = json.loads(raw.decode("utf-8"))
    if len(raw) > MAX_MANIFEST_BYTES or not Draft202012Validator(schema()).is_valid(content):
        raise UsageError(f"{str(path)!r}: its manifest is not as pii-scan writes it", "was it made by another version?")
    found: dict[str, Any] = content
    return found


def _wrong(bundle: zipfile.ZipFile, files: list[dict[str, Any]], names: list[str]) -> Iterator[str]:
    listed = {entry["name"]: entry for entry in files}
    for name in sorted(set(names)):
        if name != OWN_MANIFEST and name not in listed:
            yield "a file is in the bundle that the manifest does not list"
        elif names.count(name) > 1:
            yield f"{name}: stands twice"
    for name, entry in listed.items():
        if name not in names:
            yield f"{name}: is missing"
            continue
        size, digest = 0, hashlib.sha256()
        try:
            with bundle.open(name) as member:
                while size <= entry["size"] and (block := member.read(_BLOCK)):  # no more than it should hold
                    size += len(block)
                    digest.update(block)
        except (*_DAMAGED, OSError):
            yield f"{name}: is damaged"
            continue
        if size != entry["size"]:
            yield f"{name}: has another size than the manifest says"
        elif digest.hexdigest() != entry["sha256"]:
            yield f"{name}: has another content than the manifest says"


class _Hashed:
    """A member of the bundle while it is written; its size and hash go into the list of files."""

    def __init__(self, bundle: zipfile.ZipFile, files: list[dict[str, Any]], what: str, name: str) -> None:
        self._files, self._what, self._name = files, what, name
        info = zipfile.ZipInfo(name, _FIXED_TIME)
        info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
        self._member: IO[bytes] = bundle.open(info, "w", force_zip64=True)
        self._digest, self._size = hashlib.sha256(), 0

    def __enter__(self) -> _Hashed:
        return self

    def __exit__(self, *error: object) -> None:
        self._member.close()
        entry = {"name": self._name, "what": self._what, "size": self._size, "sha256": self._digest.hexdigest()}
        self._files.append(entry)

    def write(self, data: bytes) -> int:
        """As of a file."""
        self._digest.update(data)
        self._size += len(data)
        return self._member.write(data)


def _add(bundle: zipfile.ZipFile, files: list[dict[str, Any]], what: str, name: str, data: bytes) -> None:
    with _Hashed(bundle, files, what, name) as member:
        member.write(data)


def _bundle_manifest(run: Run, files: list[dict[str, Any]], version: str) -> dict[str, Any]:
    installed = rules_hash(built_in_rules())
    ids = run.manifest.get("rules")
    return {
        "schema": SCHEMA_ID,
        "run": {**run_object(run.manifest), "status": str(run.manifest["status"])},
        "rules": {
            "run": str(run.manifest["rules_hash"]), "ids": list(map(str, ids)) if isinstance(ids, list) else [],
            "installed": installed,
        },
        "made_by": {
            "version": version, "python": platform.python_version(), "dependencies": dict(_dependencies()),
        },
        "tables": dict(_tables()),
        "files": files,
    }  # fmt: skip


def _dependencies() -> Iterator[tuple[str, str]]:
    """Name and version of each package that pii-scan needs, as installed."""
    try:
        needed = importlib.metadata.requires("pii-scan") or []
    except importlib.metadata.PackageNotFoundError:
        return
    for requirement in sorted(needed):
        name = re.split(r"[^A-Za-z0-9._-]", requirement)[0]
        if "extra ==" not in requirement:
            try:
                yield name, importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                yield name, "missing"


def _tables() -> Iterator[tuple[str, str]]:
    """Path and SHA-256 of each table of this installation that decides how findings are judged."""
    folder = data_folder("configs")
    for path in sorted(folder.rglob("*.yaml")):
        yield path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()


def _dump(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2) + "\n").encode("utf-8")
