"""The agreement as data: its file, its calendar, its deadlines with their explanations. Pure.

`load(default_path())` gives an `Agreement`; `deadlines`, `transfers` and `checks` say what follows from it.
"""

from agreement.loading import AgreementInvalid, Problem, default_path, load
from agreement.schema import Agreement

__all__ = ["Agreement", "AgreementInvalid", "Problem", "default_path", "load"]
