"""Compares a table of the data map with the database: what is missing, what may not be done, what would go wrong."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import asyncpg

from contracts.ordering import Counted
from holder.data_map import TableSource
from holder.persons import TablePerson


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
    if not lacks and source.person is not None:
        lacks += [each async for each in _unwritable(connection, oid, source, source.person, types)]
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
    if source.person is not None:
        by = source.person.identified_by
        named += [(f"person.identified_by.{kind}", column) for kind, columns in by.items() for column in columns]
        named += [("person.exportable", column) for column in source.person.exportable]
        named += [(f"person.{field}", column) for field, column in source.person.written()]
    return named


async def _unwritable(
    connection: "asyncpg.Connection[asyncpg.Record]",
    oid: int,
    source: TableSource,
    person: TablePerson,
    types: Mapping[str, str],
) -> AsyncIterator[str]:
    """What a task about a person could not write."""
    marked = person.restricted_column
    if marked is not None and types[marked] not in {"boolean", "timestamp with time zone"}:
        yield f"person.restricted_column: {source.table}.{marked} is {types[marked]}, not boolean and not timestamptz"
    for field, column in person.written():
        query = "SELECT current_user, pg_catalog.has_column_privilege($1::oid, $2::text, 'UPDATE')"
        role, may = await connection.fetchrow(query, oid, column) or ("", False)
        if not may:
            yield f"person.{field}: the role {role} may not UPDATE {source.table}.{column}"


_TABLE = """
SELECT c.oid
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')
"""

# Types without their lengths: a cast to varchar(8) would cut a client's id down to another's, and say nothing.
_COLUMNS = """
SELECT attname AS name, pg_catalog.format_type(atttypid, -1) AS type
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
