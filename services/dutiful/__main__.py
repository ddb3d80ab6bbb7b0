"""`python -m dutiful` is `dutiful`."""

from dutiful.cli import app

app()
