"""The container files can't be run where there is no Docker; what they name can be held against what there is."""

import inspect
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import pytest
import typer.main
import yaml
from pydantic import BaseModel, ConfigDict, Field

from agreement.book import Book
from console.settings import ConsoleSettings
from dutiful.cli import app
from dutiful.services import RUNNABLE, settings_of
from embedded import sample_platform
from holder.map_file import load
from holder.settings import HolderSettings
from notifier.settings import NotifierSettings
from requests_desk.settings import RequestsSettings
from retention.settings import RetentionSettings

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "deploy/compose"
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
INSTRUCTIONS = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if line and not line.startswith(("#", " "))]
ENV = dict(re.findall(r"(\w+)=(\S*)", next(rest for name, rest in INSTRUCTIONS if name == "ENV")))
COMMAND_LINE = {"DUTIFUL_AGREEMENT"}
"""Variables of the command `dutiful` itself, beside the fields of a service's settings."""
PINNED = re.compile(r"^[a-z0-9./-]+:v?\d+\.\d+[\w.-]*$")


class Dependency(BaseModel):
    """A `depends_on` with its condition."""

    condition: str


class Container(BaseModel):
    """What these tests look at in a service of compose."""

    model_config = ConfigDict(extra="allow")

    image: str
    command: list[str] = []
    environment: Mapping[str, str] = {}
    ports: list[str] = []
    volumes: list[str] = []
    depends_on: Mapping[str, Dependency] = {}
    healthcheck: Mapping[str, object] = {}
    read_only: bool = False
    cap_drop: list[str] = []


class Compose(BaseModel):
    """The compose file; a key that compose doesn't know at its top is an error of ours."""

    services: Mapping[str, Container]
    volumes: Mapping[str, None]
    name: Annotated[str, Field(min_length=1)]


def _compose() -> Compose:
    return Compose.model_validate(yaml.safe_load((COMPOSE / "compose.yaml").read_text()))


def _value(text: str) -> str:
    """A value as compose reads it where no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def _ours() -> Iterator[tuple[str, Container]]:
    return ((name, each) for name, each in _compose().services.items() if each.image.startswith("dutiful:"))


def _running() -> list[tuple[str, Container]]:
    return [(name, each) for name, each in _ours() if each.command[0] == "run"]


def test_every_service_has_a_container_and_a_migration_before_it() -> None:
    """Each service of the command line runs once, after its own migration and the topics have ended well."""
    containers = _compose().services
    assert sorted(each.command[1] for _, each in _running()) == sorted(RUNNABLE)
    for _, each in _running():
        ended = {name for name, on in each.depends_on.items() if on.condition == "service_completed_successfully"}
        before = {tuple(containers[name].command[:2]) for name in ended}
        assert {("migrate", each.command[1]), ("topics",)} <= before


def test_every_command_is_one_that_the_image_understands() -> None:
    """The arguments of each of our containers are parsed by the command line itself."""
    commands = typer.main.get_group(app).commands
    for _, each in _ours():
        name, *arguments = each.command
        commands[name].make_context(name, arguments)


def test_every_variable_is_a_setting_and_its_value_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What compose and the image set makes valid settings, and every DUTIFUL_* name is one that something reads."""
    for _, each in _running():
        said = {
            name: _value(text) for name, text in (ENV | dict(each.environment)).items() if name.startswith("DUTIFUL_")
        }
        for name in said.keys() - COMMAND_LINE:
            assert _is_setting(name.removeprefix("DUTIFUL_").lower()), f"{name} is no setting"
        with monkeypatch.context() as environment:
            for name, text in said.items():
                environment.setenv(name, text)
            settings = settings_of(each.command[1])
        assert settings.kafka == said["DUTIFUL_KAFKA"]
        assert settings.database_url.get_secret_value() == said["DUTIFUL_DATABASE_URL"]
        if isinstance(settings, NotifierSettings):
            assert settings.mail is not None
            assert settings.mail.host in _compose().services


def _is_setting(path: str) -> bool:
    name, _, rest = path.partition("__")
    kinds = (NotifierSettings, RetentionSettings, HolderSettings, RequestsSettings, ConsoleSettings)
    field = {each: field for kind in kinds for each, field in kind.model_fields.items()}.get(name)
    if field is None or not rest:
        return field is not None
    models = [kind for kind in (field.annotation, *getattr(field.annotation, "__args__", ())) if inspect.isclass(kind)]
    return any(issubclass(model, BaseModel) and rest in model.model_fields for model in models)


def test_each_role_is_the_service_and_has_the_password_that_its_url_names() -> None:
    """The database is made with one role per service, by the variables that the services' URLs hold."""
    containers = _compose().services
    roles = dict(re.findall(r'^make_role (\w+) "\$(\w+)"$', (COMPOSE / "postgres-roles.sh").read_text(), re.MULTILINE))
    assert roles.keys() == set(RUNNABLE)
    for _, each in _running():
        role, password, host, database = re.fullmatch(
            r"postgresql://(\w+):([^@]+)@([\w-]+):5432/(\w+)", each.environment["DUTIFUL_DATABASE_URL"]
        ).groups()  # type: ignore[union-attr]
        assert role == each.command[1]
        assert containers[host].environment[roles[role]] == password
        assert containers[host].environment["POSTGRES_DB"] == database


