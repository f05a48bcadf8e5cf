"""Random revision graphs for Hypothesis, of every shape Alembic allows."""

from __future__ import annotations

from hypothesis import strategies as st

from migration_magics.model.graph import Revision

# Short and long ids, some the beginning of others, so that partial identifiers find one, several or none.
IDS = (
    "a1b2c3d4e5f6",
    "a1b2c3d9",
    "a1b2",
    "b" * 12,
    "b" * 11,
    "0123",
    "01234567",
    "v3.2.0.a",
    "9f",
    "ff00ff00ff00",
    "ab_cd",
    "zeta",
)
LABELS = ("main", "reports", "a1b2x", "core")


@st.composite
def revision_lists(draw, *, max_size=12, dependencies=True, labels=True):
    """Lists of revisions that make a valid graph, in any order: bases, branches, merges, labels, dependencies."""
    ids = draw(st.permutations(IDS))[: draw(st.integers(0, max_size))]
    carriers = {}
    revisions = []
    for number, id_ in enumerate(ids):
        older = ids[:number]
        wanted = draw(st.sampled_from((1, 1, 1, 1, 2, 2, 3, 0)))
        recent = older[-5:]
        parents = (
            draw(st.lists(st.sampled_from(recent), max_size=wanted, min_size=min(wanted, len(recent)), unique=True))
            if recent
            else []
        )
        depends_on = []
        if dependencies and older and draw(st.integers(0, 3)) == 0:
            names = [*older, *(label for label, carrier in carriers.items() if carrier in older)]
            depends_on = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
        own = []
        if labels and draw(st.integers(0, 3)) == 0:
            own = [
                label
                for label in draw(st.lists(st.sampled_from(LABELS), max_size=2, unique=True))
                if label not in carriers
            ]
        carriers.update(dict.fromkeys(own, id_))
        revisions.append(Revision(id_, tuple(parents), tuple(depends_on), tuple(own), f"message of {id_}"))
    return draw(st.permutations(revisions))
