"""How severe a breach is, by ENISA's Recommendations for a methodology of the assessment of severity (v1.0, 2013).

SE = DPC * EI + CB. It is advice: nothing waits for it, and it lets nobody off being told.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.breach import Aspect, BreachSeverityAssessed, Ease, Extent

_EASE: Final = {Ease.NEGLIGIBLE: 0.25, Ease.LIMITED: 0.5, Ease.SIGNIFICANT: 0.75, Ease.MAXIMUM: 1.0}
_EXTENT: Final = {Extent.NONE: 0.0, Extent.SOME: 0.25, Extent.FULL: 0.5}


class Severity(StrEnum):
    """The bands of the method."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very_high"


_BANDS: Final = ((4.0, Severity.VERY_HIGH), (3.0, Severity.HIGH), (2.0, Severity.MEDIUM))
"""From how much on; below the last it is low."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The score, its band, and each choice with its weight and its reason."""

    score: float
    severity: Severity
    because: tuple[str, ...]


def why_not(assessed: BreachSeverityAssessed) -> str | None:
    """Why these choices can't be weighed; None: they can."""
    counted = Counter(each.aspect for each in assessed.circumstances)
    twice = sorted(aspect.value for aspect, times in counted.items() if times > 1)
    if twice:
        return f"{', '.join(twice)} is weighed twice"
    halves = [each for each in assessed.circumstances if each.aspect is Aspect.MALICIOUS_INTENT]
    if any(each.extent is Extent.SOME for each in halves):
        return "malicious_intent weighs in full or not at all"
    return None


def assess(assessed: BreachSeverityAssessed) -> Assessment:
    """The severity of these choices, as the method weighs them: they are ones that `why_not` has nothing against."""
    ease = _EASE[assessed.ease]
    circumstances = [(each, _EXTENT[each.extent]) for each in assessed.circumstances]
    score = assessed.data_context * ease + sum(weight for _, weight in circumstances)
    return Assessment(
        score,
        next((severity for least, severity in _BANDS if score >= least), Severity.LOW),
        (
            f"data context {assessed.data_context}: {assessed.data_context_because}",
            f"ease of identification {assessed.ease} ({ease:g}): {assessed.ease_because}",
            *(f"{each.aspect} {each.extent} ({weight:g}): {each.because}" for each, weight in circumstances),
        ),
    )
