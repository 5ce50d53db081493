from __future__ import annotations

import hashlib
import sys
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils import timezone

from reviewapp import demo, env, identity, preflight
from reviewapp.management.commands.cluster import NAME_VARIABLE
from reviewapp.models import Heartbeat
from reviewapp.preflight import CannotStart
from reviewapp.processes import Service, Supervisor, manage

STALE_S = 15.0


class Command(BaseCommand):
    help = "Start the whole app on this machine: web, the queues, the watcher and the sandbox."
    # The checks run inside `migrate` anyway, and once is enough for a quick start.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        data: Path = settings.DATA_DIR
        run, logs = data / "run", data / "log"
        try:
            preflight.check_python()
            host, port = preflight.address(settings.BIND, "RETAKE_BIND")
            in_demo = _demo_mode(host)
            preflight.make_folders(data, run, logs, settings.MEDIA_ROOT)
            held = preflight.lock(run / "lock")
            sandbox = _sandbox_address()
            preflight.check_port(host, port, "The web server", "RETAKE_BIND")
            if sandbox:
                preflight.check_port(*sandbox, "The sandbox", "RETAKE_SANDBOX_URL")
            preflight.check_database()
        except CannotStart as problem:
            self.stderr.write(f"Retake cannot start: {problem}")
            sys.exit(2)
        with held:
            self._say("Preparing the database and the pages' files …")
            _prepare(in_demo)
            self._run(host, port, sandbox, in_demo)

    def _run(self, host: str, port: int, sandbox: tuple[str, int] | None, in_demo: bool) -> None:
        data: Path = settings.DATA_DIR
        services = _services(port, sandbox)
        self._banner(host, port, services, in_demo)
        Supervisor(
            services=services,
            log_dir=data / "log",
            state_file=data / "run" / "processes.json",
            say=self._say,
            is_stale=is_stale,
            environment={"RETAKE_DEMO": "1" if in_demo else "0", "PYTHONUNBUFFERED": "1"},
            stale_after_s=STALE_S,
        ).run()
        self._say("Retake has stopped.")

    def _banner(self, host: str, port: int, services: list[Service], in_demo: bool) -> None:
        shown = f"[{host}]" if ":" in host else host
        self._say(f"\nRetake runs on http://{shown}:{port}  (Ctrl-C stops it)")
        if in_demo:
            self._say("Demo mode: sign in as any role with one click. It is offered to this machine only.")
        for service in services:
            self._say(f"  {service.name:<8}{'port ' + str(service.port) if service.port else ''}".rstrip())
        self._say(f"Logs: {settings.DATA_DIR / 'log'}\n")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _demo_mode(host: str) -> bool:
    """On by default where only this machine can reach the pages; never where others can."""
    loopback = preflight.is_loopback(host)
    wanted = env.flag("RETAKE_DEMO", default=loopback)
    if wanted and not loopback:
        raise CannotStart(
            f"demo mode signs anyone in with one click, and others can reach RETAKE_BIND={settings.BIND}. "
            "Unset RETAKE_DEMO, or bind to 127.0.0.1."
        )
    return wanted


def _sandbox_address() -> tuple[str, int] | None:
    """Where the sandbox is to listen; None when RETAKE_SANDBOX_URL leads to another machine."""
    parts = urlsplit(settings.SANDBOX_URL)
    host, port = preflight.address(parts.netloc, "RETAKE_SANDBOX_URL")
    return (host, port) if preflight.is_loopback(host) else None


def _prepare(in_demo: bool) -> None:
    call_command("migrate", verbosity=0, interactive=False)
    stamp = settings.STATIC_ROOT / ".collected"
    fingerprint = _static_fingerprint()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != fingerprint:
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(fingerprint, encoding="utf-8")
    if in_demo:
        demo.load()


def _static_fingerprint() -> str:
    """Changes when a file of ours does, or a package that brings files of its own."""
    marks = [
        f"{package} {version(package)}" for package in ("django", "django-htmx", "django-axes", "whitenoise")
    ]
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                told = path.stat()
                marks.append(f"{path} {told.st_size} {told.st_mtime_ns}")
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()


def _services(port: int, sandbox: tuple[str, int] | None) -> list[Service]:
    web = [sys.executable, "-m", "gunicorn", "-c", "python:reviewapp.gunicorn_conf"]
    services = [Service("web", [*web, "reviewapp.wsgi:application"], port=port, grace_s=10)]
    for name in (settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]):
        # A little longer than it takes by itself, because what it cannot finish it gives back.
        grace_s = settings.STOP_GRACE_S[name] + 5
        command = manage("cluster", name)
        # Told here, the command need not begin a second time with the name in its environment.
        named = {NAME_VARIABLE: name}
        services.append(
            Service(name, command, heartbeat=f"cluster:{name}", grace_s=grace_s, environment=named)
        )
    services.append(Service("watch", manage("watch"), heartbeat="watch", grace_s=35))
    if sandbox:
        command = manage("sandbox", "--port", str(sandbox[1]))
        services.insert(0, Service("sandbox", command, port=sandbox[1], stops_last=True))
    return services


def is_stale(kind: str, pid: int) -> bool:
    """Whether this process of our own has given no sign of life for too long. Work that does not move on is
    noticed by the clusters themselves; this is for a process that cannot even do that.
    """
    try:
        oldest = timezone.now() - timedelta(seconds=STALE_S)
        mine = Heartbeat.objects.filter(kind=kind, host=identity.host(), pid=pid)
        return not mine.filter(at__gt=oldest).exists()
    except DatabaseError:
        # A database that does not answer says nothing about the processes, and a new connection may.
        connection.close()
        return False
