"""`dutiful deploy`: what Kubernetes is told of topics, rights and services, from the contracts and the routers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="deploy", help="What is deployed, as the contracts and the services say it.", no_args_is_help=True
)
Directory = Annotated[Path, typer.Argument(help="the manifests, such as deploy/k8s", file_okay=False)]
Partitions = Annotated[int, typer.Option(envvar="DUTIFUL_PARTITIONS", help="of each topic; processes at most", min=1)]
Replication = Annotated[int, typer.Option(envvar="DUTIFUL_REPLICATION", help="copies of each record", min=1)]
Prefix = Annotated[str, typer.Option(envvar="DUTIFUL_TOPIC_PREFIX", help="put before every topic's name")]


@app.command()
def generate(
    directory: Directory, partitions: Partitions = 6, replication: Replication = 3, prefix: Prefix = ""
) -> None:
    """Write topics, users with their rights, and each service's manifests, where they differ."""
    from dutiful.deploy.files import write

    changed = write(directory, _files(directory, partitions, replication, prefix))
    print("\n".join(changed) or "nothing to do")


@app.command()
def check(directory: Directory, partitions: Partitions = 6, replication: Replication = 3, prefix: Prefix = "") -> None:
    """Refuse manifests that say something else than the contracts and the services."""
    from dutiful.deploy.files import differing

    files = _files(directory, partitions, replication, prefix)
    stale = differing(directory, files)
    if stale:
        print("\n".join(stale))
        print(f"these differ from the contracts and the services: dutiful deploy generate {directory}")
        raise typer.Exit(1)
    print(f"{len(files)} generated files in {directory}: as the contracts and the services say")


def _files(directory: Path, partitions: int, replication: int, prefix: str) -> Mapping[str, str]:
    from chassis.topics import Shape
    from dutiful.deploy.files import generated

    rules = directory.resolve().parent / "monitoring" / "rules.yaml"
    if not rules.is_file():
        raise typer.BadParameter(f"the rules of alerts are missing: {rules}")
    return generated(Shape(prefix, partitions, replication), rules.read_text())
