"""The whole agreement as data. Every piece carries its clause; nothing outside the file knows a period or a place."""

from datetime import date
from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field

from agreement.calendar import Calendar
from agreement.duties import (
    Audit,
    Breach,
    Hold,
    Instructions,
    Listed,
    Measure,
    Reminders,
    Requests,
    Retention,
    Termination,
)
from agreement.heading import (
    Amendment,
    Controller,
    DataCategory,
    Definition,
    Law,
    LegalBasis,
    Passage,
    Processor,
    Term,
    UserClasses,
)
from agreement.part import Part, Slug, Text
from agreement.periods import CalendarRule, Convention, Period, Periods
from agreement.promises import Promise
from agreement.sub_processing import Mitigation, Notices, Objection, SubProcessing, SubProcessor
from agreement.transfer_rules import Transfers


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"timezone {name!r} is not in the IANA database; write one such as 'Europe/Paris'")
    return name


class Agreement(Part):
    """One version of one agreement; a client is bound to the version that it signed (§15)."""

    id: Slug
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version_on: date = Field(description="the day whose law and list this version states")
    title: Text
    language: Text
    timezone: Annotated[str, AfterValidator(_known_zone)]

    processor: Processor
    controller: Controller
    term: Term
    amendment: Amendment
    law: Law
    definitions: tuple[Definition, ...]
    user_classes: UserClasses

    calendars: dict[Slug, CalendarRule]
    conventions: dict[Convention, Text]
    periods: Periods

    sub_processing: SubProcessing
    objection: Objection
    mitigation: Mitigation
    notices: Notices
    sub_processors: tuple[SubProcessor, ...]
    transfers: Transfers

    instructions: Instructions
    client_duties: Listed
    staff: Listed
    security: Listed
    measures: tuple[Measure, ...]
    breach: Breach
    audit: Audit
    termination: Termination
    data_categories: tuple[DataCategory, ...]
    retention: tuple[Retention, ...]
    holds: tuple[Hold, ...]
    requests: Requests
    cooperation: Listed
    reminders: Reminders
    confidentiality: Listed
    liability: Listed
    legal_bases: tuple[LegalBasis, ...]
    passages: tuple[Passage, ...]
    promises: tuple[Promise, ...] = ()

    @cached_property
    def zone(self) -> ZoneInfo:
        """The single timezone in which days begin and end."""
        return ZoneInfo(self.timezone)

    def calendar_of(self, period: Period) -> Calendar | None:
        """The calendar that a period is counted on or rolled by; None where every day counts."""
        return None if period.calendar is None else Calendar(self.calendars[period.calendar])
