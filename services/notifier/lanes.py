"""Fairness between endpoints: each has a lane of its own, so that a slow or dead one holds up nobody but itself."""

from collections import Counter, deque
from typing import Generic, Protocol, TypeVar


class HasLane(Protocol):
    """Something to be sent; `lane` is the endpoint that it goes to."""

    @property
    def lane(self) -> str: ...  # noqa: D102


J = TypeVar("J", bound=HasLane)


class Lanes(Generic[J]):
    """Jobs that may start, at most `per_lane` under way in each lane; the others wait in their lane."""

    def __init__(self, per_lane: int) -> None:
        self._per_lane = per_lane
        self._ready: deque[J] = deque()
        self._taken: Counter[str] = Counter()
        self._parked: dict[str, deque[J]] = {}

    def put(self, job: J) -> None:
        """Add a job at the end of its lane."""
        if self._taken[job.lane] < self._per_lane:
            self._taken[job.lane] += 1
            self._ready.append(job)
        else:
            self._parked.setdefault(job.lane, deque()).append(job)

    def take(self) -> J | None:
        """The next job that may start; None when every lane with work is full, or there is none."""
        return self._ready.popleft() if self._ready else None

    def done(self, job: J) -> None:
        """A job that was taken has ended: the next in its lane may start."""
        parked = self._parked.get(job.lane)
        if parked:
            self._ready.append(parked.popleft())
            return
        self._parked.pop(job.lane, None)
        self._taken[job.lane] -= 1
        if not self._taken[job.lane]:
            del self._taken[job.lane]

    @property
    def full(self) -> list[str]:
        """The lanes that have enough waiting: claim nothing more for them."""
        return [lane for lane, parked in self._parked.items() if len(parked) >= self._per_lane]
