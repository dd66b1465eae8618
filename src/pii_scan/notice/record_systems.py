"""Systems that records of processing activities name in words, as ids of system profiles.

The names of products lie in `configs/ropa/systems.yaml`; those of the profiles are given by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pii_scan.notice.record_words import table

SystemNames = Mapping[str, tuple[str, ...]]
"""Id of a system profile to its names and the name of its family."""


class Systems:
    """Finds the profiles that a value of a cell names."""

    def __init__(self, names: SystemNames | None = None) -> None:
        """`names` None: the ids that the file of product names lists."""
        products: dict[str, list[str]] = table("systems")
        given = names if names is not None else {id_: () for id_ in products if "." in id_ or _is_leaf(id_, products)}
        self.ids = tuple(given)
        exact: dict[str, set[str]] = {}
        products_of: dict[str, set[str]] = {}
        for id_, own in given.items():
            exact.setdefault(_plain(id_), set()).add(id_)
            for name in own:
                exact.setdefault(_plain(name), set()).add(id_)
        for key, names_ in products.items():
            ids = {id_ for id_ in given if _within(id_, key)}
            for name in names_ if ids else ():
                products_of.setdefault(_plain(name), set()).update(ids)
            if ids:
                exact.setdefault(_plain(key), set()).update(ids)
        self._by_name = {
            name: tuple(id_ for id_ in given if id_ in exact.get(name, set()) | products_of.get(name, set()))
            for name in {*exact, *products_of} if name
        }  # fmt: skip
        longest = sorted(products_of, key=len, reverse=True)
        forms = "|".join(map(re.escape, longest))
        self._products = re.compile(rf"(?<![\w.])(?:{forms})(?!\w|\.\w)") if longest else None

    def named(self, text: str) -> tuple[str, ...]:
        """Ids of the profiles that `text` names; empty where none is known by that name.

        >>> Systems({"microsoft365.teams": (), "microsoft365.exchange": ()}).named("Office 365 (Teams)")
        ('microsoft365.teams',)
        """
        own = re.search(r"\[([\w.-]+)\]\s*$", text)  # as our own export writes it
        if own and own[1] in self.ids:
            return (own[1],)
        key = _plain(text)
        if key in self._by_name:
            return self._by_name[key]
        hits = [self._by_name[hit] for hit in self._products.findall(key)] if self._products else []
        single = {ids[0] for ids in hits if len(ids) == 1}
        # «Office 365 (Teams)» is Teams: what is named more narrowly takes the place of the family around it
        kept = [ids for ids in hits if len(ids) == 1 or not single & set(ids)]
        return tuple(dict.fromkeys(id_ for ids in kept for id_ in ids))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\s\-_–]+", " ", text.casefold()).split())


def _within(id_: str, key: str) -> bool:
    """Whether a profile is `key` or of that family."""
    return id_ == key or id_.startswith((f"{key}.", f"{key}_", f"{key}-"))


def _is_leaf(key: str, products: Mapping[str, object]) -> bool:
    return not any(other.startswith(f"{key}.") for other in products)
