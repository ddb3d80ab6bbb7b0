"""Opens the executor of a source of the data map; addresses and keys come from the environment, by the map's names."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from holder.bucket import Credentials
from holder.data_map import Bucket, DataMap, KeySource, ObjectSource, Source, TableSource
from holder.executors import Executor, ExecutorFailed
from holder.keys import KeyExecutor
from holder.objects import ObjectExecutor
from holder.pace import Pace
from holder.tables import TableExecutor


class Reach:
    """Opens what the data map names, and nothing else."""

    def __init__(self, data_map: DataMap, pace: Pace, environment: Mapping[str, str] = os.environ) -> None:
        self.data_map = data_map
        self.pace = pace
        self._environment = environment

    @asynccontextmanager
    async def open(self, category: str, source: Source) -> AsyncIterator[Executor]:
        """The executor of a source, while it is needed."""
        executor = self._make(category, source)
        try:
            yield executor
        finally:
            await executor.close()

    def bucket(self, name: str) -> tuple[Bucket, Credentials]:
        """A store of the map, and its keys."""
        bucket = self.data_map.stores[name]
        return bucket, Credentials(self._value(bucket.access_key_env), self._value(bucket.secret_key_env))

    async def lacks(self) -> list[str]:
        """Everything that the map names and isn't there, each once, with the first source that needs it."""
        places: dict[str, list[str]] = {}
        for category, nth, source in self.data_map.sources():
            try:
                async with self.open(category, source) as executor:
                    lacks = await executor.lacks()
            except ExecutorFailed as error:
                lacks = [str(error)]
            except OSError as error:
                lacks = [f"{source.label} does not answer: {error}"]
            for each in lacks:
                places.setdefault(each, []).append(f"categories.{category}.{nth}")
        return [f"{first}{f' and {len(rest)} more' if rest else ''}: {lack}" for lack, (first, *rest) in places.items()]

    def _make(self, category: str, source: Source) -> Executor:
        match source:
            case TableSource():
                dsn = self._value(self.data_map.databases[source.database].url_env)
                return TableExecutor(source, dsn, self.pace)
            case ObjectSource():
                return ObjectExecutor(source, *self.bucket(source.store))
            case KeySource():
                vault = self.data_map.vaults[source.vault]
                return KeyExecutor(source, category, self._value(vault.url_env), vault.table)

    def _value(self, variable: str) -> str:
        value = self._environment.get(variable)
        if not value:
            raise ExecutorFailed(f"{variable} is not set in the environment")
        return value
