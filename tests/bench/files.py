"""A clip of 2 GB on its way from a provider into the folder: what it takes of memory, and after a break.

A provider of our own in a process of its own: it speaks two calls of Runway's format, sends zeros, and hangs
up once in the middle of the file.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import httpx

from tests.bench.stage import Figure
from tests.patience import wait_for
from tests.ports import free_port

SIZE: Final = 2_000_000_000
ROOT: Final = Path(__file__).resolve().parents[2]
HEAD: Final = b"\x00\x00\x00\x18ftypmp42" + bytes(500)
PIECE: Final = bytes(1024 * 1024)
ETAG: Final = '"two-gigabytes"'
MEGABYTE: Final = 1_000_000


def rows() -> list[Figure]:
    """Peak memory above idle for Retake and for `httpx.get`, and how much was sent twice after a break."""
    with tempfile.TemporaryDirectory(prefix="retake-bench-") as folder:
        if shutil.disk_usage(folder).free < 2 * SIZE:
            raise SystemExit(f"{folder} has not {2 * SIZE / 1e9:.0f} GB free for this figure")
        port = free_port()
        vendor = subprocess.Popen([sys.executable, "-m", "tests.bench.files", "vendor", str(port)], cwd=ROOT)
        try:
            wait_for("the provider", lambda: _sent(port) == 0)
            plain = _child("plain", port, {})
            ours = _child("ours", port, _variables(Path(folder), port))
            sent = _sent(port) or 0
        finally:
            vendor.kill()
            vendor.wait()
    twice = (sent - SIZE) / MEGABYTE
    words = f"httpx.get(…).content: {plain['above_idle']:,.0f} MB in {plain['seconds']:.1f} s"
    return [
        Figure("memory above idle while a clip of 2 GB comes", "MB", [ours["above_idle"]], words),
        Figure("its way into the folder, verified, with a break", "s", [ours["seconds"]]),
        Figure("of it sent twice after the break in its middle", "MB", [twice], "fetched again: 1,000 MB"),
    ]


def _sent(port: int) -> int | None:
    try:
        told: int = httpx.get(f"http://127.0.0.1:{port}/sent").json()["sent"]
    except httpx.HTTPError:
        return None
    return told


def _variables(folder: Path, port: int) -> dict[str, str]:
    return {
        "RETAKE_DATA_DIR": str(folder / "var"),
        "RETAKE_PRIVATE_HOSTS": f"127.0.0.1:{port}",
        "RETAKE_MAX_CLIP_BYTES": str(SIZE),
        "DJANGO_SETTINGS_MODULE": "reviewapp.settings",
    }


def _child(what: str, port: int, variables: dict[str, str]) -> dict[str, float]:
    # A process of its own, so that each begins with nothing in its memory.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RETAKE_")}
    kept.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.files", what, str(port)],
        cwd=ROOT,
        env=kept | variables,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


class Peak:
    """The highest memory of this process since now, as the kernel keeps it (proc(5), VmHWM)."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")
        self.idle, self.began = self._line("VmRSS"), time.monotonic()

    def told(self) -> str:
        above = (self._line("VmHWM") - self.idle) / MEGABYTE
        return json.dumps({"above_idle": above, "seconds": time.monotonic() - self.began})

    def _line(self, name: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024


def plain(port: int) -> None:
    """What a script would do."""
    with httpx.Client() as client:
        client.get(f"http://127.0.0.1:{port}/sent")
        peak = Peak()
        assert len(client.get(f"http://127.0.0.1:{port}/whole.mp4", timeout=60).content) == SIZE
    print(peak.told())


def ours(port: int) -> None:
    """The station itself, on a row that waits for its download."""
    import django

    django.setup()
    from django.core.management import call_command

    from jobs.ingest import ingest_candidate
    from reviewapp.models import Candidate, Status

    call_command("migrate", verbosity=0)
    # Idle is a worker that has looked at an empty line.
    ingest_candidate(0)
    row = _waiting(port)
    peak = Peak()
    ingest_candidate(row.pk)
    told = peak.told()
    row = Candidate.objects.whole().get(pk=row.pk)
    assert (row.status, row.clip.size) == (Status.CHECKING, SIZE), row.failure
    print(told)


def _waiting(port: int) -> Any:
    from reviewapp.models import Candidate, Project, PromptVersion, ProviderKey, Shot, Status

    key = ProviderKey(name="Bench", provider="runway", base_url=f"http://127.0.0.1:{port}")
    key.set_credentials({"api_key": "key_" + "0" * 128})
    key.save()
    project = Project.objects.create(slug="bench", name="Bench")
    shot = Shot.objects.create(project=project, code="SQ010_SH0010", prompt="Zeros", duration_s=5)
    version = PromptVersion.objects.create(shot=shot, number=1, text="Zeros", author_kind="person")
    facts: dict[str, Any] = {"provider": "runway", "model": "gen4.5", "provider_job_id": "job-1"}
    facts |= {"duration_s": 5, "width": 1280, "height": 720, "estimate_usd": 1}
    return Candidate.objects.create(
        shot=shot, version=version, slot=1, status=Status.INGESTING, provider_key=key, **facts
    )


# --- the provider ---


class Vendor:
    """Serves one file, honours ranges, and breaks the line once in its middle."""

    def __init__(self, port: int) -> None:
        self.link = f"http://127.0.0.1:{port}/clip.mp4"
        self.sent = 0
        self.broke = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.decode(), writer)
                if b"connection: close" in head.lower() or b"clip.mp4" in head:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            # The one who measures has hung up.
            pass
        writer.close()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        path = head.split(" ", 2)[1]
        if path.endswith(".mp4"):
            await self._file(head, writer, counted=path == "/clip.mp4")
            return
        told: Any = {"sent": self.sent}
        if path != "/sent":
            now = "2026-01-01T00:00:00Z"
            told = {"id": "job-1", "status": "SUCCEEDED", "createdAt": now, "output": [self.link]}
        body = json.dumps(told).encode()
        writer.write(_head(200, f"Content-Type: application/json\r\nContent-Length: {len(body)}") + body)
        await writer.drain()

    async def _file(self, head: str, writer: asyncio.StreamWriter, *, counted: bool) -> None:
        asked = next((line for line in head.splitlines() if line.lower().startswith("range:")), "")
        first = int(asked.partition("=")[2].rstrip("-") or 0)
        facts = f"Content-Type: video/mp4\r\nETag: {ETAG}\r\nContent-Length: {SIZE - first}"
        if first:
            facts += f"\r\nContent-Range: bytes {first}-{SIZE - 1}/{SIZE}"
        writer.write(_head(206 if first else 200, facts))
        at, end = first, SIZE
        if counted and not self.broke:
            self.broke, end = True, SIZE // 2
        while at < end:
            piece = HEAD if at == 0 else PIECE[: end - at]
            writer.write(piece)
            await writer.drain()
            at += len(piece)
            self.sent += len(piece) * counted


def _head(status: int, facts: str) -> bytes:
    return f"HTTP/1.1 {status} OK\r\n{facts}\r\n\r\n".encode()


async def _vendor(port: int) -> None:
    server = await asyncio.start_server(Vendor(port).serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    what, port = sys.argv[1], int(sys.argv[2])
    if what == "vendor":
        asyncio.run(_vendor(port))
    else:
        {"plain": plain, "ours": ours}[what](port)
