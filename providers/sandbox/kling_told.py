"""What Kling tells of a job, in the words of both standards, when asked and when it calls back."""

from __future__ import annotations

import json
import time
from typing import Any

from providers.sandbox.house import House
from providers.sandbox.job import Job, State
from providers.sandbox.links import link_at
from providers.sandbox.signing import Signer, standard, unsigned
from providers.sandbox.webhooks import Delivery

VENDOR = "kling"
# Neither standard has a word for the wait for a slot, which none of its jobs has to make.
STATES = {
    State.PENDING: "submitted",
    State.THROTTLED: "submitted",
    State.RUNNING: "processing",
    State.SUCCEEDED: "succeeded",
    State.FAILED: "failed",
    State.CANCELLED: "failed",
}
OLD_WORD = {"succeeded": "succeed"}
NOTHING = {"quota": "0", "list_price": "0"}


def amount(hundredths: int | None) -> str:
    """Units as text: 3.5, or 4."""
    return f"{(hundredths or 0) / 100:g}"


def new_record(house: House, job: Job, *, empty: bool = False, status: str = "") -> dict[str, Any]:
    """One task of the newer standard; jobs of the older one are told so too."""
    told: dict[str, Any] = {
        "id": job.id,
        "status": status or STATES[job.state],
        "message": job.failure,
        "create_time": _ms(job.created_at),
        "update_time": _updated(job),
        "external_id": job.token,
        "outputs": [],
        "billing": [],
    }
    if job.state is State.SUCCEEDED and not empty:
        told["outputs"] = [{"type": "video", **_video(house, job)}]
    if job.is_over and job.cost:
        told["billing"] = [{"charge_type": "unit", "package_type": "video", "amount": amount(job.cost)}]
    return told


def legacy_record(house: House, job: Job, *, empty: bool = False, status: str = "") -> dict[str, Any]:
    """One task of the older standard."""
    word = STATES[job.state]
    told: dict[str, Any] = {
        "task_id": job.id,
        "task_status": status or OLD_WORD.get(word, word),
        "task_status_msg": job.failure,
        "task_info": {"external_task_id": job.token},
        "watermark_info": {"enabled": False},
        "created_at": _ms(job.created_at),
        "updated_at": _updated(job),
        "task_result": {},
    }
    if job.is_over:
        told |= {"final_unit_deduction": amount(job.cost), "final_balance_deduction": NOTHING}
    if job.state is State.SUCCEEDED and not empty:
        told["task_result"] = {"videos": [_video(house, job)]}
    return told


def callback(house: House, job: Job) -> list[Delivery]:
    """The record itself, at each change; the creation has told of the first state. Signed where the account
    has made a secret.
    """
    url, word = job.extra.get("callback", ""), STATES[job.state]
    if not url or word == "submitted":
        return []
    legacy = bool(job.extra.get("legacy"))
    told = legacy_record(house, job) if legacy else new_record(house, job)
    if legacy:
        del told["watermark_info"]
    body = json.dumps(told, separators=(",", ":")).encode()
    return [Delivery(url, body, signer(house, job.key), word)]


def signer(house: House, key: str) -> Signer:
    """How this account's callbacks are signed."""
    secrets = [endpoint.secret for endpoint in house.store.endpoints(VENDOR, key) if endpoint.secret]
    return standard(secrets[-1]) if secrets else unsigned


def _video(house: House, job: Job) -> dict[str, str]:
    until = int(time.time() + house.engine.settings.link_seconds)
    link = f"{link_at(house, job.extra['origin'], job)}&Expires={until}"
    return {
        "id": f"{int(job.id) + 900}",
        "url": link,
        "watermark_url": "",
        "duration": f"{job.duration_s:.3f}",
    }


def _updated(job: Job) -> int:
    """It moves on while a job runs, which is all that is to be seen of its progress."""
    return _ms(job.finished_at or (time.time() if job.state is State.RUNNING else job.created_at))


def _ms(moment: float) -> int:
    return int(moment * 1000)
