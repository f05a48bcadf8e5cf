"""In which layer each box of a diagram stands, and which boxes hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .layers import Joint, Size

GAP_Y = 22
"""How far boxes stand apart in their layer."""
_TALLEST = 1400
"""A layer does not get taller than this, where its boxes may as well stand further right."""


def layers(sizes: Mapping[str, Size], joints: Sequence[Joint]) -> dict[str, int]:
    """Return each box's layer: right of all it points to, but for what closes a circle; no layer much too tall."""
    targets: dict[str, list[str]] = {name: [] for name in sizes}
    for joint in joints:
        targets[joint.source].append(joint.target)
    layer: dict[str, int] = {}
    heights: dict[int, int] = {}
    for name in _targets_first(targets):
        at = max((layer[target] + 1 for target in targets[name] if target in layer), default=0)
        while heights.get(at, 0) and heights[at] + sizes[name].height > _TALLEST:
            at += 1
        heights[at] = heights.get(at, 0) + sizes[name].height + GAP_Y
        layer[name] = at
    _draw_near(layer, joints)
    used = {at: number for number, at in enumerate(sorted(set(layer.values())))}
    return {name: used[at] for name, at in layer.items()}


def _draw_near(layer: dict[str, int], joints: Sequence[Joint]) -> None:
    """Move what points nowhere right up to the nearest of what points to it, so that lines stay short."""
    starts = {joint.source for joint in joints}
    for name in layer.keys() - starts:
        layer[name] = max(0, min((layer[joint.source] for joint in joints if joint.target == name), default=1) - 1)


def _targets_first(targets: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the names so that a name follows those it points to, wherever there is no circle."""
    done: dict[str, None] = {}
    seen: set[str] = set()
    for start in targets:
        stack = [] if start in seen else [(start, iter(targets[start]))]
        seen.add(start)
        while stack:
            following = next((one for one in stack[-1][1] if one not in seen), None)
            if following is None:
                done[stack.pop()[0]] = None
            else:
                seen.add(following)
                stack.append((following, iter(targets[following])))
    return list(done)


def groups(sizes: Mapping[str, Size], joints: Iterable[Joint]) -> list[dict[str, None]]:
    """Return the names that hang together, the largest group first, single ones last."""
    group = {name: {name: None} for name in sizes}
    for joint in joints:
        one, other = group[joint.source], group[joint.target]
        if one is not other:
            one |= other
            group.update(dict.fromkeys(other, one))
    every = list({id(names): names for names in group.values()}.values())
    return sorted(
        (dict.fromkeys(name for name in sizes if name in names) for names in every), key=lambda names: -len(names)
    )
