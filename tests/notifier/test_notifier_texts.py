"""The words of notices."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from html.parser import HTMLParser
from importlib.resources import files
from string import Template

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import deadlines
from agreement.loading import default_path
from agreement.loading import load as load_agreement
from agreement.periods import Unit
from agreement.steps import StepCode
from assurance.words import OPENS, Opening
from contracts.assurance import AssuranceAlertKind, AssuranceNoticeKind
from contracts.change import NoticeKind
from contracts.coded import encode
from contracts.incident import AlertKind
from contracts.incident import NoticeKind as BreachNoticeKind
from contracts.request import AlertKind as RequestAlertKind
from contracts.request import NoticeKind as RequestNoticeKind
from contracts.retention import NoticeKind as RetentionNoticeKind
from contracts.telling import RefusalKind
from notifier.concerns import Kind
from notifier.texts import Language, Part, WordingLacks, load, one_line, render
from notifier.unreceived import FAILED, UNRECEIVED
from subprocessor_registry.reasons import ENGLISH, Reason, ReasonCode, reckon

AGREEMENT = load_agreement(default_path())
LANGUAGES: tuple[Language, ...] = ("en", "fr")
CHANGES = tuple(kind.value for kind in NoticeKind)
BREACHES = tuple(kind.value for kind in BreachNoticeKind)
NOTICES = (*RetentionNoticeKind, *BreachNoticeKind, *RequestNoticeKind, *AssuranceNoticeKind, *RefusalKind)
KINDS = (*CHANGES, *(kind.value for kind in NOTICES))
TOGETHER = tuple(kind.value for kind in Kind)
"""Alerts about many things at once."""
ALERTED = (*AlertKind, *RequestAlertKind, *AssuranceAlertKind)
ALERTS = (*(kind.value for kind in ALERTED), UNRECEIVED, FAILED, *TOGETHER)
FACTS: dict[str, str | Sequence[str]] = {
    "client": "Hôtel Exemple",
    "contact": "Zoé Martin",
    "processor": "Quicktalk",
    "clause": "4.4",
    "change_kind": "addition",
    "subprocessor": "DEEPSPEECH",
    "actions": ("Transcription of calls", "Storage of transcripts"),
    "location": "US",
    "mechanism": "scc",
    "document": "SCC-2026-01",
    "changes": ("location",),
    "notice_on": "2026-03-02",
    "effective_on": "2026-04-01",
    "because": ("Ten full working days lie between.",),
    "objection_within": "10 business days",
    "objection_until": "2026-03-16",
    "grounds": ("It breaks the law that binds us.",),
    "how_to_object": "Use the objection page.",
    "how_to_answer": "Use the offer page.",
    "how_to_confirm": "Open the notice page.",
    "write_to": "dpo@processor.example",
    "ground": "law",
    "reason": "It came too late.",
    "mitigation_kind": "alternative",
    "mitigation_id": "mit_1",
    "description": "Transcripts made in France",
    "answer": "accepted",
    "answer_until": "2026-03-20",
    "consequence": "It stays barred.",
    "terminated_on": "2026-12-31",
    "choice_until": "2027-01-30",
    "default": "deletion",
    "links": ("http://127.0.0.1/packages/1",),
    "fetch_until": "2027-02-28",
    "certificate_id": "cert_1",
    "fingerprint": "3a7b",
    "extent": "complete",
    "incident_id": "inc-7",
    "nature": "Call records were copied.",
    "at_subprocessors": ("DEEPSPEECH",),
    "detected_on": "2026-03-28",
    "detected_time": "23:40 (Europe/Paris)",
    "aware_on": "2026-03-29",
    "aware_time": "00:55 (Europe/Paris)",
    "due_on": "2026-04-01",
    "due_time": "01:55 (Europe/Paris)",
    "delay": "It was found late.",
    "consequences": "unknown",
    "data_categories": ("Call logs",),
    "data_subjects": "unknown",
    "records": "≈ 900",
    "measures": ("The account was locked.",),
    "advice": "Be wary of calls.",
    "authority": "the authority",
    "next_on": "2026-03-30",
    "next_time": "12:00 (Europe/Paris)",
    "contact_point": "The desk, +33 1 00 00 00 00",
    "no_admission": "It admits nothing.",
    "so_far": ("It was one account.",),
    "update_number": "2",
    "changed": "It was one account alone.",
    "corrects": "1",
    "corrected": "It was two accounts.",
    "overtaken_by": "3",
    "more_to_come": "yes",
    "last": "yes",
    "request_id": "dsar-7",
    "right": "access",
    "received_on": "2026-04-02",
    "answer_by": "2026-05-04",
    "answer_by_unrolled": "2026-05-02",
    "authority_kind": "law_enforcement",
    "legal_basis": "An order of a court",
    "ban": "An order of a court",
    "instruction_id": "inst-7",
    "told_on": "2026-04-03",
    "opinion": "It has no legal basis.",
    "amount": "1200.00",
    "currency": "EUR",
    "quote": "Two days of work.",
    "done_on": "2026-04-12",
    "towards": "clients",
    "to_clients": "yes",
    "to_authority": "gdpr_33",
    "hours_left": "6",
    "waiting": "2",
    "clients": ("acme", "borealis"),
    "since_on": "2026-03-29",
    "since_time": "00:55 (Europe/Paris)",
    "unresolved": ("client/ghost",),
    "about": "inc-7",
    "not_returned": ("The archive (order-7): Recordings. It is wound up.",),
    "all_returned": "yes",
    "items": ("inc-7: erasure",),
    "notice_kind": "breach_notice",
    "question_id": "q-7",
    "first_item": "Who has access?",
    "audit_id": "audit-7",
    "asked_on": "2026-03-10",
    "earliest_on": "2026-05-04",
    "asked": "too_early",
    "gate": "need",
    "opening": "It opens when you ask.",
    "opens_on": "2026-05-04",
    "text": "It is in order.",
    "offer": "terms",
    "issuer": "The office of standards",
    "costs": "2400.00 EUR",
    "days": ("2026-05-04",),
    "assistance_id": "help-7",
    "quote_id": "quote-7",
    "dispute_id": "dispute-7",
    "met_on": "2026-03-10",
    "last_day_on": "2026-05-09",
    "court": "the court of Paris",
    "what": "instruction.given",
    "client_id": "client-7",
    "matter": "question",
    "matter_id": "matter-7",
    "finding_id": "finding-7",
    "missed": "yes",
    "lacks": "client",
    "holder_id": "crm",
    "order_id": "task-7",
    "act": "erase",
    "reminders": "2",
    "sub_processors": ("DEEPSPEECH",),
}
DECIDING = {"change_kind", "answer", "extent", "asked", "offer"}
"""The facts that decide what is said."""
VARIANTS = [
    *(("change_kind", kind) for kind in ("addition", "modification", "removal")),
    *(("answer", answer) for answer in ("accepted", "refused")),
    *(("extent", extent) for extent in ("complete", "partial")),
    *(("asked", asked) for asked in ("lawful", "too_early")),
    *(("offer", offer) for offer in ("certificate", "terms")),
]


def _facts_of(parts: Sequence[Part]) -> set[str]:
    return {name for part in parts for name in (*Template(part.say).get_identifiers(), *part.when)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_notice_has_words(kind: str, language: Language, variant: tuple[str, str]) -> None:
    """Every kind in every language says who is meant, about what and by which clause, with nothing left unfilled."""
    notice = render(kind, language, FACTS | dict([variant]))
    for text in (notice.text, notice.html):
        assert "$" not in text
        for said in ("Hôtel Exemple", "Zoé Martin", "4.4", "Quicktalk", "dpo@processor.example"):
            assert said in text
        assert kind not in CHANGES or "DEEPSPEECH" in text
        assert kind not in BREACHES or "It admits nothing." in text
    assert "\n" not in notice.subject
    assert "Quicktalk" in notice.subject
    assert kind not in CHANGES or "DEEPSPEECH" in notice.subject


@pytest.mark.parametrize("kind", ALERTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_alert_has_words(kind: str, language: Language) -> None:
    """Whoever is on call reads about what it is, by which clause, and what to do, with nothing left unfilled."""
    alert = render(kind, language, FACTS)
    for text in (alert.text, alert.html):
        assert "$" not in text
        for said in ("Zoé Martin", "4.4", "Quicktalk"):
            assert said in text
    assert re.search("(inc|dsar|matter)-7", alert.subject) or kind in TOGETHER


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_fact_is_named(kind: str, language: Language) -> None:
    """Without a fact that it needs, nothing is rendered, and the error names it; the optional ones may be empty."""
    notice = load(language).notices[kind]
    optional = {name for part in notice.text for name in part.given}
    needed = _facts_of([part for part in (*notice.subject, *notice.text) if not part.given]) - optional
    for name in needed - {"objection_within"} | ({"objection_within"} if kind == "change_announced" else set()):
        with pytest.raises(WordingLacks, match=rf"'{name}'"):
            render(kind, language, FACTS | {name: ""})
    spare = render(kind, language, {name: fact for name, fact in FACTS.items() if name in needed})
    assert "$" not in spare.text


def test_both_languages_say_the_same() -> None:
    """Both have the same kinds, in each the same facts under the same conditions, and words for the same codes."""
    english, french = load("en"), load("fr")
    assert set(english.notices) == set(french.notices) == set(KINDS)
    assert set(english.alerts) == set(french.alerts) == set(ALERTS)
    for kind, notice in (english.notices | english.alerts).items():
        other = (french.notices | french.alerts)[kind]
        for ours, theirs in ((notice.subject, other.subject), (notice.text, other.text)):
            assert [(_facts_of([p]), p.given, p.when) for p in ours] == [
                (_facts_of([p]), p.given, p.when) for p in theirs
            ]
    assert {fact: set(words) for fact, words in english.words.items()} == {
        fact: set(words)
        for fact, words in french.words.items()
        if fact not in {"unit", "counted_from", "why", "order_kind", "category"}
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_quote_no_number_of_their_own(language: Language) -> None:
    """Periods, dates and clauses belong to the agreement: the wording has no digit in it."""
    source = tomllib.loads((files("notifier") / "wording" / f"{language}.toml").read_text(encoding="utf-8"))
    assert not re.search(r"\d", repr(source["notices"]))


def test_a_removal_speaks_of_no_objection() -> None:
    """§4.4 lets a client object to an appointment, not to a departure."""
    assert "object" not in render("change_announced", "en", FACTS | {"change_kind": "removal"}).text
    assert "opposer" not in render("change_announced", "fr", FACTS | {"change_kind": "removal"}).text


def test_dates_and_codes_are_written_out() -> None:
    """A date is said as people say it, a country and a mechanism by their names; what has no words stays as it is."""
    english = render("change_announced", "en", FACTS | {"mechanism": "adequacy"})
    french = render("change_announced", "fr", FACTS | {"location": "KZ", "notice_on": "2026-02-30"})
    assert "1 April 2026" in english.subject
    assert "United States" in english.text
    assert "adequacy decision" in english.text
    assert "1er avril 2026" in french.subject
    assert "clauses contractuelles types" in french.text
    assert "KZ" in french.text
    assert "2026-02-30" in french.text


def test_a_fact_in_the_clients_language_is_preferred() -> None:
    """`name.fr` is said in French, `name` where there is no other."""
    facts = FACTS | {"reason.fr": "Elle est arrivée trop tard."}
    assert "Elle est arrivée trop tard." in render("objection_refused", "fr", facts).text
    assert "It came too late." in render("objection_refused", "en", facts).text


def _said_in_french(name: str) -> set[str]:
    return set(load("fr").sentences[name])


def test_every_reason_has_french_words() -> None:
    """Whatever a client may be told as a reason, a consequence or a step is said in French, with all that it names."""
    steps = {"asked_too_early", "asked_lawful"}
    assert _said_in_french("reason") | _said_in_french("consequence") | steps == {code.value for code in ReasonCode}
    assert _said_in_french("because") == steps | {code.value for code in StepCode}
    for sentences in load("fr").sentences.values():
        for code, sentence in sentences.items():
            if code in set(ReasonCode):
                english = Template(ENGLISH[ReasonCode(code)])
                assert set(Template(sentence).get_identifiers()) == set(english.get_identifiers())


def test_every_opening_has_french_words() -> None:
    """§7: what would open a gate of an audit is said in French, with all that it names."""
    french = load("fr").sentences["opening"]
    assert set(french) == set(OPENS)
    for code, english in OPENS.items():
        assert set(Template(french[code]).get_identifiers()) == set(Template(english).get_identifiers())
    opening = Opening("answer_first", (("question_id", "q-7"), ("due_on", "2026-12-22")))
    facts = FACTS | {"opening": opening.sentence, "opening.code": opening.coded}
    assert "le 22 décembre 2026 passe sans réponse" in render("audit_refused", "fr", facts).text
    assert "2026-12-22 passes without an answer" in render("audit_refused", "en", facts).text


@pytest.mark.parametrize("day", [date(2026, 4, 30), date(2026, 10, 20), date(2026, 12, 23)])
def test_a_reckoning_is_said_in_french(day: date) -> None:
    """No step of a date stays English: each has its words, its days as people say them, and its unit."""
    reckoning = reckon(deadlines.earliest_effective_day(AGREEMENT, day))
    period = AGREEMENT.periods.change_notice
    within = encode("period", {"n": str(period.n), "unit": period.unit})
    facts = FACTS | {
        "because": reckoning.because,
        "because.code": reckoning.coded or (),
        "objection_within.code": within,
    }
    text = render("change_announced", "fr", facts).text
    assert "on compte 10 jours ouvrés après le" in text
    assert "dans un délai de 10 jours ouvrés" in text
    assert "week-end" in text
    for english in ("skipped", "counted", "must be over", "business", "working", "weekend", "the last"):
        assert english not in text
    assert not re.search(r"\d{4}-\d{2}-\d{2}", text)


def test_a_reason_is_said_in_french_and_stays_english_where_it_has_no_words() -> None:
    """The code decides; one that is unknown, or that lacks what the words name, leaves the English sentence."""
    facts = FACTS | {"reason.code": "too_late?last_day_on=2026-05-01"}
    assert "votre dernier jour pour vous opposer était le 1er mai 2026" in render("objection_refused", "fr", facts).text
    assert "It came too late." in render("objection_refused", "en", facts).text
    for coded in ("too_late", "too_late?on=2026-05-01", "full_moon", "", "?"):
        assert "It came too late." in render("objection_refused", "fr", FACTS | {"reason.code": coded}).text


def test_what_a_sentence_names_is_preferred_in_the_clients_language() -> None:
    """A ground is said in the agreement's words, in each language its own."""
    reason = Reason(ReasonCode.NOT_OBJECTIVE, {"ground": "The weather", "ground.fr": "Le temps qu'il fait"})
    facts = FACTS | {"reason": str(reason), "reason.code": reason.coded}
    assert "le motif « Le temps qu'il fait » n'est pas objectif" in render("objection_refused", "fr", facts).text
    assert "the ground 'The weather' is not objective" in render("objection_refused", "en", facts).text


