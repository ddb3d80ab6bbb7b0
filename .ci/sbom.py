"""Holds a bill of materials against the lock file: each package of the image, no other, in its version, with hashes."""

import json
import re
import sys
from pathlib import Path

_PIN = re.compile(r"^([a-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def main(lock: str, image: str, bill: str) -> int:
    """0 where they agree; 1, and what differs, where they don't."""
    locked, held = (dict(_PIN.findall(Path(each).read_text())) for each in (lock, image))
    components = json.loads(Path(bill).read_text())["components"]
    named = {_canonical(each["name"]): each for each in components}
    wrong = [
        f"{name} {version}: not what the lock file has" for name, version in held.items() if locked.get(name) != version
    ]
    wrong += [f"{name}: not on the bill" for name in held.keys() - named.keys()]
    wrong += [f"{name}: on the bill and not in the image" for name in named.keys() - held.keys()]
    for name in held.keys() & named.keys():
        said = named[name]
        hashes = [one for each in said.get("externalReferences", []) for one in each.get("hashes", [])]
        if said["version"] != held[name] or not said["purl"].startswith("pkg:pypi/") or not hashes:
            wrong.append(f"{name}: version, address or hashes are not the lock file's")
    print("\n".join(wrong) or f"{bill}: {len(named)} packages, as the lock file has them")
    return 1 if wrong else 0


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
