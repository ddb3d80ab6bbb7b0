"""A letter as it is printed: one page of HTML that asks for nothing from elsewhere."""

from datetime import date
from html import escape
from typing import Final

from agreement.heading import Processor
from notifier.letters import Letter
from notifier.texts import Rendered

HEADERS: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_STYLE: Final = """
@page{size:A4;margin:20mm}body{font:11pt/1.5 Georgia,serif;margin:0 auto;max-width:170mm;color:#000}
address{font-style:normal;white-space:pre-line}.to{margin:15mm 0 10mm 95mm}.text{white-space:pre-line}h1{font-size:12pt}
"""


def page(letter: Letter, sender: Processor, text: Rendered, on: date) -> str:
    """The letter from the processor's address in the heading to the client's, dated `on`."""
    to = "\n".join(filter(None, (letter.addressed.client_name, letter.addressed.contact_name, letter.postal_address)))
    return f"""<!doctype html>
<html lang="{escape(letter.addressed.language)}"><head><meta charset="utf-8"><title>{escape(text.subject)}</title>
<style>{_STYLE}</style></head><body>
<address>{escape(sender.name)} ({escape(sender.brand)})
{escape(sender.postal_address)}</address>
<address class="to">{escape(to)}</address>
<p><time>{on}</time> · {escape(letter.delivery_id)}</p>
<h1>{escape(text.subject)}</h1>
<div class="text">{escape(text.text)}</div>
</body></html>
"""
