"""The dossier on paper, as it is handed to an authority (BRE-4)."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader
from tests.desk import shipped

from breach.answers.views import ClockView, IncidentView, PhaseView, StepView, SubmissionView
from breach.authority.document import Beside, dossier_of
from breach.authority.dossier import Done, filled, missing
from breach.authority.printing import paper_of
from breach.course.decisions import Status
from contracts.breach import Entry, Origin, Standing, StepKind, Words
from contracts.incident import Submission

AT = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
"""Five past ten in the morning in Paris."""
AGREEMENT = shipped()
ENTRIES = {
    "nature": Entry(code="nature", text=Words(en="Recordings of Łódź and Ωmega were opened.")),
    "records": Entry(code="records", standing=Standing.APPROXIMATE, number=12_900, text=Words(en="recordings")),
    "data_subjects": Entry(code="data_subjects", standing=Standing.UNKNOWN),
    "origin": Entry(code="origin", choices=("external_malicious",)),
}


def step(nth: int, kind: StepKind, text: str) -> StepView:
    """Something that was done, an hour after what was done before it."""
    at = AT + timedelta(hours=nth)
    return StepView(
        step_id=f"s{nth}", kind=kind, taken_at=at, taken_by="N. Petit", text=Words(en=text), internal=False, number=1
    )


def paper(steps: list[StepView], *, submissions: int = 1) -> tuple[bytes, str]:
    """The PDF of a breach of which these steps were logged, and its words."""
    done = [Done(each.kind, each.text) for each in steps]
    known = filled(AGREEMENT, ENTRIES, done)
    clock = ClockView(
        clock="gdpr_33", due_at=AT + timedelta(hours=72), seconds_left=1, running=0, missed=0, stopped_why="notified"
    )
    incident = IncidentView(
        incident_id="inc-7",
        status=Status.ESTABLISHED,
        clocks=[clock],
        detected_at=AT - timedelta(hours=2),
        aware_at=AT,
        told_at=None,
        origin=Origin.SUBPROCESSOR,
        description="Recordings were opened by somebody who had no right to.",
        description_fr=None,
        detections=1,
        last_detected_at=AT,
        subprocessor_ids=["deeptranscript", "nobody"],
        systems=[],
        data_categories=["call_recordings"],
        unresolved=[],
        affected=4,
        reaches_nobody=False,
        told=2,
        exempt=1,
        updates=1,
        next_at=None,
        advice=None,
        entries=ENTRIES,
        filled=known,
        missing=list(missing(AGREEMENT, known, late=False)),
        severity={"score": 2.0, "severity": "medium", "because": ["data context 2: recordings of calls"]},
        decisions={"gdpr_33": {"notify": True, "decided_by": "DPO", "reason": "A risk can't be excluded."}},
        delays={},
        opened_at=AT,
        closed_at=None,
    )
    phase = PhaseView(number=1, said_at=AT, as_of=AT, text=Words(en="One key."), corrects=None, overtaken_by=None)
    sent = SubmissionView(
        clock="gdpr_33",
        nth=1,
        kind=Submission.INITIAL,
        submitted_at=AT + timedelta(hours=3),
        submitted_by="Zoé Martin",
        reference="N-2026-17",
        missing=["records"],
        entries={"nature": ENTRIES["nature"]},
    )
    beside = Beside(steps, [phase], [sent] * submissions, {"subprocessor/deeptranscript": "DeepTranscript"})
    pdf = paper_of(dossier_of(AGREEMENT, incident, beside, AT))
    return pdf, " ".join(" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    "said",
    [
        "for the supervisory authority: CNIL",
        "Still missing for a complete notification:",
        "DeepTranscript, nobody",
        "Call recordings: audio recordings of incoming and outgoing calls",
        "24 November 2026, 08:05, notified by a sub-processor",
        "Europe/Paris",
        "Recordings of Łódź and Ωmega were opened.",
        "about 12,900; recordings",
        "external malicious",
        "BJT Partners, data protection",
        "The stolen key was withdrawn.",
        "24 November 2026, 11:05",
        "27 November 2026, 10:05",
        "The supervisory authority, by the controller (6, GDPR art. 33(1))",
        "Notification 1, sent 24 November 2026, 13:05",
        "an initial notification, to be completed",
        "N-2026-17",
        "2 of 3 controllers",
        "One key.",
        "2, medium (ENISA 2013)",
        "A risk can't be excluded.",
    ],
)
def test_it_says_in_words_what_happened(said: str) -> None:
    """Names, dates where the agreement is, what is missing as the law asks for it, and what went out before."""
    _, text = paper([step(1, StepKind.CONTAINMENT, "The stolen key was withdrawn.")])
    assert said in text


def test_no_code_of_ours_is_left_in_it() -> None:
    """Whoever reads it knows no underscore, no UTC offset and no id of an element."""
    _, text = paper([step(1, StepKind.CONTAINMENT, "The stolen key was withdrawn.")])
    for code in ("_", "+00:00", "gdpr_33", "data_subjects", "StepKind"):
        assert code not in text


def test_it_runs_over_pages_and_holds_its_json() -> None:
    """However much was done, nothing is lost; each page says which of how many it is."""
    pdf, text = paper([step(nth, StepKind.INVESTIGATION, f"look-{nth} " * 30) for nth in range(80)], submissions=3)
    pages = len(PdfReader(BytesIO(pdf)).pages)
    assert pages > 3
    assert all(f"page {nth} of {pages}" in text for nth in range(1, pages + 1))
    assert all(text.count(f"look-{nth} ") == 30 for nth in range(80))
    assert [f"Notification {nth}," in text for nth in (1, 2, 3)] == [True] * 3
    assert list(PdfReader(BytesIO(pdf)).attachments) == ["dossier.json"]
