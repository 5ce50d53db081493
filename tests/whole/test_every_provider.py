"""The loop over every provider's wire at once: the processes that `make run` starts, and the demo's keys."""

from __future__ import annotations

import pytest

from providers import catalog
from tests.patience import PATIENCE_S, wait_for
from tests.whole.acts import control, hand, sandbox_answers, statuses
from tests.whole.conftest import Open
from tests.whole.house import House

pytestmark = pytest.mark.whole

VENDORS = {vendor.name for vendor in catalog.vendors()}
# Those that call back at an address given with each call; the others' webhooks are registered by a person.
CALL_BACK = {"fal", "kling", "luma"}


@pytest.fixture
def house(open_house: Open) -> House:
    return open_house(RETAKE_DEMO="1", RETAKE_SANDBOX_SECONDS="0.5")


def test_a_rejection_at_each_provider_brings_a_new_clip_of_the_same_provider(house: House) -> None:
    house.start()
    wait_for("the sandbox", lambda: sandbox_answers(house))
    control(house, "POST", "settings", {"instant": True})
    asked = hand(house, "everywhere")["asked"]
    assert {maker.partition("/")[0] for maker in asked.values()} == VENDORS
    wait_for("the first clips", lambda: statuses(house)["in_review"] == len(asked), 2 * PATIENCE_S)
    assert control(house, "GET", "paid")["count"] == len(asked)

    assert hand(house, "reject") == {"waiting": 0}
    wait_for("the retakes", lambda: statuses(house)["in_review"] == len(asked), 2 * PATIENCE_S)
    told = hand(house, "state")
    assert (told["ledger"], statuses(house)["rejected"]) == ([], len(asked))
    retakes = {code: maker for code, maker in told["makers"].items() if "_v002_" in code}
    assert sorted(retakes.values()) == sorted(asked.values())

    paid = control(house, "GET", "paid")["jobs"]
    assert len(paid) == 2 * len(asked)
    assert sum("blue" in job["prompt"] for job in paid) == len(asked)
    believed = [one for one in control(house, "GET", "webhooks")["webhooks"] if one["state"] == "delivered"]
    assert {one["vendor"] for one in believed} == CALL_BACK
    assert house.stop() == 0
