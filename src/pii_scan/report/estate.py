"""What a run says of its targets: who answers for them, and to which processing activity their data belongs.

The tie to a system goes by the targets that its documents lie in. A target may hold several systems, and a system lie
in several targets: what is proposed so is for a person to confirm.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pii_scan.inventory.holdings import SystemShare
from pii_scan.notice.record import Activity


class DeclaredTargets:
    """The estate as the manifest of a run keeps it."""

    def __init__(self, manifest: Mapping[str, Any], shares: Iterable[SystemShare]) -> None:
        self._said = {str(row["target"]): row for row in manifest.get("estate", [])}
        self._targets = {share.system: list(share.targets) for share in shares}
        """By system, in the order of the inventory."""

    def owners(self, systems: Iterable[str]) -> list[str]:
        """Who answers for the targets that documents of the systems lie in."""
        targets = [target for system in systems for target in self._targets.get(system, ())]
        found = [str(self._said[target]["owner"]) for target in targets if target in self._said]
        return [owner for owner in dict.fromkeys(found) if owner]

    def covers(self, system: str) -> bool:
        """Whether all targets that documents of the system lie in name an activity."""
        targets = self._targets.get(system, ())
        return bool(targets) and all(target in self._said and self._said[target]["activity"] for target in targets)

    def activities(self, known: Sequence[Activity]) -> list[Activity]:
        """The `known` activities in their order, each also of the systems in the targets that name it by id or name;
        then those that only targets name.
        """
        found = list(known)
        numbers: dict[str, int] = {}
        for number, one in enumerate(found):
            for word in (one.id, one.name):
                numbers.setdefault(word.casefold(), number)
        for target, row in self._said.items():
            if not (said := str(row["activity"])):
                continue
            number = numbers.setdefault(said.casefold(), len(found))
            if number == len(found):
                found.append(Activity("", said, ""))
            one = found[number]
            held = [system for system, targets in self._targets.items() if target in targets]
            more = [system for system in held if system not in one.systems]
            found[number] = dataclasses.replace(one, systems=(*one.systems, *more))
        return found
