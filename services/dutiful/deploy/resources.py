"""What every generated resource looks like. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

import yaml
from pydantic import JsonValue

Resource = dict[str, JsonValue]
_WIDTH: Final = 120


class _Blocks(yaml.SafeDumper):
    """Texts of many lines are written as they are read, and what is said twice is written twice."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - yaml asks of each thing that it writes
        return True


_Blocks.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def written(resources: Iterable[Resource]) -> str:
    """Resources as YAML."""
    return yaml.dump_all(resources, Dumper=_Blocks, sort_keys=False, width=_WIDTH)


def dns(name: str) -> str:
    """A name as Kubernetes takes it."""
    return name.replace("_", "-")


def resource(
    api: str, kind: str, name: str, spec: Mapping[str, JsonValue], labels: Mapping[str, JsonValue] | None = None
) -> Resource:
    """A resource of our namespace."""
    metadata: dict[str, JsonValue] = {"name": name}
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": dict(spec)}


def of_service(name: str) -> Mapping[str, JsonValue]:
    """The label that all resources of a service carry, so that they can be chosen, or left out, together."""
    return {"app.kubernetes.io/name": dns(name)}
