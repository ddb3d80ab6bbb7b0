"""The shipped file states the whole agreement."""

from datetime import timedelta

import pytest

from agreement.duties import Rule
from agreement.outline import outline
from agreement.schema import Agreement
from agreement.sub_processing import Gate


def test_the_periods_of_the_agreement(quicktalk: Agreement) -> None:
    """Each numbered period stands with its clause."""
    said = {name: (each.clause, each.n, str(each.unit)) for name, each in quicktalk.periods.each().items()}
    assert said == {
        "change_notice": ("4.3", 10, "working_days"),
        "objection": ("4.4", 10, "working_days"),
        "breach_notice": ("6", 72, "hours"),
        "audit_request": ("7", 60, "days"),
        "audit_interval": ("7", 1, "years"),
        "question_answer": ("7", 20, "working_days"),
        "termination_choice": ("8.3", 30, "days"),
        "package_fetch": ("8.3", 30, "days"),
        "cease_answer": ("8.3", 1, "days"),
        "return_answer": ("8.3", 10, "days"),
        "erasure_answer": ("8.3", 10, "days"),
        "second_look": ("8.3", 1, "days"),
        "order_reminder": ("8.3", 3, "days"),
        "assistance_answer": ("10", 20, "working_days"),
        "dispute_settlement": ("14", 60, "days"),
        "rights_answer": ("GDPR art. 12(3)", 1, "months"),
        "rights_extension": ("GDPR art. 12(3)", 2, "months"),
        "request_notice": ("9", 2, "working_days"),
        "requester_kept": ("9", 3, "months"),
        "requester_unclaimed": ("9", 1, "months"),
        "retention": ("Appendix A", 1, "years"),
    }
    assert [name for name, each in quicktalk.periods.each().items() if each.open] == [
        "termination_choice",
        "package_fetch",
        "cease_answer",
        "return_answer",
        "erasure_answer",
        "second_look",
        "order_reminder",
        "question_answer",
        "assistance_answer",
        "request_notice",
        "requester_kept",
        "requester_unclaimed",
    ]


def test_the_seventeen_of_appendix_b(quicktalk: Agreement) -> None:
    """All 17 are there, with their places and mechanisms as Appendix B has them."""
    places = {each.id: each.location for each in quicktalk.sub_processors}
    assert len(places) == 17
    assert {id_ for id_, place in places.items() if place == "US"} == {"cloudflare", "vonage", "sendgrid", "slack"}
    assert {id_ for id_, place in places.items() if place == "GB"} == {"colt", "tata-communications"}
    assert {id_ for id_, place in places.items() if place == "BE"} == {"voxbone", "bics"}
    covered = {each.id for each in quicktalk.sub_processors if each.transfer.mechanism == "scc"}
    assert covered == {"colt", "vonage", "tata-communications", "sendgrid", "slack"}
    assert all(each.written_agreement is not None for each in quicktalk.sub_processors)


def test_the_ten_categories_of_appendix_a(quicktalk: Agreement) -> None:
    """Every category has the rule that Appendix A gives it."""
    assert {each.category: (each.rule, each.n) for each in quicktalk.retention} == {
        "general_information": (Rule.TERM_PLUS, 1),
        "call_fax_logs": (Rule.ROLLING, 12),
        "call_recordings": (Rule.CLIENT_DEFINED, None),
        "faxes": (Rule.TERM_PLUS, 1),
        "transactional_emails": (Rule.NEVER_STORED, None),
        "crm_contacts": (Rule.SINCE_LAST_EXCHANGE, 3),
        "client_contacts_manual": (Rule.MANUAL_DELETION, None),
        "client_contacts_crm": (Rule.DESYNCHRONISATION, None),
        "transcriptions": (Rule.CLIENT_DEFINED, None),
        "sso_user_numbers": (Rule.TERM, None),
    }


def test_the_rules_of_clause_4(quicktalk: Agreement) -> None:
    """Material facts need notice and others are corrections; grounds are objective or not; per client."""
    assert quicktalk.sub_processing.gate is Gate.PER_CLIENT
    changed = ("name", "location", "transfer", "written_agreement")
    assert quicktalk.sub_processing.needs_notice(changed) == ("location", "transfer")
    assert quicktalk.sub_processing.needs_notice(("name",)) == ()
    objective = quicktalk.objection.ground("legal_obligation")
    preference = quicktalk.objection.ground("commercial_preference")
    assert objective is not None
    assert objective.objective
    assert preference is not None
    assert not preference.objective
    assert quicktalk.objection.ground("weather") is None


def test_the_rules_of_notices(quicktalk: Agreement) -> None:
    """Webhook and email first, then post; each proof counts, and nothing else does."""
    assert [stage.channels for stage in quicktalk.notices.stages] == [("webhook", "email"), ("post",)]
    assert quicktalk.notices.counts_as_receipt("email")
    assert not quicktalk.notices.counts_as_receipt("pigeon")
    assert quicktalk.notices.stages[0].retry.first_delay == timedelta(seconds=2)


def test_the_other_clauses_are_there(quicktalk: Agreement) -> None:
    """Eight rights, eleven fields of the dossier, three warnings, four classes, measures of all ten sections."""
    assert len(quicktalk.requests.rights) == 8
    assert len(quicktalk.breach.dossier) == 11
    assert quicktalk.breach.warn_with_left == tuple(timedelta(hours=hours) for hours in (48, 24, 6))
    assert [clock.within for clock in quicktalk.breach.authority_clocks] == [timedelta(hours=72), timedelta(hours=24)]
    assert len(quicktalk.user_classes.classes) == quicktalk.user_classes.announced == 4
    assert {measure.section.partition(".")[0] for measure in quicktalk.measures} == {str(n) for n in range(1, 11)}


@pytest.mark.parametrize(
    "clause", ["heading", "2.3", "4.3", "4.4", "6", "7", "8.2", "8.3", "9", "15", "Appendix A", "Appendix B"]
)
def test_the_outline_has_every_clause(quicktalk: Agreement, clause: str) -> None:
    """What people read has each clause of substance."""
    assert clause in dict(outline(quicktalk))


def test_the_outline_leaves_nothing_out(quicktalk: Agreement) -> None:
    """Every text of the file is printed, the clauses in their order."""
    chapters = outline(quicktalk)
    printed = "\n".join(value for _, entries in chapters for entry in entries for _, value in entry.fields)
    for text in (quicktalk.measures[-1].text, quicktalk.audit.gates[0].text, quicktalk.breach.no_admission.fr):
        assert text in printed
    assert all(each.name in printed and each.transfer.as_written in printed for each in quicktalk.sub_processors)
    clauses = [clause for clause, _ in chapters]
    assert clauses.index("4.4") < clauses.index("8.2") < clauses.index("10") < clauses.index("Appendix A")
    assert clauses[0] == "front"
