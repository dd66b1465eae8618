"""How a walk becomes groups: by the walk alone, small ones first, so that a few files reach every worker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pii_scan.engines.group import FIRST_ITEMS, GROUP_BYTES, GROUP_ITEMS, GROWTH, MOST_GROUP_BYTES, SLICE_BYTES, grouped
from pii_scan.model import DocumentRef, WorkUnit


def unit(size: int) -> WorkUnit:
    return WorkUnit(DocumentRef("t", "x", None, size))


@given(st.lists(st.sampled_from([0, 700, GROUP_BYTES // 3, GROUP_BYTES, 2 * SLICE_BYTES, 2 * SLICE_BYTES + 1])))
def test_every_document_is_in_one_group_and_large_ones_are_planned(sizes: list[int]) -> None:
    groups = list(grouped(map(unit, sizes)))
    assert sorted(item.ref.size_bytes or 0 for group in groups for item in group.items) == sorted(sizes)
    assert len({group.part for group in groups}) == len(groups)
    assert all(group.plan == ((group.items[0].ref.size_bytes or 0) > 2 * SLICE_BYTES) for group in groups)


def test_groups_of_small_files_grow_up_to_a_bound() -> None:
    sizes = [len(group.items) for group in grouped(unit(10) for _ in range(5 * GROUP_ITEMS))]
    ramp = [FIRST_ITEMS << number for number in range(20) if FIRST_ITEMS << number < GROUP_ITEMS]
    assert sizes[: len(ramp)] == ramp and set(sizes[len(ramp) : -1]) == {GROUP_ITEMS}
    assert [len(group.items) for group in grouped((unit(10) for _ in range(70)), 9)] == [70]


def test_groups_grow_with_the_bytes_before_them_up_to_a_bound() -> None:
    each = 1 << 20
    sizes = [
        sum(item.ref.size_bytes or 0 for item in group.items) for group in grouped(unit(each) for _ in range(9000))
    ]
    assert sizes[:40] == [GROUP_BYTES] * 40
    before = 0
    for size in sizes[:-1]:
        before += size
        assert size <= max(GROUP_BYTES, before // GROWTH + each)
    assert max(sizes) == sizes[-2] == MOST_GROUP_BYTES
    assert sorted(sizes[:-1]) == sizes[:-1]
