"""Writes `systems.md`, the systems that documents are attributed to, from the profiles: `python docs/make_systems.py`.

`tests/systems/test_profiles.py` compares the committed page with the one made here, and
`tests/systems/test_artefacts.py` attributes an artefact of every system.
"""

from __future__ import annotations

from pathlib import Path

from pii_scan.systems.attribution import THRESHOLD
from pii_scan.systems.profiles import Profile, profiles

LONGEST = 160
HEAD = f"""# Systems

Made by `docs/make_systems.py` from `configs/systems/*.yaml`; do not edit.

Each document is attributed to the system that it is from, by signals: the names of its folders and containers, its
format, the headers of its tables (with their Norwegian names where a system translates them), names of tables, the root
element and namespace of XML, the keys of JSON, headers of mail, and expressions in the first 64 KiB of text. A signal
has a score, how sure it is on its own. Signals of one profile that fire count together 1 - (1 - a)(1 - b)…; from
{THRESHOLD:g} on the document is from that system, and the surest profile wins. Reports show which signals fired. What
no profile knows is from the system that is declared for its target (`docs/administrator.md`), and else «ikke
tilordnet» (not assigned). A member of a container that has no system of its own has the container's.

What is sure of a system by its form stays so wherever it lies: a SAF-T file in a mailbox is from the accounts. Headers
that say how a mail was sent (Postmark, Microsoft's marks of other tenants) weigh only where the mail lies in no
mailbox, because anyone's mail may have been sent so.

`pii-scan systems list` names the systems, `pii-scan systems show ID` shows one with all its signals.

## Your own systems

A YAML file with `systems`, `paths` or both (JSON Schema `systems-1`); `pii-scan systems check FILE` says what is wrong
in it, with line and nearest name.

```yaml
systems:
  - id: crm.customers
    name: {{nb: Kundesystem, en: CRM}}
    kind: files
    recipients: [hubspot]          # whom the notice would name, as in its recipients; none: your own
    usual: [name, email, phone]    # categories that are held there as a rule
    misplaced: [national_id]       # categories that do not belong there; a parent stands for its children
    signals:
      - {{score: 0.7, headers: [Kunde-ID, [Navn, Name], [E-post, Email]], at_least: 3}}
      - {{score: 0.3, path: ["crm-*"]}}
paths:
  - {{glob: "felles/hr/**", system: personal}}       # a name of your own
  - {{glob: "eksport/tripletex/**", system: accounting.customers}}
```

A path rule wins over all signals; of several the first that fits. Its glob is one of `--include`, from the target down,
with `!` or `/` before a path within a container. Reports show it as it is written: write no names of persons in it.

| a signal has one of | and fires where |
|---|---|
| `path` | a folder or file, or a container around it, has a name that fits one of the globs, at any depth, in any \
case |
| `members` | a container holds what fits `at_least` so many of the globs |
| `media_type` | the document is of one of the formats |
| `headers` | one table, or one of its first rows, has `at_least` so many of the headers (a list gives one header \
in several languages) and no more than `at_most_columns` |
| `tables` | it has `at_least` so many tables or sheets of these names (globs, without the schema) |
| `keys` | it is JSON with `at_least` so many of the keys |
| `root` | it is XML with that root element, in `namespace` if given (`*` at its end stands for any ending) |
| `text` | the expression (RE2) fits; it needs a `label`, and is tried only where one of `contains` stands in the text |
| `mail_header`, `part` | a header of a mail, or another named part, has that name, and a value that fits `value` as a \
whole; `sender: true` for headers that only say how it was sent |

"""


def described(profile: Profile) -> str:
    """One profile as a section."""
    recipients = ", ".join(f"`{one}`" for one in profile.recipients) or "none (the organisation's own)"
    facts = [f"kind {profile.kind}; recipients: {recipients}"]
    if profile.third_party_source:
        facts.append(f"the data comes from others: `{profile.third_party_source}`")
    if profile.misplaced:
        facts.append(f"does not belong there: {', '.join(profile.misplaced)}")
    lines = [
        f"### `{profile.id}`",
        "",
        f"{profile.name['en']} / {profile.name['nb']}.",
        "",
        *(f"- {one}" for one in facts),
    ]
    lines += [f"- signal {signal.score:g}: {_short(signal.described)}" for signal in profile.signals]
    lines += [f"- source: {reference}" for reference in profile.references]
    return "\n".join(lines) + "\n"


def _short(text: str) -> str:
    """A signal in one line, markup of Markdown inert."""
    cut = text if len(text) <= LONGEST else text[:LONGEST].rpartition(",")[0] + ", …"
    return f"`{cut.replace('`', '')}`"


def made() -> str:
    """The page."""
    return HEAD + "## The built-in systems\n\n" + "\n".join(described(profile) for profile in profiles())


if __name__ == "__main__":
    (Path(__file__).parent / "systems.md").write_text(made(), encoding="utf-8")
