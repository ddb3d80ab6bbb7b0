"""`dutiful certificate`: verify a certificate of deletion without any service, and the key that signs them."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from dutiful.public_key import print_public

DEFAULT_KEY: Final = Path(".dutiful/certificate-key.pem")
app = typer.Typer(no_args_is_help=True, help="Certificates of deletion: verify one, or print the key that verifies.")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="the certificate, as JSON", exists=True, dir_okay=False)],
    key: Annotated[
        Path, typer.Option(envvar="DUTIFUL_CERTIFICATE_PUBLIC_KEY", help="the public key in PEM", exists=True)
    ],
) -> None:
    """Check a certificate offline: 0 if this key has signed it as it stands, else 1 and why not.

    Example: dutiful certificate verify certificate.json --key certificate-key.pub
    """
    from retention.signing import NotVerified
    from retention.signing import verify as check

    try:
        said = check(file.read_bytes(), key.read_bytes())
    except NotVerified as error:
        Console(stderr=True).print(f"not verified: {error}", style="red", markup=False)
        raise typer.Exit(1) from None
    console = Console(highlight=False)
    console.print("verified: it is signed by this key, and unchanged", style="green")
    extent = "complete" if said.get("complete") else "not complete: something is held, or not confirmed"
    for name in ("certificate_id", "made_at", "terminated_on"):
        console.print(f"{name}: {said.get(name)}", markup=False)
    console.print(extent, markup=False)
    for name in ("deleted", "held", "not_confirmed", "not_reached", "no_holder_declared", "returned", "not_returned"):
        found = said.get(name)
        console.print(f"{name}: {len(found) if isinstance(found, list) else 0}", markup=False)


@app.command("key")
def print_key(
    key: Annotated[
        Path, typer.Option(envvar="DUTIFUL_CERTIFICATE_KEY", help="the key that signs; made if missing")
    ] = DEFAULT_KEY,
) -> None:
    """Print the public key that verifies certificates."""
    print_public(key)
