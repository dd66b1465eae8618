"""The record of processing activities (GDPR Art. 30) as a value, whatever file it was read from. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Activity:
    """One processing activity. Empty: the record is silent."""

    id: str
    name: str
    where: str
    """Where in the file it stands, for messages: `ropa.yaml, line 12` or `ropa.xlsx, sheet Protokoll, row 7`."""
    purposes: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    """Ids of system profiles; names of systems that no profile has stay as they are written."""
    paths: tuple[str, ...] = ()
    """Globs of documents, relative to a target."""
    tables: tuple[str, ...] = ()
    """`schema.table`, globs allowed."""
    categories: tuple[str, ...] = ()
    """Keys of the category tree."""
    other_categories: tuple[str, ...] = ()
    """As written, where the tree has no such category."""
    subjects: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    legal_basis: tuple[str, ...] = ()
    """GDPR Art. 6(1), as `6.1.b`."""
    art9: tuple[str, ...] = ()
    """GDPR Art. 9(2), as `9.2.b`."""
    retention: str | None = None
    """ISO 8601 duration."""
    retention_text: str = ""
    """As written, where it is no duration."""
    starts_from: str = ""
    """What the period runs from, such as `course_end`; as in the notice model."""
    secure_identification: bool = False
    """It needs certain identification (personopplysningsloven section 12)."""
    third_countries: tuple[str, ...] = ()
    safeguards: str = ""
    security: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Everything else, by the name of the field in our own export, for the way back."""


@dataclass(frozen=True, slots=True)
class Record:
    """The whole record."""

    controller: str | None
    orgnr: str | None
    contact: str | None
    dpo: str | None
    activities: tuple[Activity, ...]
    notes: tuple[str, ...] = ()
    """What the reader left out or took otherwise than as written, in English, each with its place."""
