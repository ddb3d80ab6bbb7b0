"""Compares a table of the data map with the database: what is missing, what may not be done, what would go wrong."""

from dataclasses import dataclass

import asyncpg

from contracts.ordering import Counted
from holder.data_map import TableSource


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as the database has it."""

    types: dict[str, str]
    lacks: list[str]


async def look(connection: "asyncpg.Connection[asyncpg.Record]", source: TableSource) -> Shape:
    """The types of a table's columns, and everything that keeps the map from being carried out on it."""
    oid = await connection.fetchval(_TABLE, *source.table.split(".", 1))
    if oid is None:
        return Shape({}, [f"table {source.table} is missing"])
    types = {row["name"]: row["type"] for row in await connection.fetch(_COLUMNS, oid)}
    lacks = [f"{field}: {source.table} has no column {name}" for field, name in _named(source) if name not in types]
    role = await connection.fetchval("SELECT current_user")
    lacks += [f"the role {role} may not {right} {source.table}" for right in await connection.fetchval(_RIGHTS, oid)]
    if await connection.fetchval("SELECT row_security_active($1::oid)", oid):
        lacks.append(f"row security hides rows of {source.table} from this role")
    if not lacks and not await connection.fetchval(_UNIQUE, oid, list(source.key)):
        lacks.append(f"key: no unique index of {source.table} is on {', '.join(source.key)} alone, all NOT NULL")
    return Shape(types, lacks)


def _named(source: TableSource) -> list[tuple[str, str]]:
    """Every column that the map names, and where."""
    named = [("client_column", source.client_column), *(("key", column) for column in source.key)]
    named += [(field, column) for field, column in map(source.time_of, Counted) if column]
    named += [("only", column) for column in source.only] + [("columns", column) for column in source.columns]
    return named


_TABLE = """
SELECT c.oid
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')
"""

_COLUMNS = """
SELECT attname AS name, pg_catalog.format_type(atttypid, atttypmod) AS type
  FROM pg_catalog.pg_attribute
 WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped
 ORDER BY attnum
"""

_RIGHTS = """
SELECT coalesce(array_agg("right"), '{}')
  FROM unnest(ARRAY['SELECT', 'DELETE']) AS "right"
 WHERE NOT pg_catalog.has_table_privilege($1::oid, "right")
"""

_UNIQUE = """
SELECT EXISTS (
    SELECT
      FROM pg_catalog.pg_index AS i
     WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
       AND NOT EXISTS (
               SELECT
                 FROM pg_catalog.unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS of_index (attnum)
                 JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = of_index.attnum
                WHERE NOT a.attnotnull OR a.attname <> ALL ($2::text[])))
"""
