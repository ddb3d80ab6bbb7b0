"""The mail sink."""

from email.message import EmailMessage

import aiosmtplib
import pytest

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
