"""The severity by the ENISA method (2013)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breach.authority.severity import Severity, assess, why_not
from contracts.breach import Aspect, BreachSeverityAssessed, Circumstance, Ease, Extent

C, I, A, M = Aspect.CONFIDENTIALITY, Aspect.INTEGRITY, Aspect.AVAILABILITY, Aspect.MALICIOUS_INTENT  # noqa: E741
SOME, FULL = Extent.SOME, Extent.FULL


def assessed(context: int, ease: Ease, *circumstances: tuple[Aspect, Extent]) -> BreachSeverityAssessed:
    """The choices, each with a reason."""
    return BreachSeverityAssessed(
        incident_id="i",
        data_context=context,
        data_context_because="these data",
        ease=ease,
        ease_because="these names",
        circumstances=tuple(Circumstance(aspect=a, extent=e, because="it was so") for a, e in circumstances),
        assessed_by="DPO",
    )


@pytest.mark.parametrize(
    ("said", "score", "severity"),
    [
        (assessed(1, Ease.MAXIMUM, (C, SOME)), 1.25, Severity.LOW),
        (assessed(2, Ease.SIGNIFICANT, (C, FULL)), 2.0, Severity.MEDIUM),
        (assessed(3, Ease.SIGNIFICANT, (C, FULL), (M, FULL)), 3.25, Severity.HIGH),
        (assessed(4, Ease.MAXIMUM, (C, FULL), (M, FULL)), 5.0, Severity.VERY_HIGH),
        (assessed(4, Ease.MAXIMUM), 4.0, Severity.VERY_HIGH),
        (assessed(3, Ease.MAXIMUM), 3.0, Severity.HIGH),
        (assessed(1, Ease.NEGLIGIBLE), 0.25, Severity.LOW),
    ],
)
def test_the_vectors(said: BreachSeverityAssessed, score: float, severity: Severity) -> None:
    """DPC times EI plus CB, the bounds of a band belonging to the band above."""
    found = assess(said)
    assert (found.score, found.severity) == (score, severity)


def test_each_choice_is_recorded_with_its_weight_and_reason() -> None:
    """Whoever reads the assessment sees what was chosen and why."""
    because = assess(assessed(3, Ease.SIGNIFICANT, (C, FULL), (I, SOME))).because
    assert because[0] == "data context 3: these data"
    assert because[1] == "ease of identification significant (0.75): these names"
    assert because[2:] == ("confidentiality full (0.5): it was so", "integrity some (0.25): it was so")


@pytest.mark.parametrize(
    ("circumstances", "reason"),
    [
        (((M, SOME),), "malicious_intent weighs in full or not at all"),
        (((A, SOME), (A, FULL)), "availability is weighed twice"),
    ],
)
def test_choices_that_the_method_does_not_have(circumstances: tuple[tuple[Aspect, Extent], ...], reason: str) -> None:
    """They are refused by name."""
    assert why_not(assessed(1, Ease.LIMITED, *circumstances)) == reason


@given(st.integers(1, 4), st.sampled_from(Ease), st.sets(st.sampled_from(Aspect)))
def test_more_never_weighs_less(context: int, ease: Ease, aspects: set[Aspect]) -> None:
    """One circumstance more is a half more, and no score leaves what the method can give."""
    scores = [
        assess(assessed(context, ease, *[(a, FULL) for a in list(aspects)[:n]])).score for n in range(len(aspects) + 1)
    ]
    assert scores == [scores[0] + n / 2 for n in range(len(scores))]
    assert 0.25 <= scores[-1] <= 6.0
