"""Asking every service the same: who doesn't answer is named, and only its part of the answer is missing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console

if TYPE_CHECKING:
    import aiohttp

_WITHIN_S: Final = 30
M = TypeVar("M", bound=BaseModel)

Urls = Annotated[
    list[str] | None, typer.Option("--service", envvar="DUTIFUL_SERVICES", help="URL of a service, each; of `make up`")
]


@dataclass
class Everyone:
    """The services that are asked, and why some of them did not answer."""

    http: "aiohttp.ClientSession"
    urls: Sequence[str]
    silent: dict[str, str] = field(default_factory=dict)

    async def ask_all(self, model: type[M], path: str, body: object = None, **query: str) -> list[M]:
        """What those answer that do."""
        answers = await asyncio.gather(*[self.ask(model, url, path, body, **query) for url in self.urls])
        return [answer for answer in answers if answer is not None]

    async def ask(self, model: type[M], url: str, path: str, body: object = None, **query: str) -> M | None:
        """What a service answers; None where it has nothing of the kind, or doesn't answer, which is then said."""
        import aiohttp

        method = "GET" if body is None else "POST"
        timeout = aiohttp.ClientTimeout(total=_WITHIN_S)
        try:
            async with self.http.request(
                method, url.rstrip("/") + path, params=query, json=body, timeout=timeout
            ) as answer:
                if answer.ok:
                    return model.model_validate_json(await answer.read())
                if answer.status != HTTPStatus.NOT_FOUND:
                    self.silent[url] = f"answered {answer.status} {answer.reason}"
        except (aiohttp.ClientError, TimeoutError) as error:
            self.silent[url] = f"can't be reached ({type(error).__name__})"
        return None

    def say_who_is_silent(self) -> None:
        """Whose part is missing, on standard error."""
        for url, why in self.silent.items():
            Console(stderr=True, soft_wrap=True).print(
                f"{url} {why}: what it knows is missing here; --service names the services",
                style="yellow",
                markup=False,
            )


@asynccontextmanager
async def everyone(token: str, urls: Sequence[str] | None) -> AsyncIterator[Everyone]:
    """The services at these addresses, or those of `make up`; asked with a token."""
    import aiohttp

    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as http:
        yield Everyone(http, urls or _of_make_up())


def _of_make_up() -> list[str]:
    from dutiful.services import RUNNABLE

    return [f"http://127.0.0.1:{8081 + nth}" for nth, _ in enumerate(RUNNABLE)]
