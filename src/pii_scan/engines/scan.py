"""A whole scan: targets in, a run folder out. Walks the sources, groups what they list, has an engine read it,
writes parts; goes on with a run that was interrupted, and takes over from an earlier one what has not changed.

Groups depend on the walk alone, so that the run's rows and their order do not depend on the number of workers.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from pii_scan import __version__
from pii_scan.config import Config, checked
from pii_scan.detect.detector import load_recognizers
from pii_scan.detect.rules import Rule, rules_hash
from pii_scan.engines import call
from pii_scan.engines.group import Group, Part, Progress, grouped
from pii_scan.engines.local import TEMPORARY, EngineError, LocalEngine
from pii_scan.engines.marks import Marks
from pii_scan.engines.remaining import Remaining
from pii_scan.engines.since import Since, earlier_run
from pii_scan.engines.spare import started
from pii_scan.engines.targets import Concealing, declared_estate, describe_targets, open_targets
from pii_scan.errors import RunError, UsageError
from pii_scan.findings.keys import fingerprint_key, key_check
from pii_scan.findings.run_writer import RunWriter, check_unused, new_folder
from pii_scan.findings.store import MANIFEST, Run, load_run
from pii_scan.kernel import native
from pii_scan.model import Item, Problem, WorkUnit
from pii_scan.protocols import Source
from pii_scan.settings import Settings, settings_json
from pii_scan.stage_times import added_up
from pii_scan.systems.declared import check_declared
from pii_scan.systems.own import own_profiles
from pii_scan.systems.profiles import load_profiles

Report = Callable[[Progress], None]


class Engine(Protocol):
    """Has groups read, here or elsewhere."""

    def run(self, groups: Iterable[Group]) -> Iterator[Part]:
        """The part of each group as it ends, in any order. Raises EngineError."""
        ...


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, in a run that can be taken up again."""

    def __init__(self, folder: Path, resumable: bool) -> None:
        super().__init__()
        self.folder = folder
        self.resumable = resumable


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a sitting needs to know, all of it checked."""

    folder: Path
    config: Config
    key: bytes
    now: datetime
    rules: tuple[Rule, ...]
    profile: bool
    environment: Mapping[str, str]
    whole_estate: bool = False
    known: tuple[str, ...] = ()
    """Names of targets, scanned or not."""

    @classmethod
    def checked(
        cls, config: Config, named: Sequence[str], environment: Mapping[str, str], folder: Path, now: datetime,
        profile: bool, whole_estate: bool,
    ) -> _Asked:  # fmt: skip
        """Raises UsageError."""
        known = tuple(checked(config, "options").targets)
        config = config.narrowed(named)
        check_declared(config)
        native()  # a wrong choice of kernel is told here, not by every worker
        rules = _recognizers(config)
        key = fingerprint_key(environment, key_folder(environment))
        return cls(folder, config, key, now, tuple(rules), profile, environment, whole_estate, known)

    def settings(self, as_of: str, descriptions: Sequence[Mapping[str, Any]]) -> Settings:
        """For the workers."""
        config = self.config
        said = {
            str(one["target"]): {key: str(one[key]) for key in ("folder", "system") if one.get(key)}
            for one in descriptions
            if "name" in one
        }
        return Settings(
            key=self.key.hex(), as_of=as_of, rules=tuple(config.rules), only=tuple(config.only),
            min_score=config.min_score, limits=config.limits, presidio=tuple(config.presidio), ner=tuple(config.ner),
            names=tuple(config.names), systems=tuple(config.systems), profile=self.profile, targets=said,
        )  # fmt: skip


def scan(
    targets: Sequence[str | os.PathLike[str]],
    *,
    config: Config | None = None,
    out: str | os.PathLike[str] | None = None,
    report: Report | None = None,
    profile: bool = False,
    environment: Mapping[str, str] | None = None,
    now: datetime | None = None,
    resume: bool = False,
    since: str | os.PathLike[str] = "",
    whole_estate: bool = False,
    processes: Callable[[], subprocess.Popen[bytes]] = started,
) -> Run:
    """Scans every target into the run folder `out` (default `pii-scan-<UTC time>`) and gives the finished run.

    `resume`: goes on with the run in `out`, which knows its targets and options; those that are given must be the same.
    `since`: takes over the findings of unchanged documents from an earlier run, a folder or `last`: the newest beside
    `out`. `report` hears of progress; with `profile` the manifest says where the time went (`times`). `environment`
    holds PII_SCAN_KEY, os.environ by default. `whole_estate`: a target that cannot be opened is a problem of the run,
    and not an error. `processes` gives processes for workers of this machine. Raises UsageError before anything is
    written, RunError when the run cannot go on, Interrupted on Ctrl-C; the run is then marked interrupted.
    """
    environment = os.environ if environment is None else environment
    now = now or datetime.now(tz=UTC)
    folder = Path(out) if out is not None else new_folder(Path())
    named = [os.fspath(target) for target in targets]
    engine = functools.partial(LocalEngine, processes=processes)
    with contextlib.ExitStack() as held:
        writer = None
        if resume:
            if (run := _run_to_resume(out)).manifest["status"] == "finished":
                return run
            begun = call.call_of(folder, run.manifest)
            named = named or list(begun.targets or ())
            config = config or begun.config
            if not named or config is None:
                what = "options" if named else "targets"
                raise UsageError(f"the run does not keep its {what}, for what they hold", f"give the {what} again")
            if since and begun.since and os.path.abspath(since) != begun.since:
                raise UsageError("--since is not as when the run was begun", "leave it out: the run knows it")
            since = begun.since or since
            writer = RunWriter.resumed(folder)
            held.callback(writer.state.close)
            if writer.finished:  # by another, a moment ago
                return load_run(folder)
        asked = _Asked.checked(config or Config(), named, environment, folder, now, profile, whole_estate)
        writer = _sit(asked, named, os.fspath(since), writer, report or (lambda progress: None), engine, held)
    return load_run(folder, writer.written)


def _recognizers(config: Config) -> tuple[Rule, ...]:
    """All that will look, so that what cannot be loaded is told before anything is written. Language models are loaded
    for this, and again by the workers: this process does not keep them.
    """
    rules, guests = load_recognizers(
        config.rules, config.presidio, only=config.only, names=config.names, ner=config.ner
    )  # fmt: skip
    return rules + (guests.rules if guests else ())


def _run_to_resume(out: str | os.PathLike[str] | None) -> Run:
    if out is None:
        raise UsageError("--resume needs the run folder", "add --out RUN")
    try:
        return load_run(out)
    except RunError as error:
        raise UsageError(error.message, error.hint) from None


def _sit(
    asked: _Asked, named: Sequence[str], since: str, writer: RunWriter | None, report: Report,
    local: Callable[..., Engine], held: contextlib.ExitStack,
) -> RunWriter:  # fmt: skip
    """One sitting of a run: a new one, or that of `writer`."""
    config, key = asked.config, asked.key
    if config.engine == "ray" and "-" in named:
        raise UsageError("standard input cannot be read on a Ray cluster", "leave out --engine ray")
    digest = rules_hash(asked.rules)
    if writer is not None:
        call.check_options(writer.manifest, config, key, digest)
    else:
        _check_unused(asked.folder)
    tolerant = asked.whole_estate or (writer is not None and bool(writer.manifest.get("whole_estate")))
    concealing = Concealing(config)
    descriptions, notes, stdin = describe_targets(
        named, config, asked.folder, concealing, tolerant=tolerant, known=asked.known
    )  # fmt: skip
    if stdin is not None:
        held.callback(stdin.close)
    if writer is not None:
        call.check_targets(writer.manifest, descriptions, key)
        for description, label in zip(descriptions, writer.manifest["targets"], strict=True):
            description["target"] = label
    labels = [str(description["target"]) for description in descriptions]
    wanted = call.reading_hash(config, digest), key_check(key)
    earlier = earlier_run(since, asked.folder, labels, *wanted, begun=writer is not None)
    held.callback(earlier.close)
    sources, unreachable = open_targets(held, descriptions, config.limits, tolerant=tolerant)
    more = [*map(_away, unreachable), *earlier.notes()]
    engine = held.enter_context(_connected(asked, local))
    manifest = {
        "config_hash": config.digest(), "lang": config.lang, "targets": labels, "as_of": config.as_of,
        "call": call.said(named, descriptions, config, earlier.folder, key, concealing),
        "reading_hash": wanted[0], "key_check": wanted[1], "notes": [*notes, *more],
        "whole_estate": tolerant, "unreachable": unreachable,
        "estate": declared_estate(descriptions, config, concealing),
    }  # fmt: skip
    if writer is None:
        writer = _begun(asked, manifest)
    else:
        _resumed(writer, descriptions, more, unreachable)
    held.callback(writer.state.close)
    _drive(asked, engine, writer, descriptions, sources, earlier, report)
    return writer


def _check_unused(folder: Path) -> None:
    """What would be in the way is told before anything is read."""
    try:
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"the run folder {str(folder)!r} is a file", "give another --out")
        check_unused(folder)
    except OSError as error:
        raise UsageError(f"the run folder {str(folder)!r} cannot be made: {error.strerror}") from None


def _begun(asked: _Asked, manifest: Mapping[str, Any]) -> RunWriter:
    table, _ = load_profiles(asked.config.systems)
    return RunWriter.begun(asked.folder, {
        "id": secrets.token_hex(8), "started_at": _iso(asked.now), "finished_at": None, "version": __version__,
        "status": "running", **manifest, "as_of": manifest["as_of"] or f"{asked.now:%Y-%m-%d}",
        "systems": own_profiles(table), **_looked_for(asked.rules),
    })  # fmt: skip


def _resumed(
    writer: RunWriter, descriptions: Sequence[Mapping[str, Any]], more: Sequence[str], unreachable: Sequence[str]
) -> None:
    """Says so in the manifest, and deletes what the workers of the sitting before may have left."""
    for folder in map(Path, writer.state.temporary()):
        ours = folder.name.startswith(TEMPORARY) and os.fspath(folder.parent) == tempfile.gettempdir()
        if ours and not folder.is_symlink() and not (folder / MANIFEST).exists():  # run folders may be called so too
            shutil.rmtree(folder, ignore_errors=True)
    before = [_away(name) for name in writer.manifest.get("unreachable", [])]
    notes = [note for note in writer.manifest.get("notes", []) if note not in before]
    if any(one["kind"] == "sql" for one in descriptions) and SITTINGS not in notes:
        notes.append(SITTINGS)
    notes += [note for note in more if note not in notes]
    said = {"notes": notes, "unreachable": list(unreachable)}
    writer.write_manifest({"status": "running", "finished_at": None, **said})


def _away(target: str) -> str:
    return f"the target {target!r} could not be opened: nothing of it was read"


SITTINGS = "the scan was interrupted and resumed: tables of the database are read as they were at different times"


def _workers(config: Config, descriptions: Sequence[Mapping[str, Any]]) -> int:
    """As many as asked for; with a database, no more than may have a connection beside the scan's own. 0: as many as a
    cluster has room for.
    """
    jobs = config.jobs or (0 if config.engine == "ray" else os.cpu_count() or 1)
    allowed = [int(description["connections"]) - 1 for description in descriptions if description["kind"] == "sql"]
    return max(min([*([jobs] if jobs else []), *allowed], default=0), 1 if allowed else 0)


@contextlib.contextmanager
def _connected(asked: _Asked, local: Callable[..., Engine]) -> Iterator[Callable[..., Engine]]:
    """The kind of engine that was asked for, with what it works on. Raises UsageError where there is no cluster."""
    if asked.config.engine == "local":
        yield local
        return
    from pii_scan.engines.ray_cluster import RayEngine, connected

    with connected(asked.config.jobs, asked.environment):
        yield RayEngine


def _looked_for(rules: Sequence[Rule]) -> dict[str, Any]:
    """What the manifest says of the rules, so that a run can be held against another and against a notice."""
    return {
        "rules_hash": rules_hash(rules), "rules": sorted(rule.id for rule in rules),
        "entity_types": sorted({rule.entity_type for rule in rules}),
    }  # fmt: skip


def _drive(
    asked: _Asked, engine_of: Callable[..., Engine], writer: RunWriter, descriptions: Sequence[dict[str, Any]],
    sources: Sequence[Source], earlier: Since, report: Report,
) -> None:  # fmt: skip
    """Writes every part that the engine gives, and says in the manifest how it ended."""
    status = "failed"
    temporary = tempfile.mkdtemp(prefix=TEMPORARY)
    marks = Marks(asked.key, descriptions, time.time_ns())
    remaining = Remaining(writer, marks, grouped, earlier.rows)
    try:
        writer.state.set_temporary(temporary)
        settings = asked.settings(str(writer.manifest["as_of"]), descriptions)
        engine = engine_of(
            _workers(asked.config, descriptions), settings_json(settings), descriptions, asked.config.limits, report,
            remaining.split, temporary,
        )  # fmt: skip
        for part in engine.run(remaining.groups(_walk(sources))):
            remaining.write(part)
        status = "finished"
    except KeyboardInterrupt:
        status = "interrupted"
        raise Interrupted(asked.folder, all(one["kind"] != "stdin" for one in descriptions)) from None
    except EngineError as error:
        raise RunError(str(error)) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        with contextlib.ExitStack() as last:
            if status == "failed":  # the reason is on its way already
                last.enter_context(contextlib.suppress(RunError))
            last.callback(writer.close)
            _say_how_it_ended(writer, status, remaining)


def _say_how_it_ended(writer: RunWriter, status: str, remaining: Remaining) -> None:
    """The manifest after the last part is in place: a run that says it is finished is whole."""
    with contextlib.suppress(RunError) if status == "failed" else contextlib.nullcontext():
        writer.commit()
        writer.state.set_temporary("")
        writer.state.settle()
    notes = list(writer.manifest.get("notes", []))
    if remaining.dropped:
        notes.append(f"{len(remaining.dropped)} documents had changed or were gone when the scan was resumed")
    said = list(writer.state.more())
    ended = {
        "finished_at": _iso(datetime.now(tz=UTC)), "status": status,
        "samples": [row for one in said for row in one.get("samples", ())],
        **added_up([row for one in said for row in one.get("times", ())]),
    }  # fmt: skip
    writer.write_manifest({**ended, "notes": notes})


def _walk(sources: Iterable[Source]) -> Iterator[Item]:
    walk = (found for source in sources for found in source.list_documents())
    return (found if isinstance(found, Problem) else WorkUnit(found) for found in walk)


def key_folder(environment: Mapping[str, str]) -> Path:
    """The user's configuration folder for pii-scan (XDG base directories; %APPDATA% on Windows)."""
    for variable in ("PII_SCAN_CONFIG_HOME", "XDG_CONFIG_HOME", "APPDATA"):
        if environment.get(variable):
            return Path(environment[variable]) / "pii-scan"
    return Path.home() / ".config" / "pii-scan"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
