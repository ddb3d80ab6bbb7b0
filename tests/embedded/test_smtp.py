"""The mail sink."""

from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
from typer.testing import CliRunner

from dutiful.cli import app
from embedded.smtp import SmtpSink


def _mail(recipient: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "dpo@processor.example", recipient, "Préavis"
    mail.set_content("A new sub-processor is planned.")
    mail.add_alternative("<p>A new sub-processor is planned.</p>", subtype="html")
    return mail


async def test_it_keeps_parsed_mail(smtp: SmtpSink) -> None:
    """A message arrives with its envelope, decoded subject and both bodies."""
    await aiosmtplib.send(_mail("dpo@client.example"), hostname="127.0.0.1", port=smtp.port)
    (mail,) = await smtp.wait_for(1, within=5)
    assert (mail.sender, mail.recipients) == ("dpo@processor.example", ("dpo@client.example",))
    assert mail.message["Subject"] == "Préavis"
    assert [part.get_content_type() for part in mail.message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("code", [450, 550])
async def test_it_refuses(smtp: SmtpSink, code: int) -> None:
    """An address that is to be refused is answered with that code, until it is accepted again."""
    smtp.refuse("gone@client.example", 450 if code == 450 else 550)
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await aiosmtplib.send(_mail("gone@client.example"), hostname="127.0.0.1", port=smtp.port)
    assert refused.value.recipients[0].code == code
    smtp.refuse("gone@client.example", None)
    await aiosmtplib.send(_mail("gone@client.example"), hostname="127.0.0.1", port=smtp.port)
    assert len(smtp.mails) == 1


async def test_waiting_is_bounded(smtp: SmtpSink) -> None:
    """Waiting for mail that doesn't come ends with an error that says how much came."""
    with pytest.raises(TimeoutError, match="0 arrived"):
        await smtp.wait_for(lambda mails: any("dpo@client.example" in mail.recipients for mail in mails), within=0.01)


async def test_it_keeps_a_copy_in_a_mailbox(tmp_path: Path) -> None:
    """Each email is a file for its owner alone, which `dutiful mail` prints as its reader sees it."""
    sink = SmtpSink(mailbox=tmp_path / "mail")
    await sink.start()
    for recipient in ("dpo@client.example", "dpo@other.example"):
        await aiosmtplib.send(_mail(recipient), hostname="127.0.0.1", port=sink.port)
    await sink.wait_for(2, within=5)
    await sink.stop()
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0
    said = CliRunner().invoke(app, ["mail", "--home", str(tmp_path), "--to", "dpo@client.example"])
    assert said.exit_code == 0
    assert "To: dpo@client.example" in said.stdout
    assert "Préavis" in said.stdout
    assert "A new sub-processor is planned." in said.stdout
    assert "dpo@other.example" not in said.stdout
    assert "no such email lies in" in CliRunner().invoke(app, ["mail", "--home", str(tmp_path / "nobody")]).stdout
