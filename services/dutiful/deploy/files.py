"""The generated files of `deploy/k8s`: what each must hold, and which differ from that."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from chassis.topics import Shape, plan
from dutiful.deploy import prometheus, rights, strimzi, workloads
from dutiful.deploy.resources import Resource, dns, written
from dutiful.services import RUNNABLE, kind_of

_SAYS: Final = (
    "# Made by `dutiful deploy generate`, which `make check` holds it against. Change what it is made from.\n"
)
SERVICES: Final = "services"
"""The directory that is generated whole; the other generated files lie among those written by hand."""


def generated(shape: Shape, rules: str) -> Mapping[str, str]:
    """Every generated file by its path within `deploy/k8s`; `rules` is the text of `deploy/monitoring/rules.yaml`."""
    clients = [rights.of_service(name, kind_of(name).router.topics) for name in RUNNABLE]
    clients += [rights.of_platform(), rights.of_operator(RUNNABLE)]
    files: dict[str, Iterable[Resource]] = {
        f"{SERVICES}/kustomization.yaml": [workloads.listing([dns(name) for name in RUNNABLE])],
        "components/strimzi/topics.yaml": [strimzi.topic(each) for each in plan(shape, RUNNABLE)],
        "components/strimzi/users.yaml": [strimzi.user(each, shape.prefix) for each in clients],
        "components/cloudnative-pg/roles.yaml": [workloads.roles(RUNNABLE)],
        "components/external-secrets/databases.yaml": [workloads.password(name) for name in RUNNABLE],
        "components/keda/scaled.yaml": [
            each for name in RUNNABLE for each in workloads.scaling(name, shape.partitions, shape.prefix)
        ],
        "components/monitoring/rules.yaml": [prometheus.alerts(rules)],
        "components/gateway/routes.yaml": [workloads.route(name) for name in RUNNABLE],
        "components/ingress/ingresses.yaml": [workloads.ingress(name) for name in RUNNABLE],
    }
    files |= {f"{SERVICES}/{dns(name)}/kustomization.yaml": [workloads.service(name)] for name in RUNNABLE}
    return {path: _SAYS + written(resources) for path, resources in files.items()}


def write(directory: Path, files: Mapping[str, str]) -> list[str]:
    """Write what differs, delete what is no more; return the paths of both."""
    stale = differing(directory, files)
    for path in stale:
        if path in files:
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(files[path])
        else:
            (directory / path).unlink()
    return stale


def differing(directory: Path, files: Mapping[str, str]) -> list[str]:
    """The paths of files that are missing, hold something else, or should not be there."""
    there = {str(path.relative_to(directory)) for path in (directory / SERVICES).rglob("*.yaml")}
    changed = {path for path, text in files.items() if not _holds(directory / path, text)}
    return sorted(changed | (there - files.keys()))


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text
