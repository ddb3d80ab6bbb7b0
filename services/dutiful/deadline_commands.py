"""`dutiful deadline RULE`: one date of the agreement, with the steps that lead to it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agreement import assurance_days, deadlines
from agreement.calendar import CalendarUnknown
from agreement.deadlines import Deadline
from agreement.loading import AgreementInvalid, default_path, load
from agreement.schema import Agreement

app = typer.Typer(
    name="deadline",
    help="Compute a date of the agreement and explain it. Example: dutiful deadline objection_window --from 2026-04-30",
    no_args_is_help=True,
)


def parse_date(text: str) -> date:
    """A date as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        why = str(error).partition(":")[0] if text[:4].isdecimal() else "it has another form"
        raise typer.BadParameter(f"{text!r} is no date ({why}); write YYYY-MM-DD, as in 2026-04-30") from None


def parse_instant(text: str) -> datetime:
    """An instant in ISO 8601, with its offset from UTC."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no instant ({error}); write 2026-03-27T16:20:00+01:00") from None
    if instant.tzinfo is None:
        raise typer.BadParameter(f"{text!r} has no UTC offset; write 2026-03-27T16:20:00+01:00")
    return instant


FromDay = Annotated[date, typer.Option("--from", parser=parse_date, metavar="DATE", help="the first day, YYYY-MM-DD")]
EffectiveOn = Annotated[
    date, typer.Option("--effective-on", parser=parse_date, metavar="DATE", help="the day of the change, YYYY-MM-DD")
]
AwareAt = Annotated[
    datetime,
    typer.Option("--aware-at", parser=parse_instant, metavar="INSTANT", help="awareness, ISO 8601 with its UTC offset"),
]
Months = Annotated[int, typer.Option("--n", min=0, help="how many months")]
Years = Annotated[int, typer.Option("--n", min=0, help="how many years")]
File = Annotated[
    Path | None, typer.Option("--agreement", metavar="FILE", help="an agreement file; default: the shipped one")
]
AsJson = Annotated[bool, typer.Option("--json", help='print {"result": …, "because": […]}')]


@app.command("objection_window")
def objection_window(from_on: FromDay, agreement: File = None, as_json: AsJson = False) -> None:
    """The last day to object to a sub-processor, when the notice was received on --from.

    Example: dutiful deadline objection_window --from 2026-04-30
    """
    _Ask("--from", agreement, as_json).answer(lambda terms: deadlines.objection_window(terms, from_on))


@app.command("latest_notice_day")
def latest_notice_day(effective_on: EffectiveOn, agreement: File = None, as_json: AsJson = False) -> None:
    """The last working day to give notice of a change that takes effect on --effective-on.

    Example: dutiful deadline latest_notice_day --effective-on 2026-05-26
    """
    _Ask("--effective-on", agreement, as_json).answer(lambda terms: deadlines.latest_notice_day(terms, effective_on))


@app.command("earliest_effective_day")
def earliest_effective_day(from_on: FromDay, agreement: File = None, as_json: AsJson = False) -> None:
    """The first day on which a change may take effect, when its notice is given on --from.

    Example: dutiful deadline earliest_effective_day --from 2026-04-30
    """
    _Ask("--from", agreement, as_json).answer(lambda terms: deadlines.earliest_effective_day(terms, from_on))


@app.command("breach_notice_due")
def breach_notice_due(aware_at: AwareAt, agreement: File = None, as_json: AsJson = False) -> None:
    """The instant by which clients must know of a breach that the processor became aware of at --aware-at.

    Example: dutiful deadline breach_notice_due --aware-at 2026-03-27T16:20:00+01:00
    """
    _Ask("--aware-at", agreement, as_json).answer(lambda terms: deadlines.breach_notice_due(terms, aware_at))


@app.command("months_after")
def months_after(from_on: FromDay, n: Months, agreement: File = None, as_json: AsJson = False) -> None:
    """The day so many months after --from, as for the answer to a data subject (GDPR art. 12(3)).

    Example: dutiful deadline months_after --from 2026-01-31 --n 1
    """
    _Ask("--from", agreement, as_json).answer(lambda terms: deadlines.months_after(terms, from_on, n))


@app.command("retention_end")
def retention_end(from_on: FromDay, n: Years, agreement: File = None, as_json: AsJson = False) -> None:
    """The day on which data must go that are kept so many years from --from.

    Example: dutiful deadline retention_end --from 2028-02-29 --n 1
    """
    _Ask("--from", agreement, as_json).answer(lambda terms: deadlines.retention_end(terms, from_on, n))


@app.command("earliest_audit_day")
def earliest_audit_day(from_on: FromDay, agreement: File = None, as_json: AsJson = False) -> None:
    """The first day on which an audit may be held that was requested in writing on --from.

    Example: dutiful deadline earliest_audit_day --from 2026-03-02
    """
    _Ask("--from", agreement, as_json).answer(lambda terms: assurance_days.earliest_audit_day(terms, from_on))


@app.command("next_audit_day")
def next_audit_day(from_on: FromDay, agreement: File = None, as_json: AsJson = False) -> None:
    """The first day on which the next audit may be held, when the last one was held on --from.

    Example: dutiful deadline next_audit_day --from 2026-03-02
    """
    _Ask("--from", agreement, as_json).answer(lambda terms: assurance_days.next_audit_day(terms, from_on))


@app.command("settlement_end")
def settlement_end(from_on: FromDay, agreement: File = None, as_json: AsJson = False) -> None:
    """The last day to settle a dispute amicably, when the parties met on --from.

    Example: dutiful deadline settlement_end --from 2026-03-02
    """
    _Ask("--from", agreement, as_json).answer(lambda terms: assurance_days.settlement_end(terms, from_on))


@dataclass(frozen=True, slots=True)
class _Ask:
    """Which option a date came from, which agreement answers, and in which form."""

    option: str
    file: Path | None
    as_json: bool

    def answer(self, compute: Callable[[Agreement], Deadline]) -> None:
        """Print the deadline; what can't be computed is the option's error, exit code 2."""
        try:
            deadline = compute(load(self.file or default_path()))
        except AgreementInvalid as invalid:
            raise typer.BadParameter(str(invalid), param_hint="--agreement") from None
        except CalendarUnknown as unknown:
            raise typer.BadParameter(str(unknown), param_hint=self.option) from None
        if self.as_json:
            print(_json(deadline))
        else:
            _print(deadline)


def _json(deadline: Deadline) -> str:
    fields: dict[str, object] = {"result": deadline.result.isoformat(), "because": deadline.because}
    if deadline.unrolled is not None:
        fields["unrolled"] = deadline.unrolled.isoformat()
    return json.dumps(fields, ensure_ascii=False)


def _print(deadline: Deadline) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if deadline.unrolled is not None and deadline.unrolled != deadline.day:
        console.print(
            f"[bold]{_spell(deadline.unrolled)}[/bold]  before it is moved to a working day; rely on this one"
        )
    console.print(f"[bold]{_spell(deadline.result)}[/bold]  {deadline.rule}, clause {deadline.clause}")
    for step in deadline.because:
        console.print(f"  · {step}", markup=False)
    console.print(f"  calendar: {deadline.calendar}", markup=False)


def _spell(day: date | datetime) -> str:
    """A date, or an instant with its offset, with its weekday."""
    return f"{day:%A} {day.isoformat(' ')}" if isinstance(day, datetime) else f"{day:%A} {day.isoformat()}"
