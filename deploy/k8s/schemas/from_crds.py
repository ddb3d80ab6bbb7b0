"""Makes the strict JSON Schemas beside this file out of CustomResourceDefinitions.

    python deploy/k8s/schemas/from_crds.py FILE.yaml KIND [KIND …]

FILE is what an operator's release ships, what `kubectl get crd -o yaml` says, or what its API's types generate. What
only explains is left out, and a field that the definition doesn't name is refused.
"""

import json
import sys
from pathlib import Path

import yaml
from pydantic import JsonValue

_SAYS_NOTHING = {"description", "example", "default", "nullable"}


def strict(schema: JsonValue) -> JsonValue:
    """The schema as JSON Schema, closed."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    kept = {name: said for name, said in schema.items() if name not in _SAYS_NOTHING and not name.startswith("x-")}
    named = kept.get("properties")
    closed: dict[str, JsonValue] = {name: strict(said) for name, said in kept.items() if name != "properties"}
    if isinstance(named, dict):
        closed["properties"] = {name: strict(said) for name, said in named.items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            closed.setdefault("additionalProperties", False)
    return closed


def main(file: Path, kinds: set[str]) -> None:
    """Write a schema for each version of each kind."""
    for definition in yaml.safe_load_all(file.read_text()):
        spec = definition["spec"]
        kind = spec["names"]["kind"]
        for version in spec["versions"] if kind in kinds else ():
            schema = strict(version["schema"]["openAPIV3Schema"])
            target = Path(__file__).parent / spec["group"] / f"{kind.lower()}_{version['name']}.json"
            target.parent.mkdir(exist_ok=True)
            schema["properties"]["metadata"] = {"type": "object"}  # type: ignore[call-overload,index]
            target.write_text(json.dumps(schema, sort_keys=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), set(sys.argv[2:]))
