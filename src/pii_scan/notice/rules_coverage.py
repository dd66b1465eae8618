"""G19: what was not, or not wholly, read. A system of which more than a little was not read is never called clean."""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.notice.case import Case, is_examined
from pii_scan.notice.gaps import Evidence, Gap


def unread(case: Case) -> Iterator[Gap]:
    """G19: one row for each system with unread documents, and one for what was never listed."""
    for share in case.inventory.systems:
        codes = dict(case.facts.unread.get(share.system, {}))
        if share.unread:
            blocks = not is_examined(share)
            evidence = Evidence(share.unread, 0, (0, 0), None, None, (), 1.0)
            yield case.of_system(
                "G19", "blocks" if blocks else "some", share.system, evidence, None,
                n=share.unread, total=share.documents, codes=codes,
            )  # fmt: skip
    if unlisted := case.facts.unread.get(None):
        yield case.of_system("G19", "unlisted", None, None, n=sum(unlisted.values()), codes=dict(unlisted))
