from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from av.codec import Codec
from av.codec.codec import UnknownCodecError
from django.conf import settings
from django.core.management.base import BaseCommand

from jobs.quality import guarded
from jobs.quality.report import NotPlayable
from providers import registry
from reviewapp import clip_store, environment_keys, health, keyrotation, ledger, preflight
from reviewapp.health import Part, State
from reviewapp.models import ProviderKey

# (whether it is well, what it is about, the sentence); None is a remark that is neither good nor bad.
Line = tuple[bool | None, str, str]


class Command(BaseCommand):
    help = "Say in words what is configured, reachable or missing. Changes nothing, spends nothing."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        lines = list(_everything())
        for well, about, sentence in lines:
            mark = {True: "ok", False: "WRONG", None: "--"}[well]
            self.stdout.write(f"{mark:<6}{about:<10} {sentence}")
        if any(well is False for well, _, _ in lines):
            sys.exit(1)


def _everything() -> Iterator[Line]:
    yield True, "python", sys.version.split()[0]
    yield from _folders()
    yield from _copies()
    found = health.parts()
    # The keys are gone through one by one below.
    yield from (_line(part) for part in found if part.name != "keys")
    if found[0].state not in {State.SILENT, State.MISSING}:
        yield from _keys()
        yield from _encryption()
        yield from _ledger()
    yield from _checks()


def _line(part: Part) -> Line:
    well = {State.OK: True, State.SILENT: False, State.MISSING: False}.get(part.state)
    about = f"{part.name} on {part.host}" if part.host else part.name
    return well, about, " ".join(filter(None, (part.sentence, part.detail, part.remedy)))


def _folders() -> Iterator[Line]:
    try:
        preflight.make_folders(settings.DATA_DIR)
    except preflight.CannotStart as problem:
        yield False, "folders", str(problem)


def _copies() -> Iterator[Line]:
    try:
        Codec("libx264", "w")
    except UnknownCodecError:
        words = "clips that browsers do not play get no copy: this PyAV has no libx264, its wheels have"
        yield False, "copies", words
    else:
        yield True, "copies", "clips that browsers do not play get an H.264 copy"


def _keys() -> Iterator[Line]:
    keys = list(ProviderKey.objects.all())
    if not keys:
        yield False, "keys", "there is no provider key: an admin adds one on the keys page"
    for key in keys:
        label = f"{registry.label(key.provider)}, {key.name}"
        if key.has_vanished:
            yield False, "keys", f"{label}: its variables are not set here"
        elif not key.enabled:
            yield None, "keys", f"{label}: switched off"
        elif key.paused_reason:
            yield False, "keys", f"{label}: paused, {key.paused_reason}"
        elif key.check_ok is False:
            # Enabled again after a test that failed: only another test tells whether it works now.
            yield None, "keys", f"{label}: in use, though its last test said: {key.check_sentence}"
        else:
            yield True, "keys", f"{label}: {key.check_sentence or 'never checked'}"
    for problem in environment_keys.problems():
        yield False, "keys", problem


def _encryption() -> Iterator[Line]:
    unreadable = [key.name for key in keyrotation.stored() if not key.can_be_read]
    for name in unreadable:
        yield False, "encryption", f"the encryption key that stored “{name}” is not configured here"
    older = set(keyrotation.needing_older_keys()) - set(unreadable)
    if older:
        words = "are the older encryption keys still needed: manage.py rotate_keys makes them superfluous"
        yield None, "encryption", f"for {len(older)} stored keys {words}"
    elif len(settings.ENCRYPTION_KEYS) > 1 and not unreadable:
        yield None, "encryption", "no stored key needs the older encryption keys any more"


def _ledger() -> Iterator[Line]:
    problems = ledger.problems()
    yield not problems, "ledger", problems[0] if problems else "every reservation is accounted for"


def _checks() -> Iterator[Line]:
    """What the checks of clips have to work with."""
    yield _prompts()
    cv2 = find_spec("cv2")
    homes = (cv2 and cv2.submodule_search_locations) or ()
    if any((Path(home) / "data" / "haarcascade_frontalface_alt2.xml").is_file() for home in homes):
        yield True, "faces", "OpenCV has its face detectors"
    else:
        yield False, "faces", "OpenCV came without its face detectors, so no face is measured"
    if find_spec("c2pa") is None:
        yield None, "origin", "content credentials are not read: make extras installs what reads them"
    else:
        trusted = f"{len(settings.C2PA_ANCHORS)} trusted certificates"
        yield True, "origin", f"content credentials are read, with {trusted}"


def _prompts() -> Line:
    folder = settings.CLIP_MODEL
    if not folder.is_dir():
        setting_up = "make extras, then manage.py fetch_clip_model"
        return None, "prompts", f"no clip is held against its prompt, as there is no {folder}: {setting_up}"
    try:
        tried = guarded.call("clip_model", {"folder": folder}, reads=[folder])
    except (NotPlayable, guarded.NotBegun, guarded.Interrupted):
        return False, "prompts", f"the CLIP model in {folder} cannot be run within the limits of a check"
    if tried["problem"]:
        return False, "prompts", tried["problem"]
    where = clip_store.origin(folder) or "of unknown origin"
    return True, "prompts", f"the CLIP model in {folder} works: {where}, mark {tried['mark']}"
