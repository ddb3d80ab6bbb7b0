"""`dutiful token`: a bearer token for this machine's own services."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from contracts.event import Id

DEFAULT_KEY: Final = Path(".dutiful/token-key.pem")


def token(
    role: Annotated[
        str, typer.Option(help="super_administrator, administrator, manager, user; operator, dpo, auditor; holder")
    ],
    client: Annotated[str | None, typer.Option(help="the client's id; for the first four roles")] = None,
    ttl: Annotated[int, typer.Option(min=1, metavar="MINUTES", help="how long it is good for")] = 60,
    subject: Annotated[str, typer.Option(help="who it speaks for, as records will name them; a holder's id")] = "local",
    key: Annotated[
        Path, typer.Option(envvar="DUTIFUL_TOKEN_KEY", help="the key that the services accept; made if missing")
    ] = DEFAULT_KEY,
) -> None:
    """Print a token; use it as `Authorization: Bearer …`."""
    from pydantic import TypeAdapter, ValidationError

    from chassis.access import KeyUnusable, Role, make_key, mint

    try:
        known = Role(role)
    except ValueError:
        raise typer.BadParameter(f"{role!r} is none of {', '.join(Role)}", param_hint="--role") from None
    if known.is_staff != (client is None):
        need = "has no --client" if known.is_staff else "needs a --client"
        raise typer.BadParameter(f"the role {known} {need}", param_hint="--client")
    try:
        client_id = None if client is None else TypeAdapter[str](Id).validate_python(client)
    except ValidationError:
        raise typer.BadParameter(f"{client!r} is no client id", param_hint="--client") from None
    try:
        if make_key(key):
            print(f"made a new key, {key.resolve()}: services that have another refuse this token", file=sys.stderr)
        within = timedelta(minutes=ttl)
        print(mint(key, subject=subject, role=known, client_id=client_id, ttl=within, now=datetime.now(UTC)))
    except ValidationError:
        raise typer.BadParameter("it has 1 to 256 characters", param_hint="--subject") from None
    except (KeyUnusable, OSError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
