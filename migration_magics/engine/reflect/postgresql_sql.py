"""PostgreSQL's catalogues in one statement: one snapshot whatever the isolation level, one round trip.

Each part of it becomes one JSON text, a list of texts for each of its columns: faster to read than rows of the driver, and
free of its types. Only pg_catalog is asked, which everybody may read; information_schema hides what one has no rights on.
Source: postgresql.org/docs/18/catalogs.html; what came with a version is marked so in `_SINCE`.
"""

from __future__ import annotations

from .postgresql_rows import SHAPES

ENTER = """
SELECT set_config('search_path', coalesce((
         SELECT quote_ident(s) || ', ' FROM unnest(current_schemas(false)) WITH ORDINALITY AS x (s, n)
          WHERE s !~ '^pg_' ORDER BY n LIMIT 1), '') || 'pg_temp', true),
       set_config('jit', 'off', true),
       set_config('lock_timeout', CASE current_setting('lock_timeout') WHEN '0' THEN '10s'
         ELSE current_setting('lock_timeout') END, true)
"""
"""pg_get_* and format_type leave out the schemas of the search path: with only the default one on it, what they print
tells the same as our keys, and no temporary table is in the way. Compiling the query would take longer than running it.
A view's definition waits for whoever alters a table below it: not for ever."""

_WITH = r"""
WITH space AS MATERIALIZED (
  SELECT oid, nspname::text AS name, CASE WHEN nspname = current_schema() THEN '' ELSE nspname::text END AS shown
    FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), belongs AS MATERIALIZED (
  SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
), rel AS MATERIALIZED (
  SELECT c.*, s.shown FROM pg_class c JOIN space s ON s.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND c.relpersistence <> 't'
     AND NOT EXISTS (SELECT FROM belongs e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
     AND {only}
), keyed AS MATERIALIZED (
  SELECT oid, relkind FROM rel WHERE relkind IN ('r', 'p', 'm')
)
"""

_ONLY = """(c.relkind IN ('r', 'p') AND CASE WHEN s.shown = '' THEN '' WHEN strpos(s.shown, '.') > 0 THEN '"' || s.shown || '".'
 ELSE s.shown || '.' END || CASE WHEN strpos(c.relname, '.') > 0 THEN '"' || c.relname || '"' ELSE c.relname END
 IN (SELECT json_array_elements_text(CAST(:only AS json))))"""

