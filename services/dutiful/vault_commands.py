"""`dutiful vault`: what lies closed in a service's database, for when its key is changed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Final

import typer
from pydantic import ValidationError
from rich.console import Console

from dutiful.running import missing

if TYPE_CHECKING:
    from chassis.database import Connection

Closing = Callable[["Connection"], Awaitable[int]]
KEEPERS: Final = ("notifier", "requests")
"""The services that keep something closed."""

app = typer.Typer(no_args_is_help=True, help="What lies closed in a service's database.")


@app.callback()
def main() -> None:
    """What lies closed in a service's database."""


@app.command()
def close(service: Annotated[str, typer.Argument(help=" or ".join(KEEPERS))]) -> None:
    """Close by the present key (DUTIFUL_VAULT_KEY) what another closed, or what stands in plain; again changes nothing.

    It takes the service's own environment: `kubectl exec deploy/dutiful-notifier -- dutiful vault close notifier`. No
    process of a version, or with settings, that doesn't know the present key may run any more.
    """
    from chassis.errors import Unable

    if service not in KEEPERS:
        raise typer.BadParameter(f"{service} keeps nothing closed; {' and '.join(KEEPERS)} do")
    try:
        closed = asyncio.run(_close(service))
    except ValidationError as error:
        raise missing(error) from None
    except Unable as error:
        Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    Console().print(f"{closed} closed by the present key" if closed else "nothing to do")


async def _close(service: str) -> int:
    from chassis.database import connect

    dsn, closing = _notifier() if service == "notifier" else _requests()
    connection = await connect(dsn, service)
    try:
        return await closing(connection)
    finally:
        await connection.close()


def _notifier() -> tuple[str, Closing]:
    from notifier.closing import Secrets, close_all
    from notifier.settings import NotifierSettings

    settings = NotifierSettings()
    return settings.dsn, lambda connection: close_all(connection, Secrets(settings))


def _requests() -> tuple[str, Closing]:
    from requests_desk.closing import close_all
    from requests_desk.settings import RequestsSettings
    from requests_desk.vault import Vault

    settings = RequestsSettings()
    vault = Vault(settings.vault_key, settings.vault_other_keys)
    return settings.dsn, lambda connection: close_all(connection, vault)
