"""§8.3 with the ready holder: what a platform keeps in a table, in a bucket and under a key is returned, then goes."""

import hashlib
import json
import secrets
import socket
import tarfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr
from tests.flows.conftest import Progress
from tests.flows.street import Street
from tests.flows.test_termination import pass_days, stands, today
from tests.holder import s3
from tests.holder.crm import SCHEMA, fill
from tests.holder.maps import MAP

from chassis.service import Service, prepare
from holder.app import Holder
from holder.data_map import Bucket
from holder.settings import HolderSettings
from shredding import KeyDestroyed, MasterKey, PostgresKeys, Shredder

pytestmark = pytest.mark.servers
# What no law keeps after the end is in the table; the street has another holder of the map's own name.
HERE = MAP.replace('holder_id = "platform"', 'holder_id = "platform-db"').replace(
    "[[categories.call_fax_logs]]", "[[categories.client_contacts_manual]]"
)


@dataclass
class Platform:
    """The platform's own systems."""

    crm: "asyncpg.Connection[asyncpg.Record]"
    bucket: Bucket
    shredder: Shredder


@pytest.fixture(scope="module")
async def platform(
    street: Street, progress: Progress, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Platform]:
    """A platform with two clients, and a holder that reaches what the map names."""
    home = tmp_path_factory.mktemp("holder")
    postgres = street.house.postgres
    assert postgres is not None
    await postgres.create_database("platform")
    await postgres.make_roles("dutiful", ["holder"])
    crm = await asyncpg.connect(postgres.dsn(database="platform"))
    await crm.execute(SCHEMA)
    keys = PostgresKeys(crm)
    await keys.make_table()
    with s3.serve() as endpoint, pytest.MonkeyPatch.context() as environment:
        bucket = await s3.make_bucket(endpoint)
        environment.setenv("CRM_URL", postgres.dsn(database="platform"))
        environment.setenv("MEDIA_ACCESS_KEY", s3.CREDENTIALS.access_key)
        environment.setenv("MEDIA_SECRET_KEY", s3.CREDENTIALS.secret_key)
        service = await _start(street, home, HERE.replace("BUCKET", bucket.bucket).replace("ENDPOINT", endpoint))
        await street.until(lambda: street.of("holder.declared", holder_id="platform-db"))
        yield Platform(crm, bucket, Shredder(keys, MasterKey(secrets.token_bytes(32))))
        await service.stop()
    await crm.close()


async def _start(street: Street, home: Path, data_map: str) -> Service:
    path = home / "map.toml"
    path.write_text(data_map)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert street.house.postgres is not None
    settings = HolderSettings(
        kafka=street.house.bootstrap,
        database_url=SecretStr(street.house.postgres.dsn(user="holder")),
        port=port,
        token_key=street.house.token_key,
        data_map=path,
        link_key=SecretStr(secrets.token_hex(16)),
        packages=str(home / "packages"),
    )
    app = Holder(settings)
    await prepare(app, settings)
    service = Service(app, settings, street.clock)
    await service.start()
    return service


async def test_everything_is_returned_then_gone_and_the_others_is_not(street: Street, platform: Platform) -> None:
    """TER-2 to TER-6: chosen, packed, fetched, acknowledged, deleted in three kinds of systems, looked at again."""
    await street.sign("z-leaves")
    await fill(platform.crm, **{"z-leaves": 30, "z-stays": 5})
    await s3.put(platform.bucket, **{"recordings__z-leaves__a": "sound", "recordings__z-stays__a": "sound"})
    sealed = {who: await platform.shredder.encrypt(who, "transcriptions", b"text") for who in ("z-leaves", "z-stays")}
    await street.publish(
        "contract.terminated", "z-leaves", {"client_id": "z-leaves", "terminated_on": today(street).isoformat()}
    )
    await street.until(lambda: street.of("cease.confirmed", client_id="z-leaves", holder_id="platform-db"))
    who = "z-leaves/super_administrator"
    await street.post(who, "retention", "/clients/z-leaves/choice", {"choice": "return"})
    await street.until(lambda: street.of("return.confirmed", client_id="z-leaves"))
    (package,) = street.of("return.confirmed", client_id="z-leaves")
    async with street.http.get(str(package["url"])) as answer:
        archive = await answer.read()
    assert hashlib.sha256(archive).hexdigest() == package["package_sha256"]
    with tarfile.open(fileobj=BytesIO(archive)) as opened:
        manifest = json.loads(opened.extractfile("manifest.json").read())  # type: ignore[union-attr]
    assert {each["category"]: each["records"] for each in manifest["categories"]} | {"transcriptions": 0} == {
        "client_contacts_manual": 30,
        "call_recordings": 1,
        "transcriptions": 0,
    }
    await street.until(lambda: street.of("return.downloaded", client_id="z-leaves"))
    await street.post(who, "retention", "/clients/z-leaves/acknowledgement", {})
    await stands(street, "z-leaves", "confirmed", 3)
    counts = {str(each["method"]): each["count"] for each in street.of("erasure.confirmed", holder_id="platform-db")}
    assert counts == {"clear": 30, "purge": 1, "crypto_erase": 1}
    pass_days(street, 2)
    await stands(street, "z-leaves", "done", 3)
    rows = await platform.crm.fetch("SELECT client_id, count(*) FROM crm.call GROUP BY 1")
    assert [tuple(row) for row in rows] == [("z-stays", 5)]
    assert await s3.keys(platform.bucket) == ["recordings/z-stays/a"]
    with pytest.raises(KeyDestroyed):
        await platform.shredder.decrypt("z-leaves", "transcriptions", sealed["z-leaves"])
    assert await platform.shredder.decrypt("z-stays", "transcriptions", sealed["z-stays"]) == b"text"