_TABLES = {
    "relations": """
SELECT c.oid::text, c.shown, c.relname::text, c.relkind::text, (c.relpersistence = 'u')::text,
       array_to_string(ARRAY(SELECT unnest(c.reloptions) ORDER BY 1), ', '),
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
       CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END,
       d.description, CASE WHEN m.amname <> 'heap' THEN m.amname::text END, t.spcname::text,
       CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' WHEN 'i' THEN (
         SELECT 'USING INDEX ' || quote_ident(x.relname) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
          WHERE i.indrelid = c.oid AND i.indisreplident) END,
       CASE WHEN c.relforcerowsecurity THEN 'FORCE' WHEN c.relrowsecurity THEN 'ENABLE' END,
       CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END
  FROM rel c
  LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
  LEFT JOIN pg_am m ON m.oid = c.relam
  LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm')""",
    "inherits": """
SELECT h.inhrelid::text, h.inhseqno::text, CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname::text END,
       p.relname::text
  FROM pg_inherits h JOIN keyed k ON k.oid = h.inhrelid JOIN pg_class p ON p.oid = h.inhparent
  JOIN pg_namespace n ON n.oid = p.relnamespace""",
    "columns": """
SELECT a.attrelid::text, a.attnum::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
       pg_get_expr(f.adbin, f.adrelid), a.attidentity::text, a.attgenerated::text,
       CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::text END, d.description, a.atttypid::text,
       a.attcollation::text
  FROM pg_attribute a
  JOIN keyed k ON k.oid = a.attrelid
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum AND a.atthasdef
  LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = a.attrelid AND d.objsubid = a.attnum
 WHERE a.attnum > 0 AND NOT a.attisdropped""",
    # a foreign key's target may be a table that is not read: other than asked for, or an extension's
    "targets": """
SELECT a.attrelid::text, a.attnum::text, a.attname::text
  FROM pg_attribute a
 WHERE a.attnum > 0 AND a.attrelid IN (
   SELECT o.confrelid FROM pg_constraint o JOIN keyed k ON k.oid = o.conrelid
    WHERE o.contype = 'f' AND NOT EXISTS (SELECT FROM keyed x WHERE x.oid = o.confrelid))""",
    # what a partition has from its parent, and what a key to a partitioned table has for each partition, has a parent
    "constraints": """
SELECT o.conrelid::text, o.contype::text, o.conname::text, array_to_string(o.conkey, ' '),
       o.condeferrable::text, o.condeferred::text, o.convalidated::text, {enforced}, {period},
       CASE o.contype WHEN 'c' THEN pg_get_expr(o.conbin, o.conrelid) WHEN 'x' THEN pg_get_constraintdef(o.oid) END,
       o.connoinherit::text, o.confrelid::text, CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname::text END,
       p.relname::text, array_to_string(o.confkey, ' '), o.confupdtype::text, o.confdeltype::text, o.confmatchtype::text,
       {set_columns}, CASE WHEN o.contype IN ('p', 'u') THEN o.conindid::text END
  FROM pg_constraint o
  JOIN keyed k ON k.oid = o.conrelid
  LEFT JOIN pg_class p ON p.oid = o.confrelid
  LEFT JOIN pg_namespace n ON n.oid = p.relnamespace
 WHERE o.contype IN ('p', 'u', 'f', 'c', 'x') AND o.conparentid = 0 AND o.conislocal""",
    "indexes": """
SELECT i.indexrelid::text, i.indrelid::text, x.relname::text, m.amname::text, i.indisunique::text, i.indisvalid::text,
       i.indnkeyatts::text, i.indkey::text, i.indoption::text, i.indclass::text, i.indcollation::text,
       pg_get_expr(i.indpred, i.indrelid), CASE WHEN i.indexprs IS NOT NULL THEN array_to_json(ARRAY(
         SELECT pg_get_indexdef(i.indexrelid, n, false) FROM generate_series(1, i.indnkeyatts) n))::text END,
       array_to_string(ARRAY(SELECT unnest(x.reloptions) ORDER BY 1), ', '), quote_ident(t.spcname),
       {nulls_not_distinct}, (o.oid IS NOT NULL)::text
  FROM pg_index i
  JOIN keyed k ON k.oid = i.indrelid
  JOIN pg_class x ON x.oid = i.indexrelid AND NOT x.relispartition
  JOIN pg_am m ON m.oid = x.relam
  LEFT JOIN pg_tablespace t ON t.oid = x.reltablespace
  LEFT JOIN pg_constraint o ON o.conindid = i.indexrelid AND o.contype IN ('p', 'u', 'x') AND o.conrelid = i.indrelid""",
    "index_options": """
SELECT a.attrelid::text, a.attnum::text, array_to_string(ARRAY(SELECT unnest(a.attoptions) ORDER BY 1), ', ')
  FROM pg_attribute a JOIN pg_index i ON i.indexrelid = a.attrelid JOIN keyed k ON k.oid = i.indrelid
 WHERE a.attoptions IS NOT NULL""",
    "classes": """
SELECT o.oid::text, m.amname::text, o.opcintype::text, o.opcdefault::text,
       CASE WHEN n.nspname IN ('pg_catalog', current_schema()) THEN '' ELSE quote_ident(n.nspname) || '.' END
       || quote_ident(o.opcname)
  FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod JOIN pg_namespace n ON n.oid = o.opcnamespace""",
    "collations": """
SELECT c.oid::text, CASE WHEN n.nspname IN ('pg_catalog', current_schema()) THEN '' ELSE n.nspname::text END,
       c.collname::text
  FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace""",
    # a domain's base may be a domain: what it means is what the last one means
    "types": """
SELECT t.oid::text, t.typtype::text, format_type(b.oid, b.mod)
  FROM pg_type t
  LEFT JOIN LATERAL (
    WITH RECURSIVE down (oid, mod, depth) AS (
      SELECT t.typbasetype, t.typtypmod, 1 WHERE t.typtype = 'd'
      UNION ALL
      SELECT p.typbasetype, p.typtypmod, depth + 1 FROM down JOIN pg_type p ON p.oid = down.oid AND p.typtype = 'd')
    SELECT oid, mod FROM down ORDER BY depth DESC LIMIT 1) b ON true
 WHERE t.typtype IN ('d', 'e')""",
    "sequences": """
SELECT c.oid::text, c.shown, c.relname::text, format_type(q.seqtypid, NULL), q.seqstart::text, q.seqincrement::text,
       q.seqmin::text, q.seqmax::text, q.seqcache::text, q.seqcycle::text, (c.relpersistence = 'u')::text,
       d.deptype::text, CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname::text END, p.relname::text,
       a.attname::text, d.refobjid::text, d.refobjsubid::text
  FROM pg_sequence q
  JOIN pg_class c0 ON c0.oid = q.seqrelid
  {sequence_join}
  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = q.seqrelid AND d.objsubid = 0
        AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
  LEFT JOIN pg_class p ON p.oid = d.refobjid
  LEFT JOIN pg_namespace n ON n.oid = p.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
 WHERE {sequence_where}""",
    "triggers": """
SELECT g.tgrelid::text, g.tgname::text, pg_get_triggerdef(g.oid, true)
       || CASE WHEN g.tgenabled = 'O' THEN '' ELSE '; ALTER TABLE '
       || CASE WHEN c.shown = '' THEN '' ELSE quote_ident(c.shown) || '.' END || quote_ident(c.relname)
       || CASE g.tgenabled WHEN 'D' THEN ' DISABLE' WHEN 'R' THEN ' ENABLE REPLICA' ELSE ' ENABLE ALWAYS' END
       || ' TRIGGER ' || quote_ident(g.tgname) END
  FROM pg_trigger g JOIN rel c ON c.oid = g.tgrelid AND c.relkind IN ('r', 'p', 'v')
 WHERE NOT g.tgisinternal AND {no_parent}""",
    "rules": """
SELECT w.ev_class::text, w.rulename::text, rtrim(pg_get_ruledef(w.oid, true), ';')
  FROM pg_rewrite w JOIN rel c ON c.oid = w.ev_class WHERE w.rulename <> '_RETURN'""",
}

