"""§3.2 binds people: a system that asks with a role of its own has nothing to undertake."""

from http import HTTPStatus
from typing import cast

import pytest
from tests.desk import STARTS_AT

from chassis.clock import VirtualClock
from chassis.database import Pool
from chassis.problems import Problem
from chassis.rights import Caller, Role
from chassis.undertakings import Undertakings


class Nobody:
    """A register in which nobody is bound."""

    async def fetchval(self, *_: object) -> bool:
        """Nobody is."""
        return False


@pytest.mark.parametrize("role", [role for role in Role if role.is_staff])
async def test_people_of_the_staff_are_asked_and_systems_are_not(role: Role) -> None:
    """STA-1: an operator without an undertaking is refused; a holder reads whom its own tasks are about."""
    undertakings = Undertakings(cast("Pool", Nobody()), VirtualClock(STARTS_AT))
    if role.is_system:
        await undertakings.require(Caller("platform", role))
        return
    with pytest.raises(Problem) as raised:
        await undertakings.require(Caller("ada", role))
    assert raised.value.status is HTTPStatus.FORBIDDEN
