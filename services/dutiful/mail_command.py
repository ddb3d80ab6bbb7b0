"""`dutiful mail`: the emails that `dutiful up` would have sent; nothing leaves the machine."""

import os
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

_HOME = Path(os.environ.get("DUTIFUL_HOME", ".dutiful"))


def mail(
    home: Annotated[Path, typer.Option(help="the home of `dutiful up`")] = _HOME / "up",
    to: Annotated[str | None, typer.Option(metavar="ADDRESS", help="only those to this address")] = None,
    last: Annotated[int, typer.Option(min=1, help="how many, the newest last")] = 5,
) -> None:
    """Print the last emails that were sent on this machine, as their readers see them.

    Example: dutiful mail --to privacy@client-42.example
    """
    mailbox = home / "mail"
    mails = [_read(path) for path in sorted(mailbox.glob("*.eml"))]
    found = [each for each in mails if to is None or to in str(each["To"])]
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for each in found[-last:]:
        console.rule(Text(str(each["Subject"])), align="left")
        console.print(f"From: {each['From']}\nTo: {each['To']}\nDate: {each['Date']}\n")
        body = each.get_body(("plain",))
        console.print(body.get_content() if body is not None else "it has no plain text")
    console.print(f"{len(found)} in {mailbox}" if found else f"no such email lies in {mailbox}")


def _read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=SMTP)
