"""Which documents are copies of an item that lies in several of them: a message in two mailboxes, in a PST and as MSG.

A copy has the identity of another document (see `extract.identity`), and every value found in it was found there too.
The identity alone would not do: it is claimed by the item, a draft keeps the one of what was sent, and a forged one
would hide findings. Values are compared as sets, not by how often they occur, since each format repeats a message's
addresses in its own way; so what a copy takes out of a count is never more than a repetition of what stays in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.inventory.rollup import DOCUMENT, FinishedRun, document_keys, plain, with_folder

COPY, PLACE_COPY, SYSTEM_COPY = "copy", "copy_in_place", "copy_in_system"
MAX_ORIGINALS = 32
"""Documents of one identity, none of which holds all values of another, that each further one is compared with; one
that is in none of them is no copy. Bounds the work that a forged identity can cause."""

_Prints = npt.NDArray[np.uint64]


def copies(run: FinishedRun) -> pa.Table:
    """The documents whose identity another has too: target, document, `copy` (of one that is counted), `copy_in_place`
    (of one in the same target and top folder) and `copy_in_system` (of one from the same system). One row each.

    What stands in a document's own name (the mailbox it is from, as often as not) is no part of the item, but every
    value in the name of a copy stands in some document that is counted. Memory grows with the number of documents that
    share an identity, and of distinct values in them.
    """
    table = _documents(run, _shared_identities(run))
    if not table.num_rows:
        return _flagged(table, *[np.zeros(0, np.bool_)] * 3)
    keys = document_keys(table).combine_chunks()
    held, named = _values(run, keys)
    identity = table.column("identity").to_pylist()
    places = pc.binary_join_element_wise(table.column("target"), table.column("folder"), "\0").to_pylist()
    everywhere = _copies_among(identity, held)
    seen = _seen_in_others(run, keys.filter(pa.array(everywhere)), [named[at] for at in np.flatnonzero(everywhere)])
    _keep_names(everywhere, named, dict.fromkeys(places, seen), places)
    in_place = _copies_within(identity, places, held, named)
    return _flagged(
        table, everywhere, in_place, _copies_within(identity, table.column("system").to_pylist(), held, named)
    )


def _copies_within(
    identity: list[int], groups: list[str], held: list[_Prints], named: list[_Prints]
) -> npt.NDArray[np.bool_]:
    """Which documents are copies of one of the same group."""
    within = _copies_among(list(zip(identity, groups, strict=True)), held)
    counted: dict[str, set[int]] = defaultdict(set)
    if within.any():
        for number in np.flatnonzero(~within).tolist():
            counted[groups[number]].update(held[number].tolist(), named[number].tolist())
        _keep_names(within, named, counted, groups)
    return within


def _flagged(table: pa.Table, *flags: npt.NDArray[np.bool_]) -> pa.Table:
    names = table.select(list(DOCUMENT))
    for name, flag in zip((COPY, PLACE_COPY, SYSTEM_COPY), flags, strict=True):
        names = names.append_column(name, pa.array(flag))
    return names


def _shared_identities(run: FinishedRun) -> pa.Array:
    """The identities that more than one document has."""
    held = [pc.drop_null(table.column("identity")).to_numpy() for table in run.documents()]
    identities, counts = np.unique(np.concatenate(held or [np.zeros(0, np.uint64)]), return_counts=True)
    return pa.array(identities[counts > 1], pa.uint64())


def _documents(run: FinishedRun, shared: pa.Array) -> pa.Table:
    """The documents of those identities, each once, in the order of the run, with `identity` and `folder`."""
    texts = [*DOCUMENT, "system"]
    columns = [*texts, "container", "identity"]
    schema = pa.schema([*((name, pa.string()) for name in texts), ("container", pa.bool_()), ("identity", pa.uint64())])
    found = [schema.empty_table()]
    if len(shared):
        for table in run.documents():
            some = table.filter(pc.is_in(table.column("identity"), shared))
            if some.num_rows:
                found.append(plain(some, columns).cast(schema))
    joined = with_folder(pa.concat_tables(found).combine_chunks())
    keys = document_keys(joined).combine_chunks().dictionary_encode().indices.to_numpy()
    _, first = np.unique(keys, return_index=True)  # two documents may look the same once they are masked
    return joined.take(pa.array(np.sort(first)))


def _values(run: FinishedRun, keys: pa.Array) -> tuple[list[_Prints], list[_Prints]]:
    """The distinct values within each document, and those in its own name, as fingerprints of value and entity type."""
    rows: tuple[list[_Prints], list[_Prints]] = ([], [])
    for part in _index(run):
        number = pc.index_in(document_keys(part), keys)
        known = pc.is_valid(number).to_numpy()
        if not known.any():
            continue
        number, value, in_name = number.filter(pa.array(known)).to_numpy(), _mixed(part)[known], _in_name(part)[known]
        for held, chosen in zip(rows, (~in_name, in_name), strict=True):
            held.append(np.unique(np.stack([number[chosen].astype(np.uint64), value[chosen]]), axis=1))
    within, named = (_by_document(held, len(keys)) for held in rows)
    return within, named


def _by_document(rows: list[_Prints], documents: int) -> list[_Prints]:
    """Pairs of document and value as the values of each document."""
    pairs = np.unique(np.concatenate([np.zeros((2, 0), np.uint64), *rows], axis=1), axis=1)
    bounds = np.searchsorted(pairs[0], np.arange(documents + 1, dtype=np.uint64))
    return [pairs[1][bounds[at] : bounds[at + 1]] for at in range(documents)]


def _seen_in_others(run: FinishedRun, copied: pa.Array, named: list[_Prints]) -> set[int]:
    """Which of the values in the names of copies stand in a document that is none, in its name or within."""
    wanted = np.unique(np.concatenate([np.zeros(0, np.uint64), *named]))
    seen: set[int] = set()
    if len(wanted):
        for part in _index(run):
            value = _mixed(part)
            which = np.isin(value, wanted)
            if which.any():
                other = pc.invert(pc.is_in(document_keys(part.filter(pa.array(which))), copied)).to_numpy()
                seen.update(value[which][other].tolist())
    return seen


def _keep_names(
    is_copy: npt.NDArray[np.bool_], named: list[_Prints], seen: dict[str, set[int]], places: list[str]
) -> None:
    """Counts the first copy that has a value in its name that is not `seen`; then it is."""
    for number in np.flatnonzero(is_copy).tolist():
        own = set(named[number].tolist())
        if not own <= seen[places[number]]:
            is_copy[number] = False
            seen[places[number]].update(own)


def _index(run: FinishedRun) -> Iterator[pa.Table]:
    for table in run.index():
        yield plain(table, [*DOCUMENT, "kind", "part", "entity_type", "fingerprint"])


def _in_name(part: pa.Table) -> npt.NDArray[np.bool_]:
    named = pc.and_(pc.equal(part.column("kind"), "part"), pc.equal(part.column("part"), "name"))
    return np.asarray(named.to_numpy(), np.bool_)


def _mixed(part: pa.Table) -> _Prints:
    types = part.column("entity_type").combine_chunks().dictionary_encode()
    salts = np.array([_salt(name) for name in types.dictionary.to_pylist()], np.uint64)
    return np.asarray(part.column("fingerprint").to_numpy() ^ salts[types.indices.to_numpy()], np.uint64)


def _salt(entity_type: str) -> int:
    return int.from_bytes(blake2b(entity_type.encode(), digest_size=8).digest(), "little")


def _copies_among(groups: Sequence[object], values: list[_Prints]) -> npt.NDArray[np.bool_]:
    """Which documents hold no value that one counted before in their group does not. Those with most values first."""
    members: dict[object, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        members[group].append(number)
    is_copy = np.zeros(len(values), np.bool_)
    for numbers in members.values():
        originals: list[set[int]] = []
        for number in sorted(numbers, key=lambda at: -len(values[at])):
            own = set(values[number].tolist())
            if any(own <= other for other in originals):
                is_copy[number] = True
            elif len(originals) < MAX_ORIGINALS:
                originals.append(own)
    return is_copy