@pytest.mark.parametrize("unit", [Unit.DAYS, Unit.WORKING_DAYS])
def test_a_period_of_one_is_singular(unit: Unit) -> None:
    """One day is a day: in the period that a client has, and in the steps to a date."""
    period = AGREEMENT.periods.change_notice
    one = type(period).model_validate(period.model_dump() | {"n": 1, "unit": unit, "term": None})
    agreement = AGREEMENT.model_copy(
        update={"periods": AGREEMENT.periods.model_copy(update={"change_notice": one, "objection": one})}
    )
    reckoning = reckon(deadlines.earliest_effective_day(agreement, date(2026, 11, 24)))
    facts = FACTS | {
        "because": reckoning.because,
        "because.code": reckoning.coded or (),
        "objection_within.code": encode("period", {"n": "1", "unit": one.counted}),
    }
    text = render("change_announced", "fr", facts).text
    said = "1 jour" if unit is Unit.DAYS else "1 jour ouvré"
    assert f"dans un délai de {said} à compter" in text
    assert f"on compte {said} après le" in text
    assert "1 jours" not in text


def test_lists_are_lists() -> None:
    """Several values become items, in both forms."""
    notice = render("change_announced", "en", FACTS)
    assert "  - Transcription of calls\n  - Storage of transcripts" in notice.text
    assert "<ul><li>Transcription of calls</li><li>Storage of transcripts</li></ul>" in notice.html


