"""Boxes joined by lines, placed in layers from left to right: what is pointed to stands left of what points to it.

Sugiyama's way: break cycles, choose layers, order each layer so that few lines cross, then move boxes towards what they are
joined to. Lines that pass a layer get a place in it; all that lead to one box share theirs, as on a bus. Pure and in fixed
order: the same boxes give the same picture.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

from .ranks import GAP_Y, groups, layers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

GAP_X, GAP_VIA, VIA_HEIGHT = 64, 6, 10
_SWEEPS = 12
_PULLS = 8

Node = tuple[str, int]
"""A box is (name, -1). Where lines to it pass a layer is (name, layer); where its own that lead right do, (name, -2 - layer)."""


@dataclass(frozen=True, slots=True)
class Size:
    """A box's size, and how far below its top lines to it arrive."""

    width: int
    height: int
    port: int


@dataclass(frozen=True, slots=True)
class Joint:
    """A line from *source*, *offset* below its top, to *target*."""

    source: str
    target: str
    offset: int


@dataclass(frozen=True, slots=True)
class Placed:
    """Where boxes stand (name -> left, top, width) and where each joint passes: points from its source to its target."""

    boxes: dict[str, tuple[int, int, int]]
    routes: tuple[tuple[tuple[int, int], ...], ...]
    width: int
    height: int


@dataclass(slots=True)
class _Segment:
    left: Node
    left_offset: float
    right: Node
    right_offset: float


