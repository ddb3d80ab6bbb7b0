"""Of many clients at once, those of whom a table has rows: of the thousand of an order, few have any. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from holder.data_map import Scope, TableSource
from holder.executors import ExecutorFailed
from holder.statements import name_of, quoted

AT_ONCE: Final = 50
"""Clients in one statement: none keeps a core for long."""


def sift(source: TableSource, types: Mapping[str, str], scopes: Sequence[Scope]) -> tuple[str, list[object]]:
    """The places, counted from 1, of the scopes of which a row is there; the statement's arguments beside it."""
    only = sorted(source.only.items())
    conditions = [f"t.{quoted(source.client_column)} = asked.client_id::{types[source.client_column]}"]
    conditions += [f"t.{quoted(column)} = ${nth}::text::{types[column]}" for nth, (column, _) in enumerate(only, 4)]
    if any(scope.dated for scope in scopes):
        name, time = source.time_of(scopes[0].counted)
        if time is None:
            raise ExecutorFailed(f"the map names no {name} of {source.table}, which a cut-off needs")
        conditions += [
            f"(asked.{bound} IS NULL OR t.{quoted(time)} {operator} asked.{bound})"
            for bound, operator in (("before", "<"), ("since", ">="))
        ]
    query = f"""
        SELECT nth
          FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY
               AS asked (client_id, before, since, nth)
         WHERE EXISTS (SELECT FROM {name_of(source)} AS t WHERE {" AND ".join(conditions)})
         ORDER BY nth
        """
    columns = (
        [scope.client_id for scope in scopes],
        [scope.before for scope in scopes],
        [scope.since for scope in scopes],
    )
    return query, [*columns, *[value for _, value in only]]
