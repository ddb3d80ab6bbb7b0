"""Holds the lock file against PyPI's advisories: ends with 1 where there are any, and says what was not audited.

`pip-audit` says "no known vulnerabilities" also where its service knows no package. So a release with an old advisory
is asked for first: who has nothing against that one knows nothing.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

_LOCK: Final = Path(__file__).parents[1] / "requirements.lock"
_KNOWN_TO_BE_BAD: Final = "jinja2==2.10\n"  # PYSEC-2019-217
_WITHIN_S: Final = 240
NOT_AUDITED: Final = "NOT AUDITED"


def main() -> int:
    """0: nothing is known, or it could not be audited, which is said; 1: what is known."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as bad:
        bad.write(_KNOWN_TO_BE_BAD)
        bad.flush()
        control = _asked(Path(bad.name))
    if control is None or not any(each.get("vulns") for each in control):
        why = "the advisories can't be reached" if control is None else "whoever answers has no advisories"
        print(f"{NOT_AUDITED}: {why} from here; run `make audit` where the advisories of the index are reached")
        return 0
    found = _asked(_LOCK)
    if found is None:
        print(f"{NOT_AUDITED}: the advisories can't be reached any more")
        return 0
    return _told(found)


def _told(found: list[dict[str, object]]) -> int:
    skipped = [str(each["name"]) for each in found if "skip_reason" in each]
    bad = [each for each in found if each.get("vulns")]
    print(f"audited: {len(found) - len(skipped)} of {len(found)} packages of the lock file against PyPI's advisories")
    if skipped:
        print(f"{NOT_AUDITED}: {', '.join(skipped)}")
    for each in bad:
        known = ", ".join(
            f"{one['id']} (mended in {', '.join(one['fix_versions']) or 'none'})" for one in each["vulns"]
        )  # type: ignore[attr-defined]
        print(f"{each['name']} {each['version']}: {known}")
    return 1 if bad else 0


def _asked(requirements: Path) -> list[dict[str, object]] | None:
    """What is known of each package; None where nobody answers."""
    with tempfile.TemporaryDirectory() as home:
        out = Path(home) / "audit.json"
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements), "--no-deps", "--disable-pip"]
        options = [
            "--vulnerability-service",
            "pypi",
            "--progress-spinner",
            "off",
            "--format",
            "json",
            "--output",
            str(out),
        ]
        try:
            subprocess.run([*command, *options], capture_output=True, timeout=_WITHIN_S, check=False)  # noqa: S603 - ours
        except subprocess.TimeoutExpired:
            return None
        found: list[dict[str, object]] = json.loads(out.read_text())["dependencies"] if out.exists() else []
        return found or None


if __name__ == "__main__":
    sys.exit(main())
