"""The check finds what a careful reader finds, because of the data and not because of the file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agreement.checks import Finding, Severity, check
from agreement.loading import load
from agreement.schema import Agreement

Edit = Callable[..., Path]

COLTS_AGREEMENT = 'written_agreement = { reference = "COLT-DPA", signed_on = 2024-01-01, confirmed = false }'
CLOUDFLARES_WORDS = "No transfer outside EU, data localization suite option (data stored in EU)"
GIFTS = '[[data_categories]]\nclause = "Appendix A"\ncode = "gifts"\nlabel = "Gifts"\n\n'


def about(findings: list[Finding], clause: str, *texts: str) -> list[Finding]:
    """The findings on a clause that say all of this."""
    return [each for each in findings if clause in each.clause and all(text in each.what for text in texts)]


def test_the_shipped_file_can_be_run(quicktalk: Agreement) -> None:
    """Its agreement has contradictions, and the file has no error; errors would come first."""
    severities = [finding.severity for finding in check(quicktalk)]
    assert Severity.ERROR not in severities
    assert severities == sorted(severities, key=list(Severity).index)
    assert all(finding.remedy and finding.path for finding in check(quicktalk))


@pytest.mark.parametrize(
    ("clause", "texts"),
    [
        ("Appendix C 1.1", ("Appendix B lists", "Vonage (United States)", "Colt (United Kingdom)")),
        ("4.3, 4.4", ("'working days'", "'business days'", "neither is defined")),
        ("5.2", ("ends in mid-sentence", "may at any time obtain")),
        ("Appendix C 9", ("4 classes of users are announced and 1 named",)),
        ("Appendix B", ("Cloudflare", "localization suite", "no transfer mechanism")),
        ("Appendix A", ("2006-538", "2021-1361")),
        ("Appendix A", ("2012-436",)),
        ("8.3", ("sets no period for termination_choice", "30 days")),
        ("6", ("sentence is in 'fr'",)),
        ("611/2013", ("24 hours", "shorter than the clients' 72")),
        ("heading", ("email address in the heading, which gives none",)),
        ("4.1", ("17 sub-processors", "provisional")),
    ],
)
def test_what_a_careful_reader_finds(quicktalk: Agreement, clause: str, texts: tuple[str, ...]) -> None:
    """Each contradiction and gap of the agreement is found once, under its clause."""
    assert len(about(check(quicktalk), clause, *texts)) == 1


@pytest.mark.parametrize(
    ("clause", "text", "pairs"),
    [
        (
            "4.3",
            "working days",
            [('term = "business days"', 'term = "working days"'), ('term = "Contract"', 'term = "Working days"')],
        ),
        ("5.2", "mid-sentence", [('may at any time obtain"', 'may at any time obtain them."')]),
        ("8.3", "sets no period for termination_choice", [("open = true\n", "")]),
        ("6", "sentence is in", [('language = "fr"', 'language = "en"')]),
        ("611/2013", "shorter", [('within = "PT24H"', 'within = "PT96H"')]),
        ("heading", "gives none", [("legal_form", 'email = "dpo@processor.example"\nlegal_form')]),
        ("Appendix C 1.1", "Appendix B lists", [('claims = "no_transfer_outside_eea"', "")]),
        ("Appendix B", "Cloudflare", [('location = "US"', 'location = "DE"')]),
    ],
)
def test_what_is_mended_is_found_no_more(edited: Edit, clause: str, text: str, pairs: list[tuple[str, str]]) -> None:
    """The finding follows the data: where they are put right, it goes."""
    assert not about(check(load(edited(*pairs))), clause, text)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("has no written agreement", (COLTS_AGREEMENT, "")),
        (
            "names the mechanism scc and no document",
            (', document = "Standard Contractual Clauses (2021/914) with Vonage"', ""),
        ),
        ("the list names no mechanism", (CLOUDFLARES_WORDS, "N/A")),
        ("run in a circle", ('id = "orange"', 'id = "orange"\nparent_id = "orange"')),
        ("earlier than the notice's own 10", ("working_days_before = 5", "working_days_before = 11")),
        (
            "no receipt by post counts",
            ('a record of delivery, with its date"\ncounts = true', 'a record"\ncounts = false'),
        ),
        ("has no retention rule", ("[[data_categories]]", f"{GIFTS}[[data_categories]]")),
        (
            "no answer leaves without the client's instruction",
            ("answered_only_on_instruction = true", "answered_only_on_instruction = false"),
        ),
        (
            "work that was quoted waits for the client's word",
            ("quote_before_costly_work = true", "quote_before_costly_work = false"),
        ),
    ],
)
def test_what_cannot_be_run_is_an_error(edited: Edit, text: str, pair: tuple[str, str]) -> None:
    """An agreement that contradicts its own rules is refused, for this reason alone."""
    errors = [finding for finding in check(load(edited(pair))) if finding.severity is Severity.ERROR]
    assert [text in error.what for error in errors] == [True]


def test_laws_to_come_are_announced(edited: Edit) -> None:
    """A law in force after the version's day asks for another version."""
    agreement = load(edited(("in_force_on = 2018-05-25", "in_force_on = 2030-05-25")))
    assert about(check(agreement), "1", "in force from 2030-05-25 on")
