"""`pii-scan systems list|show|check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pii_scan.cli.options import common, output
from pii_scan.errors import UsageError, nearest

if TYPE_CHECKING:
    from pii_scan.systems.profiles import Profile, ProfileTable


@click.group("systems", short_help="List, show or check what tells systems apart.")
def command() -> None:
    """The systems that documents are attributed to: by which signals, and what belongs there.

    \b
    Example:
      pii-scan systems check my-systems.yaml
    """  # noqa: D301  \b is for click


@command.command("list")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option("--lang", type=click.Choice(["nb", "en"]), default="nb", help="Language of the names.")
@common
def list_systems(paths: tuple[str, ...], lang: str, **options: Any) -> None:
    """List the built-in profiles and those in PATH: id, name, recipients, number of signals.

    \b
    Example:
      pii-scan systems list
    """  # noqa: D301  \b is for click
    from pii_scan.systems.profiles import load_profiles

    talk = output(**options)
    table, _ = load_profiles(paths)
    rows = [(p.id, p.name[lang], ", ".join(p.recipients) or "-", str(len(p.signals))) for p in table]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        talk.say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@command.command("show")
@click.argument("system_id", metavar="ID")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@common
def show(system_id: str, paths: tuple[str, ...], **options: Any) -> None:
    """Show one profile: whom a notice would name, what belongs there, its signals and where they are from.

    \b
    Example:
      pii-scan systems show course.moodle
    """  # noqa: D301  \b is for click
    from pii_scan.systems.profiles import load_profiles

    talk = output(**options)
    table, rules = load_profiles(paths)
    if system_id not in table.by_id:
        raise UsageError(f"no system {system_id!r}", nearest(system_id, table.by_id))
    profile = table.by_id[system_id]
    for line in _described(profile):
        talk.say(line)
    for rule in rules:
        if rule.system == system_id:
            talk.say(f"  path rule: {rule.glob}")


@command.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@common
def check(paths: tuple[str, ...], **options: Any) -> int:
    """Read the built-in profiles and those in PATH and say what is wrong with them; exit 1 if something is.

    \b
    Example:
      pii-scan systems check my-systems.yaml
    """  # noqa: D301  \b is for click
    from pii_scan.systems.profiles import load_profiles, similar

    talk = output(**options)
    table, rules = load_profiles(paths)
    faults = _faults(table)
    for fault in faults:
        talk.say(fault)
    for remark in similar(rules, table):
        talk.note(remark)
    signals = sum(len(profile.signals) for profile in table)
    talk.say(f"{len(table.by_id)} systems, {signals} signals, {len(rules)} path rules, {len(faults)} faults")
    return 1 if faults else 0


def _described(profile: Profile) -> list[str]:
    """A profile in lines."""
    facts = {
        "kind": profile.kind, "recipients": ", ".join(profile.recipients), "usual": ", ".join(profile.usual),
        "misplaced": ", ".join(profile.misplaced), "data from others": profile.third_party_source or "",
    }  # fmt: skip
    lines = [f"{profile.id}: {profile.name['nb']} / {profile.name['en']}"]
    lines += [f"  {name}: {value or 'none'}" for name, value in facts.items()]
    lines += [f"  signal {signal.score:g}: {signal.described}" for signal in profile.signals]
    return lines + [f"  source: {reference}" for reference in profile.references]


def _faults(table: ProfileTable) -> list[str]:
    """Categories that the tree does not have, and systems that no signal can attribute a document to."""
    from pii_scan.inventory.categories import categories
    from pii_scan.systems.attribution import THRESHOLD, reach

    keys = set(categories().by_key)
    known = keys | {key.partition(".")[0] for key in keys}
    faults = []
    for profile in table:
        for category in (*profile.usual, *profile.misplaced):
            if category not in known:
                faults.append(f"{profile.id}: there is no category {category!r} ({nearest(category, known)})")
        if reach(profile) < THRESHOLD:
            message = f"{profile.id}: all signals together reach {reach(profile):.2f}, less than {THRESHOLD:g}"
            faults.append(f"{message}: no document can be attributed to it")
    return faults
