"""Mermaid text is text that Mermaid's grammar takes, whatever tables and columns are called."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from migration_magics.model.diagram import Box, BoxLine, Diagram, Edge
from migration_magics.model.mermaid import mermaid

# The tokens of erDiagram.jison (Mermaid 11) that we use, narrowed to what its releases since 10.4 all take.
NAME = r'"[^"%\r\n\v\b\\~#]+"'
WORD = r"(?!(?i:PK|FK|UK)(?![A-Za-z0-9_]))[A-Za-z_][A-Za-z0-9\-_\[\]()]*"
ENTITY = re.compile(rf"    {NAME}( \{{)?")
ATTRIBUTE = re.compile(rf"        {WORD} {WORD}(?: (?:PK|FK|UK)(?:, (?:PK|FK|UK))*)?(?: {NAME})?")
RELATION = re.compile(rf"    {NAME} }}o--(?:\|\||o\|) {NAME} : {NAME}")
DIRECTION = re.compile(r"direction\s+(?:TB|BT|RL|LR)", re.IGNORECASE)

NASTY = ("", "PK", "pk-x", "fk[1]", "a b", '"q"', "100%", "a~b~c", "two\nlines", "direction TB", "end", "é", "表", "a.b", "1st",
         "numeric(10,2)", "#quot;", "}", "\\", "\ud800", "\x00", " ")  # fmt: skip
names = st.one_of(st.sampled_from(NASTY), st.text(max_size=12))
lines = st.builds(
    BoxLine,
    names,
    names,
    st.sampled_from([(), ("PK",), ("PK", "FK"), ("UQ",)]),
    st.booleans(),
    st.sampled_from(["", "add", "drop", "alter"]),
)


@st.composite
def diagrams(draw: st.DrawFn) -> Diagram:
    every = draw(st.lists(names, max_size=5, unique=True))
    boxes = tuple(
        Box(name, tuple(draw(st.lists(lines, max_size=4))), draw(st.sampled_from(["", "add"]))) for name in every
    )
    ends = st.sampled_from(every) if every else st.nothing()
    edges = st.lists(st.builds(Edge, ends, ends, st.tuples(names), names, is_optional=st.booleans()), max_size=4)
    return Diagram(boxes, tuple(draw(edges)) if every else ())


@given(diagrams())
@example(Diagram(tuple(Box(name, (BoxLine(name, name),)) for name in NASTY)))
def test_every_line_is_a_statement_of_the_grammar(drawn: Diagram) -> None:
    first, *rest = mermaid(drawn).split("\n")
    assert first == "erDiagram"
    is_inside = False
    for line in rest:
        if is_inside and line == "    }":
            is_inside = False
        elif is_inside:
            assert ATTRIBUTE.fullmatch(line), line
        else:
            assert ENTITY.fullmatch(line) or RELATION.fullmatch(line), line
            assert not DIRECTION.search(line)
            is_inside = line.endswith(" {")
    assert not is_inside


@given(diagrams())
def test_every_table_stays_one_of_its_own(drawn: Diagram) -> None:
    entities = [line.removesuffix(" {") for line in mermaid(drawn).split("\n") if ENTITY.fullmatch(line)]
    assert len(set(entities)) == len(entities) == len(drawn.boxes)


@pytest.mark.parametrize(
    "line, said",
    [
        (BoxLine("id", "INTEGER", ("PK",), is_nullable=False), 'INTEGER id PK "NOT NULL"'),
        (BoxLine("a_id", "bigint", ("FK", "UQ")), "bigint a_id FK, UK"),
        (BoxLine("name", "character varying(50)"), "character_varying(50) name"),
        (BoxLine("pk", "int"), 'int _pk "pk"'),
        (BoxLine("größe", "int[]"), 'int[] gr_e "größe"'),
        (BoxLine("price", "numeric(10, 2)", mark="add"), 'numeric(10_2) price "added"'),
    ],
)
def test_a_column_is_called_as_near_as_the_grammar_allows(line: BoxLine, said: str) -> None:
    assert mermaid(Diagram((Box("t", (line,)),))).split("\n")[2].strip() == said


def test_references_have_their_foot_at_the_many_side() -> None:
    boxes = (Box("a", ()), Box("my b", ()))
    edges = (Edge("my b", "a", ("a_id",)), Edge("my b", "a", ("x", "y"), mark="drop", is_optional=True))
    assert mermaid(Diagram(boxes, edges)).split("\n")[1:] == [
        '    "a"',
        '    "my b"',
        '    "my b" }o--|| "a" : "a_id"',
        '    "my b" }o--o| "a" : "x, y (dropped)"',
    ]


def test_the_columns_of_a_new_table_are_marked_those_of_an_altered_one_only_where_they_are() -> None:
    line = BoxLine("id", "int")
    assert '"added"' in mermaid(Diagram((Box("t", (line,), "add"),)))
    assert '"altered"' not in mermaid(Diagram((Box("t", (line,), "alter"),)))