@pytest.mark.parametrize(
    ("kind", "facts", "named"),
    [
        ("change_forgotten", FACTS, "change_forgotten"),
        ("change_announced", FACTS | {"change_kind": "rename"}, "rename"),
    ],
)
def test_what_has_no_words_is_named(kind: str, facts: Mapping[str, str | Sequence[str]], named: str) -> None:
    """An unknown kind, or an unknown value of a fact that decides what is said, is an error that names it."""
    with pytest.raises(WordingLacks, match=named):
        render(kind, "en", facts)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"lang", "charset"}


HOSTILE = st.text(st.sampled_from("<>&\"'$/{}%\r\n\x00\u2028\u202e ab=") | st.characters()).filter(one_line)


@given(HOSTILE, st.sampled_from(KINDS), st.sampled_from(LANGUAGES))
def test_hostile_facts_stay_facts(hostile: str, kind: str, language: Language) -> None:
    """No fact becomes markup, another header, another paragraph or another fact."""
    plain = dict.fromkeys(set(FACTS) - DECIDING, "x")
    facts = {name: hostile if name not in DECIDING else fact for name, fact in FACTS.items()}
    notice, expected = render(kind, language, facts), render(kind, language, FACTS | plain)
    parser = _Tags()
    parser.feed(notice.html)
    assert parser.tags <= {"html", "head", "meta", "title", "body", "p", "ul", "li"}
    assert notice.subject.isprintable()
    assert len(notice.text.split("\n")) == len(expected.text.split("\n"))


def test_the_worst_fact_in_html() -> None:
    """Markup in a fact is shown, not obeyed."""
    notice = render(
        "change_announced", "en", FACTS | {"subprocessor": "<script>alert(1)</script>\r\nBcc: x@example.com"}
    )
    assert "<script>" not in notice.html
    assert "&lt;script&gt;" in notice.html
    assert notice.subject.endswith("<script>alert(1)</script> Bcc: x@example.com from 1 April 2026")
