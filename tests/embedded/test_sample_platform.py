"""The made-up platform: its map names what its database has, and the holder can do there what it must, and no more."""

import asyncpg
import pytest

from agreement.book import Book
from agreement.duties import Rule
from agreement.loading import default_path
from embedded import sample_platform
from embedded.postgres import EmbeddedPostgres
from holder.map_file import load
from holder.pace import Pace
from holder.reaching import Reach


def test_the_map_names_every_category_of_the_shipped_agreement() -> None:
    """Appendix A whole, and what is never stored is looked for."""
    data_map, rules = load(sample_platform.MAP), Book.read(default_path()).latest.retention
    assert set(data_map.categories) == {each.category for each in rules}
    assert set(data_map.never_stored) == {each.category for each in rules if each.rule is Rule.NEVER_STORED}


@pytest.mark.servers
async def test_the_map_fits_the_database_and_the_role_may_read_and_delete_alone(postgres: EmbeddedPostgres) -> None:
    """Made twice, as at every start of `make up`; nothing lacks, and nothing can be written by the holder."""
    await sample_platform.make(postgres)
    await sample_platform.make(postgres)
    environment = {sample_platform.URL_ENV: sample_platform.holder_dsn(postgres)}
    assert await Reach(load(sample_platform.MAP), Pace(), environment).lacks() == []
    connection = await asyncpg.connect(sample_platform.holder_dsn(postgres))
    try:
        for statement in (
            "UPDATE platform.call SET detail = ''",
            "INSERT INTO platform.call (client_id, created_at, detail) VALUES ('acme', now(), '')",
            "TRUNCATE platform.call",
            "CREATE TABLE platform.mine ()",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()
