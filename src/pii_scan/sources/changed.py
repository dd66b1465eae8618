"""Which files of a git repository differ from a commit: asks git, and reads none of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from pii_scan.errors import UsageError


def changed_files(reference: str, paths: Sequence[str]) -> list[str]:
    """The files at or below `paths` that are new, changed or renamed since the commit `reference`, and such as git does
    not know yet and does not ignore; what was deleted is not among them. Relative to the working folder, sorted.

    Raises UsageError outside a repository, without git, and for a commit that there is not.
    """
    top = _git("rev-parse", "--show-toplevel", outside=True).decode("utf-8", "surrogateescape").rstrip("\n")
    commit = _git(
        "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}", reference=reference
    )
    arguments = ("--name-only", "-z", "--no-renames", "--diff-filter=d", commit.decode("ascii").strip(), "--")
    names = _git("diff", *arguments, folder=top).split(b"\0")
    names += _git("ls-files", "--others", "--exclude-standard", "-z", folder=top).split(b"\0")
    wanted = [os.path.realpath(path) for path in paths]
    found = {os.path.join(os.path.realpath(top), os.fsdecode(name)) for name in names if name}
    inside = [file for file in found if any(file == path or file.startswith(os.path.join(path, "")) for path in wanted)]
    return sorted(os.path.relpath(file, os.path.realpath(os.getcwd())) for file in inside if os.path.lexists(file))


def _git(*arguments: str, folder: str | None = None, outside: bool = False, reference: str = "") -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except FileNotFoundError:
        raise UsageError("--since-git needs git, which is not installed") from None
    if done.returncode == 0:
        return done.stdout
    if outside:
        raise UsageError("--since-git: this folder is in no git repository", "leave it out, or go to the repository")
    if reference:
        hint = "in CI, fetch enough of the history"
        raise UsageError(f"--since-git: there is no commit {reference!r}", hint)
    raise UsageError(f"--since-git: git {arguments[0]} failed with status {done.returncode}")
