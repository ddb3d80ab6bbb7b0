"""The public half of a key that signs, printed for whoever verifies."""

import sys
from pathlib import Path

import typer


def print_public(key: Path) -> None:
    """Print it as PEM, of a key that is made if missing; a key that can't be used ends the command."""
    from chassis.access import KeyUnusable, make_key
    from chassis.signing import Signer

    try:
        make_key(key)
        print(Signer(key).public_pem, end="")
    except (KeyUnusable, OSError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
