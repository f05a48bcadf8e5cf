"""Which of these goes with which of those, so that all of it together fits best."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def matching(weights: Mapping[tuple[str, str], int]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of the matching with the greatest sum of *weights*, sorted; each name is in one pair at most.

    Only pairs with a weight above 0 are matched. Cubic in the largest group of names that hang together.
    """
    found: list[tuple[str, str]] = []
    for group in _groups({pair for pair, weight in weights.items() if weight > 0}):
        found.extend(_matched(group, weights))
    return tuple(sorted(found))


def _groups(pairs: set[tuple[str, str]]) -> list[set[tuple[str, str]]]:
    """Return *pairs* in groups that share no name."""
    of_left: dict[str, list[tuple[str, str]]] = {}
    of_right: dict[str, list[tuple[str, str]]] = {}
    for pair in pairs:
        of_left.setdefault(pair[0], []).append(pair)
        of_right.setdefault(pair[1], []).append(pair)
    found = []
    waiting = set(pairs)
    while waiting:
        group: set[tuple[str, str]] = set()
        reached = [waiting.pop()]
        while reached:
            pair = reached.pop()
            group.add(pair)
            near = [each for each in (*of_left[pair[0]], *of_right[pair[1]]) if each in waiting]
            waiting.difference_update(near)
            reached.extend(near)
        found.append(group)
    return found


def _matched(group: set[tuple[str, str]], weights: Mapping[tuple[str, str], int]) -> list[tuple[str, str]]:
    lefts, rights = sorted({left for left, _ in group}), sorted({right for _, right in group})
    is_turned = len(lefts) > len(rights)
    rows, columns = (rights, lefts) if is_turned else (lefts, rights)

    def pair(row: int, column: int) -> tuple[str, str]:
        return (columns[column], rows[row]) if is_turned else (rows[row], columns[column])

    costs = [[-weights[p] if (p := pair(i, j)) in group else 0 for j in range(len(columns))] for i in range(len(rows))]
    chosen = (pair(row, column) for row, column in enumerate(_assignment(costs)))
    return [each for each in chosen if each in group]


def _assignment(costs: list[list[int]]) -> list[int]:
    """Return the column of each row for the least sum of *costs*; there are at least as many columns as rows.

    The Hungarian method with potentials, one row at a time (Kuhn 1955, Munkres 1957).
    """
    count, width = len(costs), len(costs[0])
    of_row, of_column = [0] * (count + 1), [0] * (width + 1)
    row_at = [0] * (width + 1)  # the row that has a column, from 1; column 0 is where a new row starts
    for row in range(1, count + 1):
        row_at[0] = row
        came_from = _way(costs, row_at, of_row, of_column)
        column = came_from.pop()
        while column:
            before = came_from[column]
            row_at[column] = row_at[before]
            column = before
    chosen = [0] * count
    for column in range(1, width + 1):
        if row_at[column]:
            chosen[row_at[column] - 1] = column - 1
    return chosen


def _way(costs: list[list[int]], row_at: list[int], of_row: list[int], of_column: list[int]) -> list[int]:
    """Return from where the cheapest way reaches each column, and last the free column where it ends."""
    width = len(of_column) - 1
    came_from = [0] * (width + 1)
    least: list[int | None] = [None] * (width + 1)
    seen: list[int] = []
    unseen = list(range(1, width + 1))
    here = 0
    while row_at[here]:
        seen.append(here)
        row = row_at[here]
        for column in unseen:
            cost = costs[row - 1][column - 1] - of_row[row] - of_column[column]
            known = least[column]
            if known is None or cost < known:
                least[column], came_from[column] = cost, here
        nearest = min(unseen, key=lambda column: (least[column] or 0, column))
        step = least[nearest] or 0
        for column in seen:
            of_row[row_at[column]] += step
            of_column[column] -= step
        for column in unseen:
            least[column] = (least[column] or 0) - step
        unseen.remove(nearest)
        here = nearest
    return [*came_from, here]
