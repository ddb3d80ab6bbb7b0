"""Rows as what they mean."""

import asyncpg

from contracts.change import (
    ChangeKind,
)
from contracts.event import Reckoning
from contracts.subprocessor import SubprocessorFacts
from subprocessor_registry.changes import Change


def facts_of_row(text: str) -> SubprocessorFacts:
    """The facts of a sub-processor."""
    return SubprocessorFacts.model_validate_json(text)


def change_of_row(row: asyncpg.Record) -> Change:
    """A change as it was announced."""
    return Change(
        change_id=row["change_id"],
        subprocessor_id=row["subprocessor_id"],
        kind=ChangeKind(row["kind"]),
        status=row["status"],
        facts=facts_of_row(row["facts"]),
        requested_on=row["requested_on"],
        effective_on=row["effective_on"],
        reckoning=Reckoning.model_validate_json(row["reckoning"]),
    )
