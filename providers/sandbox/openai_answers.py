"""What OpenAI's Videos format answers: the error envelope, the video object, a page of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse

from providers.sandbox.house import House
from providers.sandbox.job import Job, State

STATUSES = {
    State.PENDING: "queued",
    State.THROTTLED: "queued",
    State.RUNNING: "in_progress",
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
    # Nobody can cancel a job; the word is never met.
    State.CANCELLED: "failed",
}


class Refused(Exception):
    """An error answer on its way out, in the envelope whose four keys are always there."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        param: str | None = None,
        *,
        kind: str = "invalid_request_error",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        # What a client wrote may come back in here, and half of a character can be sent by nobody.
        message = message.encode("utf-8", "replace").decode()
        param = param and param.encode("utf-8", "replace").decode()
        error = {"message": message, "type": kind, "param": param, "code": code}
        self.response = JSONResponse({"error": error}, status, dict(headers or {}))


def missing_video(job_id: str) -> Refused:
    """Of an id that this key has no video of."""
    return Refused(404, f"Video with id '{job_id}' not found.", "video_not_found", "video_id")


def told(house: House, job: Job) -> dict[str, Any]:
    """The video object with all of its thirteen fields; the length is a text."""
    done = job.state is State.SUCCEEDED
    failed = job.state is State.FAILED
    return {
        "id": job.id,
        "object": "video",
        "model": job.model,
        "status": STATUSES[job.state],
        "progress": 100 if done else round(100 * house.engine.progress(job)),
        "created_at": int(job.created_at),
        "completed_at": int(job.finished_at) if done and job.finished_at else None,
        "expires_at": int(expires_at(house, job)) if done else None,
        "prompt": job.extra["prompt"],
        "size": f"{job.width}x{job.height}",
        "seconds": f"{job.duration_s:g}",
        "remixed_from_video_id": job.extra.get("remixed_from"),
        "error": {"code": job.failure_code, "message": job.failure} if failed else None,
    }


def expires_at(house: House, job: Job) -> float:
    """When the files of a finished job are gone."""
    return (job.finished_at or job.created_at) + house.engine.settings.link_seconds


def page(entries: Sequence[dict[str, Any]], *, more: bool) -> dict[str, Any]:
    """A page of a list, as every list of this vendor is written."""
    return {
        "object": "list",
        "data": list(entries),
        "first_id": entries[0]["id"] if entries else None,
        "last_id": entries[-1]["id"] if entries else None,
        "has_more": more,
    }
