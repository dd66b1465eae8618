"""A whole scan: targets in, a run folder out. Walks the sources, groups what they list, has an engine read it,
writes parts.

Groups depend on the walk alone, so that the run's rows and their order do not depend on the number of workers.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pii_scan import __version__
from pii_scan.config import Config, checked
from pii_scan.detect.detector import Detector, load_recognizers
from pii_scan.detect.kernel import native
from pii_scan.detect.layout_memory import memory_folder
from pii_scan.detect.rules import Rule, rules_hash
from pii_scan.engines.local import SLICE_BYTES, EngineError, Group, LocalEngine, Progress
from pii_scan.engines.wire import Item
from pii_scan.errors import RunError, TargetError, UsageError
from pii_scan.findings.names import NameMasker
from pii_scan.findings.redact import fingerprint_key, key_check
from pii_scan.findings.schema import SAMPLES, STAGES, TIMES
from pii_scan.findings.store import Run, RunWriter, load_run
from pii_scan.model import Problem, WorkUnit, printable
from pii_scan.pipeline import Settings, finder, settings_json
from pii_scan.protocols import Source
from pii_scan.sources import describe, describe_stdin, opened
from pii_scan.sources.stdin import spool_stdin
from pii_scan.systems.own import own_profiles
from pii_scan.systems.profiles import load_profiles

GROUP_BYTES = 8 << 20
GROUP_ITEMS = 64

Report = Callable[[Progress], None]


def scan(
    targets: Sequence[str | os.PathLike[str]],
    *,
    config: Config | None = None,
    out: str | os.PathLike[str] | None = None,
    report: Report | None = None,
    profile: bool = False,
    environment: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Run:
    """Scans every target into the run folder `out` (default `pii-scan-<UTC time>`) and gives the finished run.

    `report` hears of progress; with `profile` the manifest says where the time went (`times`). `environment` holds
    PII_SCAN_KEY, os.environ by default. Raises UsageError before anything is written, RunError when the run cannot go
    on. KeyboardInterrupt passes through; the run is then marked interrupted.
    """
    config = checked(config or Config(), "options")
    native()  # a wrong choice of kernel is told here, not by every worker
    environment = os.environ if environment is None else environment
    now = now or datetime.now(tz=UTC)
    folder = Path(out) if out is not None else Path(f"pii-scan-{now:%Y%m%dT%H%M%SZ}")
    rules = _recognizers(config)
    table, _ = load_profiles(config.systems)
    key = fingerprint_key(environment, key_folder(environment))
    descriptions, notes, stdin = _describe([os.fspath(target) for target in targets], config, folder)
    held = contextlib.ExitStack()
    try:
        sources = [held.enter_context(opened(description, config.limits)) for description in descriptions]
        writer = RunWriter(folder, {
            "id": secrets.token_hex(8), "started_at": _iso(now), "finished_at": None, "version": __version__,
            "config_hash": config.digest(), "status": "running", "lang": config.lang,
            "targets": [str(description["target"]) for description in descriptions], "notes": notes,
            "systems": own_profiles(table), "key_check": key_check(key), **_looked_for(rules),
        })  # fmt: skip
        engine = LocalEngine(
            _workers(config, descriptions), settings_json(_settings(config, key, now, profile)), descriptions,
            config.limits, report or (lambda progress: None),
        )  # fmt: skip
        _drive(engine, _groups(sources), writer)
    finally:
        held.close()
        if stdin is not None:
            stdin.close()
    return load_run(folder)


def _recognizers(config: Config) -> tuple[Rule, ...]:
    """All that will look, so that what cannot be loaded is told before anything is written. Language models are loaded
    for this, and again by the workers: this process does not keep them.
    """
    rules, guests = load_recognizers(
        config.rules, config.presidio, only=config.only, names=config.names, ner=config.ner
    )  # fmt: skip
    return rules + (guests.rules if guests else ())


def _settings(config: Config, key: bytes, now: datetime, profile: bool) -> Settings:
    return Settings(
        key=key.hex(), as_of=config.as_of or f"{now:%Y-%m-%d}", rules=tuple(config.rules), only=tuple(config.only),
        min_score=config.min_score, limits=config.limits, presidio=tuple(config.presidio),
        ner=tuple(config.ner), names=tuple(config.names),
        systems=tuple(config.systems), profile=profile,
    )  # fmt: skip


def _workers(config: Config, descriptions: Sequence[Mapping[str, Any]]) -> int:
    """As many as asked for; with a database, no more than may have a connection beside the scan's own."""
    jobs = config.jobs or os.cpu_count() or 1
    if any(description["kind"] == "sql" for description in descriptions):
        return max(min(jobs, config.max_db_connections - 1), 1)
    return jobs


def _looked_for(rules: Sequence[Rule]) -> dict[str, Any]:
    """What the manifest says of the rules, so that a run can be held against another and against a notice."""
    return {
        "rules_hash": rules_hash(rules), "rules": sorted(rule.id for rule in rules),
        "entity_types": sorted({rule.entity_type for rule in rules}),
    }  # fmt: skip


def _drive(engine: LocalEngine, groups: Iterable[Group], writer: RunWriter) -> None:
    """Writes every part that the engine gives, and says in the manifest how it ended."""
    status = "failed"
    samples: list[dict[str, Any]] = []
    times: list[pa.Table] = []
    try:
        for part, tables in engine.run(groups):
            samples += tables.pop("samples", SAMPLES.empty_table()).to_pylist()
            times.append(tables.pop("times", TIMES.empty_table()))
            writer.write_part(part, tables)
        status = "finished"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    except EngineError as error:
        raise RunError(str(error)) from None
    finally:
        with contextlib.ExitStack() as last:
            last.callback(writer.close)
            if status == "failed":  # the reason is on its way already
                last.enter_context(contextlib.suppress(RunError))
            writer.write_manifest({
                "finished_at": _iso(datetime.now(tz=UTC)), "status": status, "samples": samples, **_added_up(times),
            })  # fmt: skip


