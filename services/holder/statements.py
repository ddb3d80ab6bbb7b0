"""The SQL on tables of others: identifiers from the map alone, quoted; values only ever as parameters. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holder.data_map import Scope, TableSource
from holder.executors import ExecutorFailed


@dataclass(frozen=True, slots=True)
class Statements:
    """Every statement on one table for one client; `types` are its columns' types as PostgreSQL writes them.

    Each takes `arguments` first, and then what its docstring says.
    """

    source: TableSource
    types: Mapping[str, str]
    scope: Scope

    @property
    def arguments(self) -> list[object]:
        """The client, the days where there are any, and what else makes a row the category's."""
        return [value for _, _, value, _ in self._conditions()]

    def count(self) -> str:
        """How many rows are the client's."""
        return f"SELECT count(*) FROM {self._table} AS t WHERE {self._theirs()}"

    def find(self) -> str:
        """Where they lie, so many at most; places stay text, as nobody here reads them."""
        return (
            f"SELECT t.ctid::text AS place FROM {self._table} AS t WHERE {self._theirs()} LIMIT ${self._next}::bigint"
        )

    def erase(self) -> str:
        """Delete those of some places that are still the client's."""
        places = f"${self._next}::text::tid[]"
        return f"DELETE FROM {self._table} AS t WHERE t.ctid = ANY ({places}) AND {self._theirs()}"

    def export(self, *, after: bool) -> str:
        """The rows by their key, each as a line (or its columns) and its key as text; `after` a key, column by column.

        The cast to text and back is how a key of any type is remembered.
        """
        key = ", ".join(f"t.{quoted(column)}" for column in self.source.key)
        texts = ", ".join(f"t.{quoted(column)}::text" for column in self.source.key)
        beyond = f" AND ({key}) > ({self._after()})" if after else ""
        return (
            f"SELECT {self._line()} AS line, ARRAY[{texts}] AS key FROM {self._table} AS t "
            f"WHERE {self._theirs()}{beyond} ORDER BY {key}"
        )

    @property
    def columns(self) -> Sequence[str]:
        """What is handed out of a row."""
        return self.source.columns or tuple(self.types)

    @property
    def _table(self) -> str:
        return _name_of(self.source)

    @property
    def _next(self) -> int:
        return len(self.arguments) + 1

    def _line(self) -> str:
        if self.source.format == "csv":
            return f"ARRAY[{', '.join(f't.{quoted(column)}::text' for column in self.columns)}]"
        columns = ", ".join(f"t.{quoted(column)}" for column in self.columns)
        return f"(SELECT row_to_json(line)::text FROM (SELECT {columns}) AS line)"

    def _theirs(self) -> str:
        """The one condition that every statement has."""
        return " AND ".join(
            f"t.{quoted(column)} {operator} ${place}{cast}"
            for place, (column, operator, _, cast) in enumerate(self._conditions(), start=1)
        )

    def _conditions(self) -> list[tuple[str, str, object, str]]:
        """Columns, how each is compared with which value, and the value's cast."""
        equal = [(self.source.client_column, self.scope.client_id), *sorted(self.source.only.items())]
        conditions: list[tuple[str, str, object, str]] = [
            (column, "=", value, f"::text::{self.types[column]}") for column, value in equal
        ]
        field, time = self.source.time_of(self.scope.counted)
        for operator, at in (("<", self.scope.before), (">=", self.scope.since)):
            if at is not None:
                if time is None:
                    raise ExecutorFailed(f"the map names no {field} of {self.source.table}, which a cut-off needs")
                conditions.append((time, operator, at, "::timestamptz"))
        return conditions

    def _after(self) -> str:
        places = enumerate(self.source.key, start=self._next)
        return ", ".join(f"${place}::text::{self.types[column]}" for place, column in places)


def by_client(source: TableSource, types: Mapping[str, str]) -> tuple[str, list[object]]:
    """Whoever has rows of a category, and how many; its arguments beside it."""
    only = sorted(source.only.items())
    conditions = [f"{quoted(column)} = ${nth}::text::{types[column]}" for nth, (column, _) in enumerate(only, start=1)]
    where = " AND ".join([f"{quoted(source.client_column)} IS NOT NULL", *conditions])
    client = f"{quoted(source.client_column)}::text"
    query = (
        f"SELECT {client} AS client_id, count(*) AS count FROM {_name_of(source)} WHERE {where} GROUP BY 1 ORDER BY 1"
    )
    return query, [value for _, value in only]


def _name_of(source: TableSource) -> str:
    return ".".join(quoted(part) for part in source.table.split(".", 1))


def quoted(identifier: str) -> str:
    """An identifier, whatever is in it."""
    return '"' + identifier.replace('"', '""') + '"'
