"""DSR-4 over all histories: whatever is said and however time passes, a client reads of no request under a ban."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from tests.requests.desk import Desk
from tests.requests.machine import Driven, drive

from agreement import deadlines
from chassis.errors import Rejected
from contracts.authority import AuthorityBanExtended, AuthorityBanLifted, Ban
from contracts.request import NoticeKind

pytestmark = [pytest.mark.servers, pytest.mark.slow]
requests = st.integers(min_value=0, max_value=2)
bans = st.sampled_from((None, 0, 1, 3, 8, "endless"))


class Bans(Driven):
    """Three requests of authorities that come, are banned, extended, lifted and repeated while days pass.

    `banned` is what a reader of §9 expects: until when nothing may be told. What was told once can't be taken back.
    """

    unsealed = 0

    def __init__(self) -> None:
        super().__init__()
        self.banned: dict[str, datetime | None] = {}
        self.tellable: set[str] = set()

    @initialize(first=st.sampled_from((1, 3, 8)), second=bans)
    def begin(self, first: int, second: int | str | None) -> None:
        """One is under a ban from the beginning."""
        self.demand(0, first)
        self.demand(1, second)

    @rule(nth=requests, ban=bans)
    def demand(self, nth: int, ban: int | str | None) -> None:
        """An authority asks, or asks again."""
        request_id, said = self._id(nth), self._ban(ban)
        if request_id not in self.banned and request_id not in self.tellable:
            self._expect(request_id, said)
        elif said is not None and self.banned.get(request_id) is not None:
            self._expect_later(request_id, said)
        self.do(self.desk.demand(request_id, said))

    @rule(nth=requests, ban=bans.filter(bool))
    def extend(self, nth: int, ban: int | str | None) -> None:
        """The ban goes on, or ends sooner."""
        request_id, said = self._id(nth), self._ban(ban)
        if said is None:
            return
        try:
            self.do(self.desk.hear(AuthorityBanExtended(request_id=request_id, ban=said, extended_by="DPO")))
        except Rejected:
            assert request_id not in self.banned
            return
        del self.banned[request_id]
        self._expect(request_id, said)

    @rule(nth=requests)
    def lift(self, nth: int) -> None:
        """The ban is over."""
        request_id = self._id(nth)
        try:
            self.do(self.desk.hear(AuthorityBanLifted(request_id=request_id, lifted_by="DPO", reason="Over.")))
        except Rejected:
            assert request_id not in self.banned
            return
        del self.banned[request_id]
        self.tellable.add(request_id)

    @rule(days=st.integers(min_value=1, max_value=4), down=st.booleans())
    def pass_days(self, days: int, *, down: bool) -> None:
        """Days pass, with the service here or away."""
        self.do(self.desk.leap_days(days) if down else self.desk.pass_days(days))
        now = self.desk.clock.now()
        for request_id, until in list(self.banned.items()):
            if until is not None and until <= now:
                del self.banned[request_id]
                self.tellable.add(request_id)
                type(self).unsealed += 1

    @invariant()
    def the_client_knows_exactly_what_may_be_told(self) -> None:
        """Told once of each that may be told, and of none that may not; lists and single questions say the same."""
        mine = f"auth-{self.run_id}-"
        told = [about for _, about in self.desk.told(NoticeKind.AUTHORITY_REQUESTED) if about.startswith(mine)]
        assert sorted(told) == sorted(self.tellable)
        listed = self.do(self.desk.get("acme", "/clients/acme/requests", limit=500)).json()["items"]
        assert {each["request_id"] for each in listed if each["request_id"].startswith(mine)} == self.tellable
        said = [event.model_dump_json() for event in self.desk.said]
        assert not [event for event in said if any(request_id in event for request_id in self.banned)]
        for request_id in self.banned:
            path = f"/clients/acme/requests/{request_id}"
            assert self.do(self.desk.get("acme", path)).status_code == 404

    def _expect(self, request_id: str, ban: Ban | None) -> None:
        until = None
        if ban is not None and ban.until is not None:
            until = deadlines.end_of_day(self.desk.book.latest, ban.until)
        if ban is None or (until is not None and until <= self.desk.clock.now()):
            self.tellable.add(request_id)
        else:
            self.banned[request_id] = until

    def _expect_later(self, request_id: str, ban: Ban) -> None:
        """Of two ends the later holds."""
        before = self.banned.pop(request_id)
        self._expect(request_id, ban)
        until = self.banned.get(request_id, before)
        if before is not None and until is not None:
            self.tellable.discard(request_id)
            self.banned[request_id] = max(before, until)

    def _ban(self, days: int | str | None) -> Ban | None:
        if days is None:
            return None
        return Ban(text="An order", until=self._day(days) if isinstance(days, int) else None)

    def _day(self, days: int) -> date:
        return deadlines.local_date(self.desk.book.latest, self.desk.clock.now()) + timedelta(days=days)

    def _id(self, nth: int) -> str:
        return f"auth-{self.run_id}-{nth}"


async def test_no_history_reveals_what_is_under_a_ban(desk: Desk) -> None:
    """DSR-4: over all histories the client is told of each request once, when the law allows it and not before."""
    await drive(Bans, desk, examples=40, steps=25)
    assert Bans.unsealed > Bans.runs / 10  # a machine in which no ban ever ends proves nothing