_WHOLE = {
    "enums": """
SELECT t.oid::text, s.shown, t.typname::text, d.description, array_to_json(ARRAY(
         SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder))::text
  FROM pg_type t JOIN space s ON s.oid = t.typnamespace
  LEFT JOIN pg_description d ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid AND d.objsubid = 0
 WHERE t.typtype = 'e'
   AND NOT EXISTS (SELECT FROM belongs e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)""",
    "domains": """
SELECT t.oid::text, s.shown, t.typname::text, format_type(t.typbasetype, t.typtypmod), t.typnotnull::text,
       pg_get_expr(t.typdefaultbin, 0), CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::text END
  FROM pg_type t JOIN space s ON s.oid = t.typnamespace JOIN pg_type b ON b.oid = t.typbasetype
 WHERE t.typtype = 'd' AND NOT EXISTS (SELECT FROM belongs e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)""",
    "domain_checks": """
SELECT o.contypid::text, o.conname::text, pg_get_expr(o.conbin, 0), o.convalidated::text
  FROM pg_constraint o WHERE o.contypid <> 0 AND o.contype = 'c'""",
    "seen": """
SELECT 'schema', name, '', '' FROM space WHERE shown <> ''
UNION ALL
SELECT CASE relkind WHEN 'f' THEN 'foreign table' ELSE 'composite type' END, shown, relname::text, ''
  FROM rel WHERE relkind IN ('f', 'c')
UNION ALL
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window function'
       ELSE 'function' END,
       s.shown, p.proname::text, '(' || pg_get_function_identity_arguments(p.oid) || ')'
  FROM pg_proc p JOIN space s ON s.oid = p.pronamespace
 WHERE NOT EXISTS (SELECT FROM belongs e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
       AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'i')
UNION ALL
SELECT CASE t.typtype WHEN 'r' THEN 'range type' ELSE 'base type' END, s.shown, t.typname::text, ''
  FROM pg_type t JOIN space s ON s.oid = t.typnamespace
 WHERE (t.typtype = 'r' OR t.typtype = 'b' AND t.typcategory <> 'A')
   AND NOT EXISTS (SELECT FROM belongs e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)
UNION ALL
SELECT k.kind, s.shown, k.name::text, '' FROM (
    SELECT 'collation' AS kind, collname AS name, collnamespace AS space, 'pg_collation'::regclass AS class, oid FROM pg_collation
    UNION ALL SELECT 'operator', oprname, oprnamespace, 'pg_operator'::regclass, oid FROM pg_operator
    UNION ALL SELECT 'operator class', opcname, opcnamespace, 'pg_opclass'::regclass, oid FROM pg_opclass
    UNION ALL SELECT 'statistics', stxname, stxnamespace, 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext
    UNION ALL SELECT 'text search configuration', cfgname, cfgnamespace, 'pg_ts_config'::regclass, oid FROM pg_ts_config
    UNION ALL SELECT 'text search dictionary', dictname, dictnamespace, 'pg_ts_dict'::regclass, oid FROM pg_ts_dict
  ) k JOIN space s ON s.oid = k.space
 WHERE NOT EXISTS (SELECT FROM belongs e WHERE e.classid = k.class AND e.objid = k.oid)
UNION ALL
SELECT 'policy', c.shown, c.relname::text, '.' || p.polname FROM pg_policy p JOIN rel c ON c.oid = p.polrelid
UNION ALL
SELECT k.kind, '', k.name::text, '' FROM (
    SELECT 'extension' AS kind, extname AS name, 'pg_extension'::regclass AS class, oid FROM pg_extension
     WHERE extname <> 'plpgsql'
    UNION ALL SELECT 'event trigger', evtname, 'pg_event_trigger'::regclass, oid FROM pg_event_trigger
    UNION ALL SELECT 'publication', pubname, 'pg_publication'::regclass, oid FROM pg_publication
    UNION ALL SELECT 'foreign server', srvname, 'pg_foreign_server'::regclass, oid FROM pg_foreign_server
  ) k
 WHERE NOT EXISTS (SELECT FROM belongs e WHERE e.classid = k.class AND e.objid = k.oid)""",
}

