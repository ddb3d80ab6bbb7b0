"""`dutiful retention`: what becomes of a client's data, asked of the running service."""

from collections import defaultdict
from typing import Annotated, Final

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from dutiful.asking import act, ask

RETENTION: Final = "http://127.0.0.1:8083"
app = typer.Typer(no_args_is_help=True, help="What becomes of a client's data when its contract ends.")


class _Line(BaseModel):
    """What is shown of a line."""

    category: str
    holder_id: str
    action: str
    delete_on: str | None
    held_by: list[str]
    because: list[str]
    state: str | None = None
    deleted: int | None = None


class _Announced(BaseModel):
    """A sub-processor that is not in force yet."""

    holder_id: str
    effective_on: str


class _Missed(BaseModel):
    """What a holder doesn't return."""

    holder: str
    order_id: str
    categories: list[str]
    why: str
    said_by: str
    reason: str | None = None

    @property
    def sentence(self) -> str:
        """Who said what of it."""
        what = "gave it up" if self.why == "waived" else "declared its holder unreachable"
        why = f": {self.reason}" if self.reason else ""
        return f"What {self.holder} has ({', '.join(self.categories)}) is not returned: {self.said_by} {what}{why}."


class _Plan(BaseModel):
    """What is shown of a plan; of one that runs its stage, of one that is thought of what stands against it."""

    lines: list[_Line]
    without_holder: list[str] = []
    terminated_on: str | None = None
    stage: str | None = None
    stands: str | None = None
    announced: list[_Announced] = []
    not_returned: list[_Missed] = []
    earlier: list["_Plan"] = []

    @property
    def remarks(self) -> list[str]:
        """What must be known before the lines are read."""
        remarks = [self.stands] if self.stands else []
        if self.stage == "reinstated":
            taken_back = f"its end on {self.terminated_on} was taken back"
            remarks.append(f"The contract goes on: {taken_back}, and nothing of this plan happens.")
        elif self.stage is not None:
            remarks.append(f"The contract's end is {self.terminated_on}; the stage is {self.stage}.")
        remarks += [
            f"{each.holder_id} is announced for {each.effective_on}: by then it holds data, unless the client objects."
            for each in self.announced
        ]
        return remarks + [each.sentence for each in self.not_returned]


@app.callback()
def _group() -> None:
    """What becomes of a client's data when its contract ends."""


@app.command()
def plan(
    client: Annotated[str, typer.Argument(help="the client's id")],
    token: Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="`dutiful token` mints one")],
    retention: Annotated[str, typer.Option(envvar="DUTIFUL_RETENTION", help="URL of retention")] = RETENTION,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Per category and holder: what happens, when, why, and how far it is.

    Example: dutiful retention plan client-42 --token "$(dutiful token --role operator)"
    """
    answer = ask(f"{retention}/clients/{client}/termination", token, "--retention")
    if as_json:
        Console().print_json(data=answer)
    else:
        show_lines(f"The plan of {client}", answer)


@app.command()
def waive(
    client: Annotated[str, typer.Argument(help="the client's id")],
    order: Annotated[str, typer.Argument(help="the order to return, as `GET /orders` lists it")],
    token: Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="the client's own, or an operator's")],
    reason: Annotated[str | None, typer.Option(help="why, if the client says so")] = None,
    retention: Annotated[str, typer.Option(envvar="DUTIFUL_RETENTION", help="URL of retention")] = RETENTION,
) -> None:
    """The client gives up what a holder was to return: deletion waits for it no more.

    Example: dutiful retention waive client-42 ORDER --token "$(dutiful token --role operator)"
    """
    _show_order(act(f"{retention}/clients/{client}/returns/{order}/waiver", token, "--retention", {"reason": reason}))


@app.command()
def unreachable(
    order: Annotated[str, typer.Argument(help="the order to return, as `GET /orders` lists it")],
    reason: Annotated[str, typer.Option(help="what was tried, and why no more is")],
    token: Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="of an operator; `dutiful token` mints one")],
    retention: Annotated[str, typer.Option(envvar="DUTIFUL_RETENTION", help="URL of retention")] = RETENTION,
) -> None:
    """A holder that was reminded in vain can't be reached: its return is given up, and the client is told.

    Nothing is deleted before the client's time to fetch is over, or it gives up the return itself.

    Example: dutiful retention unreachable ORDER --reason "It is wound up." --token "$(dutiful token --role operator)"
    """
    _show_order(act(f"{retention}/orders/{order}/unreachable", token, "--retention", {"reason": reason}))


class _Order(BaseModel):
    """What is shown of an order."""

    order_id: str
    holder_id: str
    state: str


def _show_order(answer: object) -> None:
    order = _Order.model_validate(answer)
    Console().print(Text(f"The return of {order.holder_id} ({order.order_id}) is {order.state}."))


def show_lines(title: str, answer: object) -> None:
    """A plan for people, on a terminal of any width: per category and action each day with its holders and reasons."""
    _show(title, _Plan.model_validate(answer))


def _show(title: str, plan: _Plan) -> None:
    groups: defaultdict[tuple[str, str], defaultdict[tuple[str, str], list[str]]]
    groups = defaultdict(lambda: defaultdict(list))
    for line in plan.lines:
        day = line.delete_on or "when the hold ends"
        groups[line.category, line.action][day, "; ".join(line.because)].append(_holder(line))
    console = Console()
    console.print(Text(title))
    for remark in plan.remarks:
        console.print(Text(remark))
    for (category, action), days in groups.items():
        console.print(Text(f"\n{category}: {action}"))
        for (day, because), holders in days.items():
            console.print(Padding(Text(f"{day}  {', '.join(holders)}"), (0, 0, 0, 2)))
            console.print(Padding(Text(because), (0, 0, 0, 4)))
    if plan.without_holder:
        console.print(Text(f"\nno own system is declared to hold: {', '.join(plan.without_holder)}"))
    for each in plan.earlier:
        _show(f"\nOf the end on {each.terminated_on}, before the client signed again", each)


def _holder(line: _Line) -> str:
    """The holder, and how far it is where anything has begun."""
    deleted = None if line.deleted is None else f"{line.deleted} deleted"
    how_far = ", ".join(each for each in (line.state, deleted) if each)
    return f"{line.holder_id} ({how_far})" if how_far else line.holder_id
