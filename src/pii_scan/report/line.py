"""A finished scan in one line, for the mail of a night's job. Holds no found value."""

from __future__ import annotations

from pii_scan.inventory.rollup import FinishedRun
from pii_scan.model import printable
from pii_scan.report.model import View


def line(run: FinishedRun, seen: View, code: int) -> str:
    """What was found and not read, by a view of the run, the targets that could not be opened, the exit code and the
    run folder.
    """
    t, away = seen.t, [printable(str(name)) for name in seen.manifest.get("unreachable", [])]
    parts = [seen.headline()]
    if away:
        parts.append(t("line.unreachable", n=len(away), names=", ".join(away)))
    parts.append(t("line.end", code=str(code), path=printable(str(run.path))))
    text = f"pii-scan: {'; '.join(parts)}"
    return " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").split())
