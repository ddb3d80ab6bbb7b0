"""Reading an agreement file: every problem is named with the file, the field's path and what to do about it."""

import difflib
import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError
from pydantic_core import to_json

from agreement.fields import fields_at
from agreement.references import broken_references
from agreement.schema import Agreement

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

ENVIRONMENT: Final = "DUTIFUL_AGREEMENT"
SHIPPED: Final = Path("agreements", "quicktalk.toml")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a place of the file, and what to do."""

    path: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}; {self.remedy}"


class AgreementInvalid(ValueError):
    """The file is no agreement; `problems` says why, one by one."""

    def __init__(self, file: Path, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{file}: {problem}" for problem in self.problems))


def default_path() -> Path:
    """The file that `DUTIFUL_AGREEMENT` names, or the one shipped with the repository."""
    named = os.environ.get(ENVIRONMENT)
    return Path(named) if named else Path(__file__).parents[2] / SHIPPED


def load(path: Path) -> Agreement:
    """The agreement in a TOML file; raises `AgreementInvalid`."""
    try:
        # Strict JSON, so that a TOML array is a tuple and a TOML string an enum, and a number is never a string.
        agreement = Agreement.model_validate_json(to_json(tomllib.loads(path.read_text(encoding="utf-8"))))
    except OSError as error:
        what = f"the file can't be read ({error.strerror})"
        raise AgreementInvalid(path, [Problem("(file)", what, f"name a file, or set {ENVIRONMENT}")]) from error
    except ValueError as error:
        raise AgreementInvalid(path, _problems(error)) from error
    broken = [Problem(reference.path, reference.what, reference.remedy) for reference in broken_references(agreement)]
    if broken:
        raise AgreementInvalid(path, broken)
    return agreement


def _problems(error: ValueError) -> list[Problem]:
    if isinstance(error, ValidationError):
        return [_problem(detail) for detail in error.errors(include_url=False)]
    return [Problem("(file)", f"this is not TOML: {error}", "correct the line that is named")]


def _problem(detail: "ErrorDetails") -> Problem:
    path = spell_path(detail["loc"])
    name = str(detail["loc"][-1]) if detail["loc"] else ""
    siblings = fields_at(detail["loc"][:-1])
    match detail["type"]:
        case "missing":
            about = f" ({siblings[name]})" if siblings.get(name) else ""
            return Problem(path, f"it is missing{about}", f"add {name} here")
        case "extra_forbidden":
            close = difflib.get_close_matches(name, siblings, n=1)
            known = f"known here: {', '.join(sorted(siblings))}"
            remedy = f"did you mean {close[0]}?" if close else f"remove it; {known}"
            return Problem(path, "there is no such field", remedy)
        case _:
            said = detail["msg"].removeprefix("Value error, ")
            now = to_json(detail["input"]).decode()[:80]
            return Problem(path, said[:1].lower() + said[1:], f"it is {now} now; correct it")


def spell_path(steps: Iterable[str | int]) -> str:
    """A TOML path as people write it: `sub_processors[3].location`."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps if step != "[key]")
    return path.removeprefix(".") or "(file)"
