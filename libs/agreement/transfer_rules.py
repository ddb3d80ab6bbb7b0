"""Transfers outside the EEA as dated data: its members, adequacy decisions, mechanisms (§8.2, GDPR chapter V)."""

from datetime import date

from pydantic import Field

from agreement.part import Clausal, Country, Part, Slug, Text


class Dated(Part):
    """Something that holds from a day on, until and including another."""

    valid_from: date
    valid_until: date | None = None
    note: Text | None = None

    def holds_on(self, on: date) -> bool:
        """Whether it holds on this day."""
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


class Member(Dated):
    """Countries that are members of the EEA from the same day on."""

    countries: tuple[Country, ...]


class Adequacy(Dated):
    """A decision of the Commission that a country protects personal data adequately (GDPR art. 45)."""

    country: Country
    decision: Text
    scope: Text | None = Field(None, description="whom or what alone the decision covers")
    confirm: bool = Field(default=False, description="counsel must confirm its dates or its scope")


class MechanismRule(Clausal):
    """A transfer mechanism, and whether the agreement accepts it."""

    code: Slug
    title: Text
    accepted: bool


class Transfers(Clausal):
    """What §8.2 is decided by."""

    eea: tuple[Member, ...]
    adequacy: tuple[Adequacy, ...]
    mechanisms: tuple[MechanismRule, ...]

    def accepted(self) -> tuple[str, ...]:
        """The codes of the mechanisms that the agreement accepts."""
        return tuple(mechanism.code for mechanism in self.mechanisms if mechanism.accepted)
