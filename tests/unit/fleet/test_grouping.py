"""As few changes as make a group whole."""

from __future__ import annotations

from torch_doctor.core.finding import Fix
from torch_doctor.fleet.answer import Way
from torch_doctor.fleet.grouping import smallest_cover

WHEEL, OTHER, DRIVER = (
    Way((Fix(text),), size, "healthy") for text, size in (("wheel", 5), ("other", 5), ("driver", 9))
)


def test_one_change_for_all_is_better_than_two_smaller_ones() -> None:
    cures, rest = smallest_cover(
        {0: (WHEEL, DRIVER), 1: (OTHER, DRIVER)}, {0: ("a", "b"), 1: ("c",)}
    )

    assert [(cure.way, cure.nodes) for cure in cures] == [(DRIVER, ("a", "b", "c"))]
    assert rest == ()


def test_of_changes_that_cover_as_much_the_smallest_is_taken() -> None:
    cures, _ = smallest_cover({0: (DRIVER, WHEEL), 1: (WHEEL, DRIVER)}, {0: ("a",), 1: ("b",)})

    assert [cure.way for cure in cures] == [WHEEL]


def test_what_nothing_is_known_to_mend_is_left() -> None:
    cures, rest = smallest_cover({0: (), 1: (WHEEL,)}, {0: ("b", "c"), 1: ("a",)})

    assert [(cure.way, cure.nodes) for cure in cures] == [(WHEEL, ("a",))]
    assert rest == ("b", "c")


def test_two_changes_that_cover_all_are_better_than_the_largest_and_two_more() -> None:
    left, right, most = (Way((Fix(text),), 5, "healthy") for text in ("left", "right", "most"))
    ways = {
        0: (left, most),
        1: (left, most),
        2: (left,),
        3: (right, most),
        4: (right, most),
        5: (right,),
    }

    cures, rest = smallest_cover(ways, {number: (f"n{number}",) for number in ways})

    assert [(cure.way, cure.nodes) for cure in cures] == [
        (left, ("n0", "n1", "n2")),
        (right, ("n3", "n4", "n5")),
    ]
    assert rest == ()


def test_what_changes_less_on_most_nodes_is_taken() -> None:
    """One way is another release for some nodes and a build of the same one for others."""
    fixes = Fix("new for the few"), Fix("new for the many")
    few, many = (Way((fix,), 5, "healthy") for fix in fixes)
    ways = {
        0: (few._replace(size=6), many),
        1: (few, many._replace(size=6)),
    }

    [cure], _ = smallest_cover(ways, {0: ("a", "b", "c"), 1: ("d",)})

    assert cure.way.steps == (fixes[1],)
    assert cure.nodes == ("a", "b", "c", "d")
