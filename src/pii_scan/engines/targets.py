"""Turns what the user named into descriptions of sources, each with the name that results show. Opens nothing but
standard input.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pii_scan.cache_folder import cache_folder
from pii_scan.config import Config
from pii_scan.detect.detector import Detector
from pii_scan.detect.name_finder import NameFinder
from pii_scan.detect.name_spans import finder
from pii_scan.engines.marks import identity
from pii_scan.errors import ConfigError, TargetError, UsageError
from pii_scan.estate.model import Target, shown_url
from pii_scan.findings.names import NameMasker
from pii_scan.model import Limits, ProblemCode, printable
from pii_scan.protocols import Source
from pii_scan.sources import describe, describe_stdin, describe_unreachable, opened
from pii_scan.sources.stdin import StdinSource, spool_stdin


class Concealing:
    """Masks personal data in what the user said: paths, names, patterns."""

    def __init__(self, config: Config) -> None:
        self._rules, self._lists = config.rules, config.names
        self._masker: NameMasker | None = None

    def safe(self, text: str) -> str:
        """`text` with personal data as its shape."""
        if (
            not self._rules
            and not self._lists
            and not any(char.isdigit() or char == "@" or char.isupper() for char in text)
            and not NameFinder(0).in_labels([text])[0]
        ):
            return text  # built-in rules want digits or @, names capitals, or lists that know them
        if self._masker is None:  # slow to make
            detector = Detector(rule_paths=self._rules, names=self._lists, memory=cache_folder(os.environ))
            self._masker = NameMasker(finder(detector), persons=detector.label_names)
        return self._masker.safe(text)


def describe_targets(
    targets: Sequence[str], config: Config, folder: Path, concealing: Concealing, *, tolerant: bool = False,
    known: Collection[str] = (),
) -> tuple[list[dict[str, Any]], list[str], StdinSource | None]:  # fmt: skip
    """(descriptions of the sources, notes for the reader, standard input if it is one of them). `tolerant`: paths need
    not exist. `known`: names of targets, to propose the nearest. Raises UsageError.
    """
    if not targets:
        raise UsageError("no target given", "name a file or a folder")
    descriptions: dict[str, dict[str, Any]] = {}
    notes: list[str] = []
    out = os.path.realpath(folder)
    for target in targets:
        if target == "-":
            descriptions["-"] = {}  # read last, when all else is known to be right
            continue
        path = config.targets.get(target, target)
        described = described_as(target, config, out)
        narrowed = json.dumps([described.get("include"), described.get("exclude")])  # one share may be several targets
        if described["kind"] == "sql":
            _add(descriptions, described["url"] + narrowed, described, config)
            continue
        if described["kind"] == "objects":
            _add(descriptions, described["place"] + narrowed, described, config)
            continue
        if not tolerant:
            _check_exists(target, path, config, known)
        real = os.path.realpath(path)
        if out == real:
            raise UsageError(f"the run folder {str(folder)!r} is itself a target", "give another --out")
        note = "the run folder lies inside a target and was left out of the scan"
        if out.startswith(os.path.join(real, "")) and note not in notes:
            notes.append(note)
        _add(descriptions, real + narrowed, described, config)
    _label([described for described in descriptions.values() if described], concealing)
    stdin = None
    if "-" in descriptions:
        stdin = spool_stdin(sys.stdin.buffer, config.limits)
        descriptions["-"] = describe_stdin(stdin)
    return list(descriptions.values()), notes, stdin


def _add(descriptions: dict[str, dict[str, Any]], key: str, described: dict[str, Any], config: Config) -> None:
    """What is named twice is scanned once. Raises ConfigError where a file gives it two names: only one would show."""
    first = descriptions.setdefault(key, described).get("name")
    again = described.get("name")
    if first is not None and again is not None and first != again:
        what = f"{config.estate.targets[again].where}: {again!r} is the same as {first!r}"
        raise ConfigError(what, "parts of one target differ in include or exclude")


def described_as(target: str, config: Config, out: str = "") -> dict[str, Any]:
    """The description of a target with what the configuration says of it; `out`: a folder that is not entered. Opens
    nothing. Raises TargetError, with file and line where the target is of a file.
    """
    own = config.estate.targets.get(target)
    said = own or Target(target)
    try:
        described = describe(
            config.targets.get(target, target), include=(*config.include, *said.include),
            exclude=(*config.exclude, *said.exclude), excluded_dirs=[out] if out else [],
            sample=config.sample if said.sample is None else said.sample,
        )  # fmt: skip
    except TargetError as error:
        raise (error if own is None else TargetError(f"{own.where}: {error.message}", error.hint)) from None
    if described["kind"] == "sql":
        described["connections"] = said.max_db_connections or config.max_db_connections
    if own is not None:
        described |= {"name": target, "system": own.system}
    if said.max_file_bytes is not None:
        described["limits"] = {"max_file_bytes": said.max_file_bytes}
    return described


def open_targets(
    held: contextlib.ExitStack, descriptions: list[dict[str, Any]], limits: Limits, *, tolerant: bool
) -> tuple[list[Source], list[str]]:
    """(the sources, what results call those that could not be opened). `tolerant`: such a one becomes a source of that
    one problem, and its description too. Raises TargetError.
    """
    sources, unreachable = [], []
    for at, described in enumerate(descriptions):
        try:
            sources.append(held.enter_context(opened(described, limits)))
        except TargetError as error:
            if not tolerant:
                raise (_unnamed(error, described) if "name" in described else error) from None
            away = describe_unreachable(described["target"], _why_not(described), identity(described))
            descriptions[at] = away | {name: described[name] for name in ("name", "folder") if name in described}
            sources.append(held.enter_context(opened(descriptions[at], limits)))
            unreachable.append(str(described["target"]))
    return sources, unreachable


def _unnamed(error: TargetError, described: Mapping[str, Any]) -> TargetError:
    """The error without the path of a target that has a name: it may come from the environment."""
    what = "it cannot be opened" if described["kind"] == "files" else without_path(error.message, described)
    return TargetError(f"the target {described['name']!r}: {what}", error.hint)


def without_path(said: str, described: Mapping[str, Any]) -> str:
    """What an error says of a store, without where the target lies in it."""
    path = str(described["path"])
    return said.replace(f"the target {path!r}", "it").replace(repr(path), "it")


def _why_not(described: Mapping[str, Any]) -> str:
    """The code of the problem that a target is which cannot be opened."""
    with contextlib.suppress(OSError, ValueError):
        try:
            os.stat(described["path"] if described["kind"] == "files" else "")
        except PermissionError:
            return ProblemCode.PERMISSION.value
    return ProblemCode.VANISHED.value


def declared_estate(
    descriptions: Sequence[Mapping[str, Any]], config: Config, concealing: Concealing
) -> list[dict[str, str]]:
    """What the configuration says of the targets, for the manifest: by what results call each of them."""
    said = []
    for described in descriptions:
        if own := config.estate.targets.get(described.get("name", "")):
            where = concealing.safe(printable(shown_url(own.url)))
            facts = {"owner": own.owner, "system": own.system, "activity": own.activity}
            said.append({"target": str(described["target"]), "location": where, **facts})
    return said


def _label(descriptions: Sequence[dict[str, Any]], concealing: Concealing) -> None:
    """Gives each target the name that results show: the one it has in the configuration file, else its path, with
    personal data in it masked, and no two alike.
    """
    taken = {"-"}
    for described in descriptions:
        name, own = printable(described["path"]), str(described.get("server", ""))  # of a server is no one's
        described["folder"] = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
        if "name" in described:
            name, own = printable(described["name"]), ""
        name = own + concealing.safe(name.removeprefix(own))
        label, number = name, 1
        while label in taken:
            number += 1
            label = f"{name} ({number})"
        taken.add(label)
        described["target"] = label


def _check_exists(target: str, path: str, config: Config, known: Collection[str]) -> None:
    """Raises TargetError, with the nearest name, when there is no such path; that of a named target is not said, as it
    may come from the environment.
    """
    own = config.estate.targets.get(target)
    name, where = (path, "") if own is None else (target, f"{own.where}: ")
    try:
        os.lstat(path)
        return
    except PermissionError:
        raise TargetError(f"{where}the target {name!r} cannot be opened: no permission") from None
    except (OSError, ValueError):
        pass
    if own is not None:
        raise TargetError(f"{where}the target {name!r} does not exist", f"its url is {shown_url(own.url)!r}")
    import difflib

    parent = os.path.dirname(os.path.abspath(path))
    try:
        names = os.listdir(parent)
    except OSError:
        names = []
    close = difflib.get_close_matches(os.path.basename(path.rstrip("/")), [*names, *known], n=1)
    raise TargetError(f"the target {path!r} does not exist", f"did you mean {close[0]!r}?" if close else "")