class _Component:
    """Boxes that hang together, placed from (0, 0)."""

    def __init__(self, sizes: Mapping[str, Size], joints: Sequence[Joint]) -> None:
        self.sizes = sizes
        self.joints = [joint for joint in joints if joint.source != joint.target]
        self.layer = layers(sizes, self.joints)
        self.chains = [self._chain(joint) for joint in self.joints]
        self.segments = self._segments()
        self.order = self._ordered()
        self.top = self._tops()
        self.left, self.widths = self._columns()
        bottoms = [self.top[node] + self._height(node) for layer in self.order for node in layer]
        self.width = self.left[-1] + self.widths[-1]
        self.height = max(bottoms)

    def _layer_of(self, node: Node) -> int:
        return self.layer[node[0]] if node[1] == -1 else node[1] if node[1] >= 0 else -2 - node[1]

    def _chain(self, joint: Joint) -> tuple[Node, ...]:
        """Return the nodes of a joint from left to right: the box in the lower layer, what it passes, the other box."""
        source, target = self.layer[joint.source], self.layer[joint.target]
        if source > target:
            return ((joint.target, -1), *((joint.target, at) for at in range(target + 1, source)), (joint.source, -1))
        return ((joint.source, -1), *((joint.source, -2 - at) for at in range(source + 1, target)), (joint.target, -1))

    def _port(self, node: Node, joint: Joint) -> float:
        if node[1] != -1:
            return VIA_HEIGHT / 2
        return joint.offset if node[0] == joint.source else self.sizes[node[0]].port

    def _segments(self) -> list[_Segment]:
        found = [
            _Segment(left, self._port(left, joint), right, self._port(right, joint))
            for joint, chain in zip(self.joints, self.chains, strict=True)
            for left, right in pairwise(chain)
        ]
        unique = {(one.left, one.left_offset, one.right, one.right_offset): one for one in found}
        return list(unique.values())

    def _height(self, node: Node) -> int:
        return self.sizes[node[0]].height if node[1] == -1 else VIA_HEIGHT

    def _span(self, node: Node) -> int:
        return self._height(node) + (GAP_Y if node[1] == -1 else GAP_VIA)

    def _ordered(self) -> list[list[Node]]:
        """Return the layers, each in the order found with the fewest crossings."""
        nodes = dict.fromkeys(
            [*((name, -1) for name in self.sizes), *(node for chain in self.chains for node in chain)]
        )
        order: list[list[Node]] = [[] for _ in range(max(map(self._layer_of, nodes)) + 1)]
        for node in nodes:
            layer = order[self._layer_of(node)]
            layer.insert(len(layer) if node[1] == -1 else len(layer) // 2, node)  # what passes, best through the middle
        lefts, rights = self._neighbours()
        best, fewest = order, self._crossings(order)
        for sweep in range(_SWEEPS):
            order = [list(layer) for layer in order]
            goes_right = sweep % 2 == 0
            for at in range(1, len(order)) if goes_right else range(len(order) - 2, -1, -1):
                place = {node: index for index, node in enumerate(order[at - 1 if goes_right else at + 1])}
                order[at] = _by_neighbours(order[at], lefts if goes_right else rights, place)
            crossings = self._crossings(order)
            if crossings < fewest:
                best, fewest = order, crossings
        return best

    def _neighbours(self) -> tuple[dict[Node, list[Node]], dict[Node, list[Node]]]:
        lefts: dict[Node, list[Node]] = {}
        rights: dict[Node, list[Node]] = {}
        for one in self.segments:
            rights.setdefault(one.left, []).append(one.right)
            lefts.setdefault(one.right, []).append(one.left)
        return lefts, rights

    def _crossings(self, order: Sequence[Sequence[Node]]) -> int:
        place = {node: index for layer in order for index, node in enumerate(layer)}
        between: dict[int, list[tuple[float, float]]] = {}
        for one in self.segments:
            ends = place[one.left] + one.left_offset / 1e6, place[one.right] + one.right_offset / 1e6
            between.setdefault(self._layer_of(one.left), []).append(ends)
        return sum(map(inversions, between.values()))

    def _tops(self) -> dict[Node, int]:
        """Return where each node begins: as near as their order allows to straight lines."""
        top: dict[Node, float] = {}
        for layer in self.order:
            at = 0.0
            for node in layer:
                top[node] = at
                at += self._span(node)
        pulls: dict[Node, list[tuple[Node, float, bool]]] = {}
        for one in self.segments:
            shift = one.left_offset - one.right_offset
            pulls.setdefault(one.right, []).append((one.left, shift, True))
            pulls.setdefault(one.left, []).append((one.right, -shift, False))
        for round_ in range(_PULLS):
            layers = self.order if round_ % 2 == 0 else self.order[::-1]
            for layer in layers:
                wanted = [self._wanted(node, pulls, top, is_from_left=round_ % 2 == 0) for node in layer]
                weights = [1.0 if node[1] == -1 else 4.0 for node in layer]
                spans = [self._span(node) for node in layer]
                top.update(zip(layer, settle(wanted, weights, spans), strict=True))
        first = min(top.values())
        return {node: round(at - first) for node, at in top.items()}

    def _wanted(
        self,
        node: Node,
        pulls: Mapping[Node, list[tuple[Node, float, bool]]],
        top: Mapping[Node, float],
        *,
        is_from_left: bool,
    ) -> float:
        every = pulls.get(node, [])
        near = [pull for pull in every if pull[2] is is_from_left] or every
        return fmean(top[other] + shift for other, shift, _ in near) if near else top[node]

    def _columns(self) -> tuple[list[int], list[int]]:
        widths = [
            max((self.sizes[node[0]].width for node in layer if node[1] == -1), default=0) for layer in self.order
        ]
        lefts, at = [], 0
        for width in widths:
            lefts.append(at)
            at += width + GAP_X
        return lefts, widths

    def route(self, index: int) -> tuple[tuple[int, int], ...]:
        """Return the points a joint passes, from its source to its target; in pairs, one for each side of a layer."""
        joint, chain = self.joints[index], self.chains[index]
        points: list[tuple[int, int]] = []
        for number, node in enumerate(chain):
            at, y = self._layer_of(node), round(self.top[node] + self._port(node, joint))
            if number:
                points.append((self.left[at], y))
            if number < len(chain) - 1:
                points.append((self.left[at] + self.widths[at], y))
        return tuple(points if chain[0][0] == joint.source else points[::-1])


def _by_neighbours(layer: Sequence[Node], near: Mapping[Node, list[Node]], place: Mapping[Node, int]) -> list[Node]:
    weights = {
        node: fmean(place[other] for other in near[node]) if near.get(node) else float(index)
        for index, node in enumerate(layer)
    }
    return sorted(layer, key=weights.__getitem__)


def inversions(pairs: Iterable[tuple[float, float]]) -> int:
    """Return how many of the straight lines between two rows of places cross.

    >>> inversions([(0, 0), (1, 1)]), inversions([(0, 1), (1, 0)]), inversions([(0, 0), (0, 1)])
    (0, 1, 0)
    """
    seen: list[float] = []
    crossings = 0
    for _, end in sorted(pairs):
        crossings += len(seen) - bisect_right(seen, end)
        insort(seen, end)
    return crossings


def settle(wanted: Sequence[float], weights: Sequence[float], spans: Sequence[float]) -> list[float]:
    """Return places as near to those *wanted* (least squares) as leave each its span before the next one.

    >>> settle([0, 0], [1, 1], [10, 10]), settle([0, 30], [1, 1], [10, 10])
    ([-5.0, 5.0], [0.0, 30.0])
    """
    before = [0.0]
    for span in spans:
        before.append(before[-1] + span)
    blocks: list[tuple[float, float, int]] = []
    for want, weight, offset in zip(wanted, weights, before, strict=False):
        mean, total, size = want - offset, weight, 1
        while blocks and blocks[-1][0] > mean:
            other, its, many = blocks.pop()
            mean, total, size = (mean * total + other * its) / (total + its), total + its, size + many
        blocks.append((mean, total, size))
    level = [mean for mean, _, size in blocks for _ in range(size)]
    return [mean + offset for mean, offset in zip(level, before, strict=False)]


def place(sizes: Mapping[str, Size], joints: Sequence[Joint], width: int) -> Placed:
    """Return where everything stands: groups that hang together one after the other, beside each other up to *width*."""
    boxes: dict[str, tuple[int, int, int]] = {}
    routes: dict[int, tuple[tuple[int, int], ...]] = {}
    x = y = shelf = widest = 0
    for names in groups(sizes, joints):
        inside = [index for index, joint in enumerate(joints) if joint.source in names and joint.source != joint.target]
        group = _Component({name: sizes[name] for name in names}, [joints[index] for index in inside])
        if x and x + group.width > width:
            x, y, shelf = 0, y + shelf + GAP_Y, 0
        for name in names:
            at = group.layer[name]
            boxes[name] = (x + group.left[at], y + group.top[name, -1], group.widths[at])
        for number, index in enumerate(inside):
            routes[index] = tuple((x + left, y + top) for left, top in group.route(number))
        widest, shelf = max(widest, x + group.width), max(shelf, group.height)
        x += group.width + GAP_X // 2
    ordered = tuple(routes.get(index, ()) for index in range(len(joints)))
    return Placed(boxes, ordered, widest, y + shelf)
