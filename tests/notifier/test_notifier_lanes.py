"""Fairness between endpoints: how many are under way in a lane, what waits, and that nobody waits for another's."""

from collections import Counter
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from notifier.lanes import Lanes

PER_LANE = 3


@dataclass(frozen=True)
class Parcel:
    """Something to be sent to an endpoint."""

    nth: int
    lane: str


def _fill(lanes: Lanes[Parcel], lane: str, count: int) -> list[Parcel]:
    parcels = [Parcel(nth, lane) for nth in range(count)]
    for parcel in parcels:
        lanes.put(parcel)
    return parcels


def _take_all(lanes: Lanes[Parcel]) -> list[Parcel]:
    return list(iter(lanes.take, None))


def test_nothing_is_taken_from_empty_lanes() -> None:
    """There is nothing to start."""
    assert Lanes[Parcel](PER_LANE).take() is None


def test_a_lane_starts_no_more_than_it_may() -> None:
    """The others of the lane wait until one of those under way has ended, and start in their order."""
    lanes = Lanes[Parcel](PER_LANE)
    parcels = _fill(lanes, "slow", PER_LANE + 2)
    assert _take_all(lanes) == parcels[:PER_LANE]
    lanes.done(parcels[1])
    assert _take_all(lanes) == [parcels[PER_LANE]]
    lanes.done(parcels[0])
    assert _take_all(lanes) == [parcels[PER_LANE + 1]]


def test_a_full_lane_holds_up_no_other() -> None:
    """What came later for another endpoint starts at once, however much waits for the slow one."""
    lanes = Lanes[Parcel](PER_LANE)
    _fill(lanes, "slow", 1000)
    _take_all(lanes)
    fast = _fill(lanes, "fast", PER_LANE)
    assert _take_all(lanes) == fast


def test_a_lane_is_full_when_as_many_wait_as_may_start() -> None:
    """Then nothing more is claimed for it, until fewer wait again."""
    lanes = Lanes[Parcel](PER_LANE)
    parcels = _fill(lanes, "slow", 2 * PER_LANE - 1)
    assert lanes.full == []
    lanes.put(Parcel(99, "slow"))
    assert lanes.full == ["slow"]
    _take_all(lanes)
    lanes.done(parcels[0])
    assert lanes.full == []


def test_an_ended_lane_is_forgotten() -> None:
    """A lane without work takes no memory, and starts afresh."""
    lanes = Lanes[Parcel](PER_LANE)
    for parcel in _fill(lanes, "slow", 2 * PER_LANE):
        assert lanes.take() == parcel
        lanes.done(parcel)
    assert (lanes.full, lanes._taken, lanes._parked) == ([], Counter(), {})
    again = _fill(lanes, "slow", PER_LANE + 1)
    assert _take_all(lanes) == again[:PER_LANE]


class _Deliveries(RuleBasedStateMachine):
    """Anything put, taken and ended in any order, held against lanes that are counted by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes = Lanes[Parcel](PER_LANE)
        self.waiting: list[Parcel] = []
        self.under_way: list[Parcel] = []
        self.put = 0
        self.ended = 0

    @rule(lane=st.sampled_from("abc"))
    def add(self, lane: str) -> None:
        parcel = Parcel(self.put, lane)
        self.put += 1
        self.waiting.append(parcel)
        self.lanes.put(parcel)

    @rule()
    def start(self) -> None:
        busy = Counter(parcel.lane for parcel in self.under_way)
        startable = [parcel for parcel in self.waiting if busy[parcel.lane] < PER_LANE]
        parcel = self.lanes.take()
        assert (parcel is None) is (not startable)
        if parcel is not None:
            first = next(each for each in self.waiting if each.lane == parcel.lane)
            assert parcel == first
            self.waiting.remove(parcel)
            self.under_way.append(parcel)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        parcel = data.draw(st.sampled_from(self.under_way))
        self.under_way.remove(parcel)
        self.ended += 1
        self.lanes.done(parcel)

    @invariant()
    def never_more_under_way_than_allowed(self) -> None:
        assert all(count <= PER_LANE for count in Counter(each.lane for each in self.under_way).values())

    def teardown(self) -> None:
        """Nothing is lost, and nothing comes twice: whatever was put ends, once all that starts ends."""
        left = self.waiting + self.under_way
        for parcel in self.under_way:
            self.lanes.done(parcel)
        taken = list(self.under_way)
        while (following := self.lanes.take()) is not None:
            taken.append(following)
            self.lanes.done(following)
        assert sorted(each.nth for each in taken) == sorted(each.nth for each in left)
        assert len(taken) + self.ended == self.put


TestAnyOrder = _Deliveries.TestCase
"""Never more under way in a lane than allowed; none waits for another; nothing is lost; each keeps its order."""
