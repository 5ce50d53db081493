"""What is sent to a webhook, and every way in which that goes wrong on order."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.sandbox import webhooks
from providers.sandbox.faults import Faults
from providers.sandbox.job import Job, State
from providers.sandbox.signing import standard
from providers.sandbox.store import Endpoint, Store
from providers.sandbox.webhooks import Delivery, Post
from tests.patience import PATIENCE_S
from tests.providers.sandbox.receiver import Received, Receiver, receiving
from tests.providers.sandbox.small_wire import SECRET

EARLY, FINAL = b'{"status":"working"}', b'{"status":"done"}'


def a_job(state: State = State.SUCCEEDED) -> Job:
    return Job(
        id="clip_1", vendor="small", key="small:k", key_last4="", mode="text_to_video", model="m", prompt="",
        negative="", seed=1, width=2, height=2, duration_s=1, estimated=0, created_at=0, state=state,
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store(tmp_path)
    yield one
    one.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def sent(store: Store, faults: list[dict[str, Any]], *say: Callable[[Post], None]) -> list[dict[str, Any]]:
    """What the control page tells once all is sent."""
    orders = Faults()
    for fault in faults:
        orders.add(fault)

    async def run() -> None:
        post = Post(store, orders)
        for one in say:
            one(post)
            await asyncio.sleep(0)
        deadline = time.monotonic() + PATIENCE_S
        while any(one["state"] == "pending" for one in store.deliveries()):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        await post.close()

    asyncio.run(run())
    return store.deliveries()


def saying(url: str, body: bytes = FINAL, state: State = State.SUCCEEDED) -> Callable[[Post], None]:
    delivery = Delivery(url, body, standard(SECRET), json.loads(body)["status"], headers={"X-More": "1"})
    return lambda post: post.send(a_job(state), delivery)


def is_good(call: Received) -> bool:
    told = call.headers
    proof = standard(SECRET)(told["webhook-id"], int(told["webhook-timestamp"]), call.body)
    return proof["webhook-signature"] == told["webhook-signature"]


def test_it_is_sent_once_signed_and_written_down(store: Store, receiver: Receiver) -> None:
    (told,) = sent(store, [], saying(receiver.url))
    (call,) = receiver.calls
    assert (call.body, call.headers["content-type"], call.headers["x-more"]) == (
        FINAL,
        "application/json",
        "1",
    )
    assert is_good(call)
    assert abs(int(call.headers["webhook-timestamp"]) - time.time()) < 30
    assert (told["state"], told["event"], told["job_id"]) == ("delivered", "done", "clip_1")
    assert [one["status"] for one in told["tries"]] == [200]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook", "http://192.168.1.7/hook", "http://169.254.169.254/",
        "http://[::ffff:127.0.0.1]/",
        "http://127.0.0.1.example.com/", "http://localhost@10.0.0.1/",
        "ftp://127.0.0.1/", "http://127.1/", "", "x",
    ],
)  # fmt: skip
def test_nothing_is_sent_off_this_machine(store: Store, url: str) -> None:
    (told,) = sent(store, [], saying(url))
    assert (told["state"], told["tries"], told["url"]) == ("skipped", [], url)


def test_a_redirect_is_a_failure_and_is_not_followed(store: Store, receiver: Receiver) -> None:
    receiver.answers = [302]
    (told,) = sent(store, [], saying(receiver.url))
    assert [one["status"] for one in told["tries"]] == [302, 200]


def test_it_is_sent_again_until_it_is_taken(store: Store, receiver: Receiver) -> None:
    receiver.answers = [500, 503]
    (told,) = sent(store, [], saying(receiver.url))
    assert [one["status"] for one in told["tries"]] == [500, 503, 200]
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
    assert told["state"] == "delivered"


def test_it_gives_up_on_a_client_that_is_not_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "RETRIES_S", (0.01, 0.02))
    (told,) = sent(store, [], saying("http://127.0.0.1:9/hook"))
    assert told["state"] == "failed"
    assert len(told["tries"]) == 3
    assert all(one["error"] for one in told["tries"])


def test_a_lost_one_is_never_sent(store: Store, receiver: Receiver) -> None:
    (told,) = sent(store, [{"kind": "webhook_lost"}], saying(receiver.url))
    assert (told["state"], told["faults"], receiver.calls) == ("lost", ["webhook_lost"], [])


def test_a_late_one_comes_after_its_seconds(store: Store, receiver: Receiver) -> None:
    begun = time.time()
    (told,) = sent(store, [{"kind": "webhook_late", "seconds": 0.6}], saying(receiver.url))
    assert told["tries"][0]["at"] - begun >= 0.6
    assert is_good(receiver.calls[0])


def test_one_can_come_twice_under_one_id(store: Store, receiver: Receiver) -> None:
    sent(store, [{"kind": "webhook_twice"}], saying(receiver.url))
    first, second = receiver.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_a_forged_one_has_a_signature_that_is_not_its_own(store: Store, receiver: Receiver) -> None:
    sent(store, [{"kind": "webhook_forged"}], saying(receiver.url))
    assert receiver.calls[0].headers["webhook-signature"].startswith("v1,")
    assert not is_good(receiver.calls[0])


def test_an_old_one_is_signed_an_hour_ago(store: Store, receiver: Receiver) -> None:
    sent(store, [{"kind": "webhook_old"}], saying(receiver.url))
    (call,) = receiver.calls
    assert time.time() - int(call.headers["webhook-timestamp"]) >= 3600
    assert is_good(call)


def test_the_words_on_one_job_come_in_their_order(store: Store, receiver: Receiver) -> None:
    sent(store, [], saying(receiver.url, EARLY, State.RUNNING), saying(receiver.url))
    assert [call.body for call in receiver.calls] == [EARLY, FINAL]


def test_the_final_word_can_come_before_an_earlier_one(store: Store, receiver: Receiver) -> None:
    told = sent(
        store,
        [{"kind": "webhook_reordered"}],
        saying(receiver.url, EARLY, State.RUNNING),
        saying(receiver.url),
    )
    assert [call.body for call in receiver.calls] == [FINAL, EARLY]
    assert [one["state"] for one in told] == ["delivered", "delivered"]
    # A final word cannot be held back: nothing would come after it.
    assert told[1]["faults"] == []


def test_a_fault_meets_only_the_webhooks_it_names(store: Store, receiver: Receiver) -> None:
    faults = [{"kind": "webhook_lost", "times": -1, "match": {"vendor": "kling"}}]
    (told,) = sent(store, faults, saying(receiver.url))
    assert told["state"] == "delivered"


def test_one_state_is_told_once(store: Store, receiver: Receiver) -> None:
    sent(store, [], saying(receiver.url), saying(receiver.url))
    assert len(receiver.calls) == 1


def test_what_was_on_its_way_when_the_server_was_killed_is_told_as_lost(tmp_path: Path) -> None:
    before = Store(tmp_path)
    before.add_delivery({"id": "m", "state": "pending", "faults": "[]"})
    before.close()
    after = Store(tmp_path)
    assert [one["state"] for one in after.deliveries()] == ["lost"]
    after.close()


def test_registered_endpoints_are_kept_by_vendor_and_key(store: Store) -> None:
    mine = Endpoint("we_1", "openai", "k", "http://127.0.0.1/a", ("video.completed",), SECRET, created_at=1)
    store.add_endpoint(mine)
    store.add_endpoint(Endpoint("we_2", "openai", "other", "http://127.0.0.1/b", (), SECRET))
    store.add_endpoint(Endpoint("we_3", "google", "k", "http://127.0.0.1/c", (), SECRET))
    assert store.endpoints("openai", "k") == [mine]
    turned = Endpoint("we_1", "openai", "k", "http://127.0.0.1/a", (), "whsec_bmV3", created_at=1)
    store.add_endpoint(turned)
    assert store.endpoints("openai", "k") == [turned]
    store.drop_endpoint("we_1")
    assert store.endpoints("openai", "k") == []
