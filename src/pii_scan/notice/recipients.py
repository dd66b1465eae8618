"""Who a notice or a record means when it names a recipient: by id, by name, and by names of before.

Names and their history are in `configs/law/recipients.yaml` and `entities.yaml`. Judges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache

from pii_scan.notice import law
from pii_scan.notice.model import Notice, Recipient
from pii_scan.notice.record import Activity


def ids_named(recipient: Recipient) -> frozenset[str]:
    """The ids of `configs/law/recipients.yaml` that a recipient of the notice may be."""
    return frozenset({recipient.id}).union(*(ids_of(name) for name in (recipient.name, *recipient.aliases)))


def ids_of(name: str) -> frozenset[str]:
    """The ids that a text means by a name: one of theirs as whole words, or one that was theirs before.

    >>> sorted(ids_of("Facebook, Inc.")), sorted(ids_of("Microsoft Office 365")), sorted(ids_of("Noen AS"))
    (['meta'], ['microsoft'], [])
    """
    entity = law.entity(name)
    texts = [law.plain_name(text) for text in (name, entity.today if entity is not None else None) if text]
    key = re.sub(r"\W+", "_", name.casefold()).strip("_")
    found = {known for known, expression in _names().items() if any(expression.search(text) for text in texts)}
    return frozenset(found | ({key} if key in _names() else set()))


def named(notice: Notice, ids: Iterable[str]) -> tuple[Recipient, ...]:
    """The recipients of the notice that are one of `ids`, in the order of the text."""
    wanted = frozenset(ids)
    return tuple(recipient for recipient in notice.recipients if ids_named(recipient) & wanted)


def valid_on(recipient: Recipient, day: date) -> bool:
    """Whether the notice names the recipient for that day."""
    began, ended = recipient.valid_from, recipient.valid_to
    return (began is None or began <= day.isoformat()) and (ended is None or day.isoformat() <= ended)


def in_record(activities: Sequence[Activity], ids: Iterable[str]) -> bool:
    """Whether an activity names one of `ids` as a recipient."""
    wanted = frozenset(ids)
    return any(ids_of(name) & wanted or name in wanted for activity in activities for name in activity.recipients)


def shown_name(key: str) -> str:
    """The first name that the table has for a recipient's id, as it is today; the id itself for one that it lacks."""
    entry = law.table("recipients")["recipients"].get(key)
    if entry is None:
        return key
    name = str(entry["names"][0])
    known = law.entity(name)
    return name if known is None or known.today is None else known.today


def _plain_names() -> Iterator[tuple[str, list[str]]]:
    for key, entry in law.table("recipients")["recipients"].items():
        yield key, sorted(map(law.plain_name, entry["names"]), key=len, reverse=True)


@cache
def _names() -> dict[str, re.Pattern[str]]:
    return {
        key: re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names)) for key, names in _plain_names()
    }
