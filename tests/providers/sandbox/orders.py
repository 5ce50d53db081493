"""Bodies that are right, and waiting for what became of them."""

from __future__ import annotations

import base64
import struct
import time
import zlib
from typing import Any

import httpx

TEXT = {"model": "gen4.5", "promptText": "A red ball rolls", "ratio": "1280:720", "duration": 2, "seed": 7}
TASK_KEYS = {"id", "status", "createdAt"}


def order(client: httpx.Client, endpoint: str = "text_to_video", **changes: Any) -> httpx.Response:
    """Post the usual body with changes; a value of None takes the field out."""
    body = {name: value for name, value in (TEXT | changes).items() if value is not None}
    return client.post(f"/v1/{endpoint}", json=body)


def made(client: httpx.Client, **changes: Any) -> str:
    """The id of a job that was taken."""
    answer = order(client, **changes)
    assert answer.status_code == 200, answer.text
    job_id: str = answer.json()["id"]
    return job_id


def task(client: httpx.Client, job_id: str) -> dict[str, Any]:
    """The task object now."""
    answer = client.get(f"/v1/tasks/{job_id}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def ended(client: httpx.Client, job_id: str, seconds: float = 90) -> dict[str, Any]:
    """The task object once it is over."""
    deadline = time.monotonic() + seconds
    while (told := task(client, job_id))["status"] in {"PENDING", "THROTTLED", "RUNNING"}:
        assert time.monotonic() < deadline, told
        time.sleep(0.03)
    return told


def png(width: int = 64, height: int = 36) -> bytes:
    """A small picture."""
    rows = (b"\x00" + bytes([200, 40, 40]) * width) * height

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows, 0))
        + chunk(b"IEND", b"")
    )


def data_uri(content: bytes, kind: str = "image/png") -> str:
    """The bytes as they go into a body."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
