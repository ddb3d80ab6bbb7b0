"""Whose each fact is: of a matter's clients, also what was said before they were known to be. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from console.facts import Fact, Told
from contracts.sealing import chain_of


@dataclass(slots=True)
class Matters:
    """What is known of the matters at hand: their clients, and the facts so far; what is new of both."""

    parties: dict[str, list[str]]
    facts: Mapping[str, list[Fact]]
    new_parties: list[tuple[str, str]] = field(default_factory=list)
    new_facts: list[tuple[str, Fact]] = field(default_factory=list)

    def share(self, told: Iterable[Told]) -> list[tuple[str, Fact]]:
        """Each fact with the chain that it goes to, in order; who joins a matter first gets what was said before."""
        shared: list[tuple[str, Fact]] = []
        for each in told:
            if each.joins is not None and each.client_id is not None:
                shared += [(chain_of(each.client_id), fact) for fact in self._join(each.joins, each.client_id)]
            if each.matter is None:
                shared.append((chain_of(each.client_id), each.fact))
                continue
            self.new_facts.append((each.matter, each.fact))
            clients = self.parties.get(each.matter, ())
            shared += [(chain_of(client_id), each.fact) for client_id in clients]
        return shared

    def _join(self, matter: str, client_id: str) -> list[Fact]:
        clients = self.parties.setdefault(matter, [])
        if client_id in clients:
            return []
        clients.append(client_id)
        self.new_parties.append((matter, client_id))
        return [*self.facts.get(matter, ()), *(fact for name, fact in self.new_facts if name == matter)]