def _added_up(times: Sequence[pa.Table]) -> dict[str, Any]:
    """The seconds of all workers by kind of document, most first; nothing where no one asked."""
    kinds: dict[str, dict[str, Any]] = {}
    for row in (row for table in times for row in table.to_pylist()):
        known = kinds.setdefault(row["media_type"], dict.fromkeys(row, 0) | {"media_type": row["media_type"]})
        for name in (name for name in row if name != "media_type"):
            known[name] = round(known[name] + row[name], 6)
    rows = list(kinds.values())
    rows.sort(key=lambda row: -sum(row[stage] for stage in STAGES))
    return {"times": rows} if rows else {}


def _describe(targets: Sequence[str], config: Config, folder: Path) -> tuple[list[dict[str, Any]], list[str], Any]:
    """(descriptions of the sources, notes for the reader, standard input if it is one of them)."""
    if not targets:
        raise UsageError("no target given", "name a file or a folder")
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"the run folder {str(folder)!r} already holds something", "give another --out")
    except OSError as error:
        raise UsageError(f"the run folder {str(folder)!r} cannot be made: {error.strerror}") from None
    descriptions: dict[str, dict[str, Any]] = {}
    notes: list[str] = []
    out = os.path.realpath(folder)
    for target in targets:
        if target == "-":
            descriptions["-"] = {}  # read last, when all else is known to be right
            continue
        path = config.targets.get(target, target)
        described = describe(
            path, include=config.include, exclude=config.exclude, excluded_dirs=[out], sample=config.sample
        )
        if described["kind"] == "sql":
            descriptions.setdefault(described["url"], {**described, "connections": config.max_db_connections})
            continue
        _check_exists(path, config)
        real = os.path.realpath(path)
        if out == real:
            raise UsageError(f"the run folder {str(folder)!r} is itself a target", "give another --out")
        if out.startswith(os.path.join(real, "")) and real not in descriptions:
            notes.append("the run folder lies inside a target and was left out of the scan")
        descriptions.setdefault(real, described)
    _label([described for described in descriptions.values() if described], config)
    stdin = None
    if "-" in descriptions:
        stdin = spool_stdin(sys.stdin.buffer, config.limits)
        descriptions["-"] = describe_stdin(stdin)
    return list(descriptions.values()), notes, stdin


def _label(descriptions: Sequence[dict[str, Any]], config: Config) -> None:
    """Gives each target the name that results show: its path, with personal data in it masked, and no two alike."""
    names = [printable(described["path"]) for described in descriptions]
    if (
        config.rules
        or config.names
        or any(char.isdigit() or char == "@" or char.isupper() for name in names for char in name)
    ):
        memory = memory_folder(os.environ)  # slow to make without; built-in rules want digits or @, names capitals
        masker = NameMasker(finder(Detector(rule_paths=config.rules, names=config.names, memory=memory)))
        named = [str(described.get("server", "")) for described in descriptions]  # an address of a server is no one's
        names = [own + masker.safe(name.removeprefix(own)) for own, name in zip(named, names, strict=True)]
    taken = {"-"}
    for described, name in zip(descriptions, names, strict=True):
        label, number = name, 1
        while label in taken:
            number += 1
            label = f"{name} ({number})"
        taken.add(label)
        described["target"] = label


def _check_exists(path: str, config: Config) -> None:
    """Raises TargetError, with the nearest name, when there is no such path."""
    try:
        os.lstat(path)
        return
    except PermissionError:
        raise TargetError(f"the target {path!r} cannot be opened: no permission") from None
    except (OSError, ValueError):
        pass
    import difflib

    parent = os.path.dirname(os.path.abspath(path))
    try:
        names = os.listdir(parent)
    except OSError:
        names = []
    close = difflib.get_close_matches(os.path.basename(path.rstrip("/")), [*names, *config.targets], n=1)
    raise TargetError(f"the target {path!r} does not exist", f"did you mean {close[0]!r}?" if close else "")


def _groups(sources: Iterable[Source]) -> Iterator[Group]:
    walk = (found for source in sources for found in source.list_documents())
    return grouped(found if isinstance(found, Problem) else WorkUnit(found) for found in walk)


def grouped(walk: Iterable[Item]) -> Iterator[Group]:
    """The walk, in groups that one worker does in a row; a large file is a group by itself."""
    items: list[Item] = []
    size = number = 0
    for item in walk:
        length = 0 if isinstance(item, Problem) else item.ref.size_bytes or 0
        if length > 2 * SLICE_BYTES:
            yield Group(f"{number:08d}", [item], plan=True)
            number += 1
        else:
            items.append(item)
            size += length
        if len(items) >= GROUP_ITEMS or size >= GROUP_BYTES:
            yield Group(f"{number:08d}", items)
            number += 1
            items, size = [], 0
    if items:
        yield Group(f"{number:08d}", items)


def key_folder(environment: Mapping[str, str]) -> Path:
    """The user's configuration folder for pii-scan (XDG base directories; %APPDATA% on Windows)."""
    for variable in ("PII_SCAN_CONFIG_HOME", "XDG_CONFIG_HOME", "APPDATA"):
        if environment.get(variable):
            return Path(environment[variable]) / "pii-scan"
    return Path.home() / ".config" / "pii-scan"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