_PART = "SELECT '{name}', array_to_json(ARRAY[{columns}])::text FROM ({rows}\n) AS x ({names})"
"""By column, for then no row is a container of its own until it is read: half of the client's time with 2,000 tables."""

_SINCE = {
    "enforced": (18, "o.conenforced::text", "'true'"),
    "period": (18, "o.conperiod::text", "'false'"),
    "set_columns": (15, "array_to_string(o.confdelsetcols, ' ')", "NULL"),
    "nulls_not_distinct": (15, "i.indnullsnotdistinct::text", "'false'"),
    "no_parent": (13, "g.tgparentid = 0", "true"),  # before, what is a parent's was internal
}
"""By its place in the query: since which version it is asked so, and what stands there before."""


def query(version: int, *, is_whole: bool) -> str:
    """Return the statement for a server of the major *version* (12 or later): rows of (part, JSON text).

    For the rows see `postgresql_rows`. Not *is_whole*: only the tables whose keys are in the parameter `only`, a JSON array.
    """
    parts = {**_TABLES, **_WHOLE} if is_whole else _TABLES
    text = "\nUNION ALL\n".join(_part(name, rows) for name, rows in parts.items())
    filled = {name: now if version >= since else before for name, (since, now, before) in _SINCE.items()}
    filled["only"] = "true" if is_whole else _ONLY
    if is_whole:
        filled["sequence_join"], filled["sequence_where"] = "JOIN rel c ON c.oid = c0.oid", "true"
    else:
        filled["sequence_join"] = "CROSS JOIN LATERAL (SELECT c0.*, '' AS shown) c"
        filled["sequence_where"] = "d.deptype = 'i' AND EXISTS (SELECT FROM keyed k WHERE k.oid = d.refobjid)"
    text = _WITH + text
    for name, value in filled.items():
        text = text.replace("{" + name + "}", value)
    return text


def _part(name: str, rows: str) -> str:
    names = [f"c{n}" for n in range(len(SHAPES[name]._fields))]
    columns = ", ".join(f"array_agg({column})" for column in names)
    return _PART.format(name=name, columns=columns, rows=rows, names=", ".join(names))