def test_the_holder_finds_its_map_its_database_and_a_place_for_packages() -> None:
    """The map that is mounted reads, its database is made and its role is the one that the address names."""
    containers = _compose().services
    holder = containers["holder"]
    mounted = {volume.split(":")[1]: volume.split(":")[0] for volume in holder.volumes}
    assert (COMPOSE / mounted[holder.environment["DUTIFUL_DATA_MAP"]]).resolve() == sample_platform.MAP
    for database in load(sample_platform.MAP).databases.values():
        role, password, name = re.fullmatch(
            r"postgresql://(\w+):([^@]+)@postgres:5432/(\w+)", holder.environment[database.url_env]
        ).groups()  # type: ignore[union-attr]
        made = (COMPOSE / "postgres-roles.sh").read_text()
        assert f"CREATE DATABASE {name}" in made
        assert f"CREATE ROLE {role} " in made
        assert containers["postgres"].environment["PLATFORM_PASSWORD"] == password
    assert mounted[holder.environment["DUTIFUL_PACKAGES"]] == "packages"
    assert f"--mode 0700 {holder.environment['DUTIFUL_PACKAGES']}" in DOCKERFILE
    port = holder.ports[0].split(":")[1]
    assert holder.environment["DUTIFUL_PUBLIC_URL"] == f"http://127.0.0.1:{port}"
    requests = urlsplit(holder.environment["DUTIFUL_REQUESTS_URL"])
    assert (requests.hostname, str(requests.port)) == ("requests", ENV["DUTIFUL_PORT"])
    assert requests.hostname in containers


def test_ports_meet() -> None:
    """What is published leads to what listens; Kafka names its listeners as they are reached; only loopback is open."""
    containers = _compose().services
    published = [port.split(":") for each in containers.values() for port in each.ports]
    assert all(port[0] == "127.0.0.1" and len(port) == 3 for port in published)
    assert len({port[1] for port in published}) == len(published)
    for _, each in _running():
        assert each.ports[0].split(":")[2] == ENV["DUTIFUL_PORT"]
    assert ["EXPOSE", ENV["DUTIFUL_PORT"]] in INSTRUCTIONS
    kafka = containers["kafka"].environment
    assert containers["kafka"].ports == ["127.0.0.1:9092:9092"]
    for _, each in _running():
        assert f"INSIDE://{each.environment['DUTIFUL_KAFKA']}" in kafka["KAFKA_ADVERTISED_LISTENERS"].split(",")
    listeners = dict(re.findall(r"(\w+)://:(\d+)", kafka["KAFKA_LISTENERS"]))
    for name, port in re.findall(r"(\w+)://[\w.]+:(\d+)", kafka["KAFKA_ADVERTISED_LISTENERS"]):
        assert listeners[name] == port


def test_traces_go_where_the_collector_listens() -> None:
    """The services' OTLP endpoint is the collector's gRPC receiver, and what it receives goes to an exporter."""
    collector = yaml.safe_load((COMPOSE / "otel-collector.yaml").read_text())
    port = collector["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].rpartition(":")[2]
    for _, each in _running():
        assert each.environment["DUTIFUL_OTLP_ENDPOINT"] == f"http://otel-collector:{port}"
    for pipeline in collector["service"]["pipelines"].values():
        for part, names in pipeline.items():
            assert set(names) <= collector[part].keys()


def test_everything_that_is_waited_for_can_come() -> None:
    """A condition on health is on a container that has a health check; what is mounted is there or is a volume."""
    compose = _compose()
    for name, each in compose.services.items():
        for other, on in each.depends_on.items():
            if on.condition == "service_healthy":
                assert compose.services[other].healthcheck.get("test"), f"{name} waits for {other}"
        for volume in each.volumes:
            source = volume.split(":")[0]
            assert (COMPOSE / source).is_file() if source.startswith(".") else source in compose.volumes


def test_versions_are_pinned() -> None:
    """No image floats: a tag with a version on every one, ours the version of the project."""
    images = [each.image for each in _compose().services.values()]
    (base,) = [rest.removeprefix("BASE=") for name, rest in INSTRUCTIONS if name == "ARG"]
    assert {rest.split()[0] for name, rest in INSTRUCTIONS if name == "FROM"} == {"${BASE}"}
    images.append(base)
    assert [image for image in images if not PINNED.match(image)] == []
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert {each.image for _, each in _ours()} == {f"dutiful:{version[1]}"}


def test_our_containers_can_do_little() -> None:
    """Read-only, without capabilities, not as root; a running service writes nothing but return packages."""
    for _, each in _ours():
        assert each.read_only
        assert each.cap_drop == ["ALL"]
    for _, each in _running():
        assert all(volume.endswith(":ro") for volume in each.volumes if not volume.startswith("packages:"))
    users = [rest for name, rest in INSTRUCTIONS if name == "USER"]
    assert len(users) == 1
    assert int(users[0]) > 0


def test_what_the_image_copies_is_there_and_is_sent() -> None:
    """Each source of a COPY exists and is let through by .dockerignore."""
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        source
        for name, rest in INSTRUCTIONS
        if name == "COPY" and not rest.startswith("--from")
        for source in shlex.split(rest)[:-1]
    }
    assert copied == sent
    assert all((ROOT / source).exists() for source in copied)


def test_the_image_finds_its_agreement() -> None:
    """DUTIFUL_AGREEMENT names a file that the image has, and it is an agreement."""
    target = next(rest.split()[1] for name, rest in INSTRUCTIONS if name == "COPY" and rest.startswith("agreements "))
    named = Path(ENV["DUTIFUL_AGREEMENT"])
    assert named.is_relative_to(target)
    assert Book.read(ROOT / "agreements" / named.relative_to(target)).latest.sub_processors
