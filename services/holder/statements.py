"""The SQL on tables of others: identifiers from the map alone, quoted; values only ever as parameters. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from contracts.dsar import Identifier
from holder.data_map import Scope, TableSource
from holder.executors import ExecutorFailed
from holder.persons import Change, Compared, Correct, Mark

_TEXTS: Final = frozenset({"text", "character varying", "bpchar"})


@dataclass(slots=True)
class _Given:
    """The values of a statement, as they get their places."""

    values: list[object] = field(default_factory=list)

    def put(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


@dataclass(frozen=True, slots=True)
class Statements:
    """Every statement on one table for one client; `types` are its columns' types as PostgreSQL writes them.

    Each takes `arguments` first, and then what its docstring says. Without a `change`, what is found is to be deleted.
    """

    source: TableSource
    types: Mapping[str, str]
    scope: Scope
    change: Change | None = None

    @property
    def arguments(self) -> list[object]:
        """The client, the days and the person where there are any, what makes a row the category's, and new values."""
        return self._built()[2].values

    def count(self) -> str:
        """How many rows are the client's."""
        return f"SELECT count(*) FROM {self._table} AS t WHERE {self._theirs()}"

    def find(self) -> str:
        """Where they lie, so many at most; places stay text, as nobody here reads them."""
        return (
            f"SELECT t.ctid::text AS place FROM {self._table} AS t WHERE {self._theirs()} LIMIT ${self._next}::bigint"
        )

    def carry_out(self) -> str:
        """Delete or change those of some places that are still the client's."""
        where, sets, given = self._built()
        theirs = f"WHERE t.ctid = ANY (${len(given.values) + 1}::text::tid[]) AND {where}"
        if self.change is None:
            return f"DELETE FROM {self._table} AS t {theirs}"
        new = ", ".join(f"{quoted(column)} = {value}" for column, value in sets.items())
        return f"UPDATE {self._table} AS t SET {new} {theirs}"

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
        """What is handed out of a row, to the client or for one person."""
        person = self.source.person if self.scope.identifiers is not None else None
        return (person.exportable if person else ()) or self.source.columns or tuple(self.types)

    @property
    def _table(self) -> str:
        return name_of(self.source)

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
        return self._built()[0]

    def _built(self) -> tuple[str, dict[str, str], _Given]:
        """The condition, what a change sets, and the values of both."""
        given = _Given()
        equal = [(self.source.client_column, self.scope.client_id), *sorted(self.source.only.items())]
        conditions = [f"t.{quoted(column)} = {self._value(column, value, given)}" for column, value in equal]
        conditions += self._dated(given)
        if self.scope.identifiers is not None:
            fits = [each for one in self.scope.identifiers for each in self._identified(one, given)]
            conditions.append(f"({' OR '.join(fits) or 'false'})")
        sets = self._sets(given)
        if self.change is not None:
            conditions.append(f"({' OR '.join(self._undone(sets)) or 'false'})")
        return " AND ".join(conditions), sets, given

    def _dated(self, given: _Given) -> Iterator[str]:
        name, time = self.source.time_of(self.scope.counted)
        for operator, at in (("<", self.scope.before), (">=", self.scope.since)):
            if at is not None:
                if time is None:
                    raise ExecutorFailed(f"the map names no {name} of {self.source.table}, which a cut-off needs")
                yield f"t.{quoted(time)} {operator} {given.put(at)}::timestamptz"

    def _identified(self, identifier: Identifier, given: _Given) -> Iterator[str]:
        """An identifier in any of the columns that hold its kind. No text is cast to what it may not be."""
        person = self.source.person
        columns = person.identified_by.get(identifier.kind, ()) if person else ()
        compared = person.compared.get(identifier.kind, Compared.EXACT) if person else Compared.EXACT
        for column in columns:
            is_text = self.types[column] in _TEXTS
            held, value = f"t.{quoted(column)}", f"{given.put(identifier.value)}::text"
            if not is_text or compared is not Compared.EXACT:
                held = f"{held}::text"
            match compared:
                case Compared.EXACT:
                    yield f"{held} = {value}"
                case Compared.IGNORING_CASE:
                    yield f"lower({held}) = lower({value})"
                case Compared.DIGITS:  # what has no digit at all is nobody's number
                    digits = f"regexp_replace({value}, '[^0-9]', '', 'g')"
                    yield f"({digits} <> '' AND regexp_replace({held}, '[^0-9]', '', 'g') = {digits})"

    def _sets(self, given: _Given) -> dict[str, str]:
        """What a change sets each column to."""
        person = self.source.person
        match self.change:
            case Correct(values) if person is not None:
                new = {person.rectifiable[name]: value for name, value in values.items() if name in person.rectifiable}
                return {column: self._value(column, value, given) for column, value in sorted(new.items())}
            case Mark(restricted) if person is not None and person.restricted_column is not None:
                is_flag = self.types[person.restricted_column] == "boolean"
                on, off = ("true", "false") if is_flag else ("now()", "NULL")
                return {person.restricted_column: on if restricted else off}
            case _:
                return {}

    def _undone(self, sets: Mapping[str, str]) -> Iterator[str]:
        """What was changed already is not found again."""
        for column, value in sets.items():
            held = f"t.{quoted(column)}"
            match self.change:
                case Mark(restricted) if self.types[column] == "boolean":
                    yield f"{held} IS {'NOT TRUE' if restricted else 'TRUE'}"
                case Mark(restricted):
                    yield f"{held} IS {'NULL' if restricted else 'NOT NULL'}"
                case _:
                    yield f"{held} IS DISTINCT FROM {value}"

    def _value(self, column: str, value: object, given: _Given) -> str:
        return f"{given.put(value)}::text::{self.types[column]}"

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
        f"SELECT {client} AS client_id, count(*) AS count FROM {name_of(source)} WHERE {where} GROUP BY 1 ORDER BY 1"
    )
    return query, [value for _, value in only]


def name_of(source: TableSource) -> str:
    """The table, with its schema."""
    return ".".join(quoted(part) for part in source.table.split(".", 1))


def quoted(identifier: str) -> str:
    """An identifier, whatever is in it."""
    return '"' + identifier.replace('"', '""') + '"'
