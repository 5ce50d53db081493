"""The one door to whatever reads a file from outside: limits, a bare environment, no other file."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.media import copies
from jobs.quality import crossing, guarded
from jobs.quality.report import (
    Checked,
    Criterion,
    Finding,
    NotPlayable,
    Ordered,
    Part,
    PromptPart,
    VideoFacts,
)
from jobs.quality.verify import verify
from tests.jobs.quality.films import film, one_picture_often

HOME = Path(__file__).resolve().parents[3]
ANY = Ordered()
DOWN = "The file brings the video decoder down, so it is not shown to anyone."


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return film(tmp_path / "clip.mp4", frames=24)


def test_the_child_gives_the_same_answer(clip: Path) -> None:
    ordered = Ordered(duration_s=5, width=640, height=360, prompt="a red cup", acceptance=("it is red",))
    direct, crossed = verify(clip, ordered), guarded.verify(clip, ordered)
    # Not every sum comes out the same to the last digit with another number of threads.
    assert replace(crossed, seconds=0.0, measures={}) == replace(direct, seconds=0.0, measures={})
    assert set(crossed.measures) == set(direct.measures)
    for name, value in direct.measures.items():
        assert crossed.measures[name] == (
            value if value is None else pytest.approx(value, rel=0.01, abs=0.01)
        )


FULL = Checked(
    facts=VideoFacts(
        container="mov", codec="h264", pixel_format="yuv420p", width=4, height=3, frames=2, fps_num=24,
        fps_den=1, duration_s=2, has_audio=True, sound_codec="aac", index_late=True, rotation=90,
    ),
    verdict="pass",
    measures={"edge_px": 2.5, "face_present": None},
    unmeasured={"face_present": "No face was found."},
    findings=(
        Finding(kind="cut", severity="info", start_s=1, end_s=2.5, sentence="Cut.", value=3, place=(0.5, 1)),
    ),
    parts=(Part(name="clarity", value=None, weight=0.15),),
    criteria=(Criterion(text="no cut", state="met", why="None was seen.", start_s=None),),
    prompt_parts=(PromptPart(words="red cup", match=0.3),),
    model_mark="mark",
    peaks=(0.0, 0.5, 1.0),
    poster=b"\xff\xd8\x00",
    filmstrip=b"",
    tiles=12,
)  # fmt: skip


@pytest.mark.parametrize("checked", [FULL, replace(FULL, peaks=None)])
def test_everything_in_an_answer_crosses_unchanged(checked: Checked) -> None:
    assert crossing.from_json(Checked, json.loads(json.dumps(crossing.to_json(checked)))) == checked


@pytest.mark.parametrize(
    "answer",
    [
        None, 3, [], {}, {"facts": 3}, {"verdict": "pass"},
        crossing.to_json(FULL) | {"peaks": "no"}, crossing.to_json(FULL) | {"extra": 1},
        crossing.to_json(FULL) | {"tiles": "12"}, crossing.to_json(FULL) | {"poster": "no base64!"},
    ],
)  # fmt: skip
def test_an_answer_of_another_form_is_no_answer(
    clip: Path, monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    monkeypatch.setattr(guarded, "call", lambda *order, **limits: answer)
    with pytest.raises(NotPlayable, match="brings the video decoder down"):
        guarded.verify(clip, ANY)


def test_a_program_that_was_changed_under_a_running_process_is_no_fault_of_the_file(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "_AT_THE_START", frozenset({("older.py", 1)}))
    # As long as both understand each other, nothing is wrong.
    assert guarded.verify(clip, ANY).facts.frames == 24
    changed = "The program was changed since this process began"
    with pytest.raises(guarded.NotBegun, match=changed):
        guarded.call("verify", {"path": clip, "ordered": ANY}, reads=[clip], file_bytes=100)
    monkeypatch.setattr(guarded, "call", lambda *order, **limits: {"facts": {}, "unheard_of": 1})
    with pytest.raises(guarded.NotBegun, match=changed):
        guarded.verify(clip, ANY)


def test_a_refusal_crosses(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text("<html>", encoding="ascii")
    with pytest.raises(NotPlayable, match=r"^A web page was saved instead of a video\.$"):
        guarded.verify(path, ANY)


def test_a_check_that_takes_too_long_ends_with_a_sentence(clip: Path) -> None:
    with pytest.raises(NotPlayable, match=r"^The file could not be checked within 0 s\.$"):
        guarded.verify(clip, ANY, wall_s=0.01)


def test_a_check_that_computes_too_long_ends_with_a_sentence(tmp_path: Path) -> None:
    heavy = one_picture_often(tmp_path / "heavy.mp4", 4300, side=256)
    with pytest.raises(NotPlayable, match=r"^The file takes more computing time to check than"):
        guarded.call("verify", {"path": heavy, "ordered": ANY}, reads=[heavy], cpu_s=1)


def test_a_file_that_takes_too_much_memory_ends_with_a_sentence(clip: Path) -> None:
    with pytest.raises((NotPlayable, guarded.NotBegun)):
        guarded.call("verify", {"path": clip, "ordered": ANY}, reads=[clip], address_space=200 << 20)


def test_an_answer_that_grows_without_end_is_cut_off(clip: Path) -> None:
    with pytest.raises(NotPlayable, match=DOWN):
        guarded.call("verify", {"path": clip, "ordered": ANY}, reads=[clip], file_bytes=100)


def test_what_is_not_on_the_list_is_not_run(clip: Path) -> None:
    with pytest.raises(KeyError):
        guarded.call("os.system", {"command": "true"})
    letter = {"function": "os.system", "order": {}, "reads": [], "writes": []}
    done = run_child(letter | {"cpu_s": 5, "address_space": 1 << 30, "file_bytes": 1 << 20})
    assert done.returncode == guarded.NOT_BEGUN
    assert "os.system is not on the list" in done.stderr


def run_child(letter: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
    order = [sys.executable, "-m", "jobs.quality.child"]
    return subprocess.run(
        order, input=json.dumps(letter), capture_output=True, text=True, cwd=HOME, check=False
    )


def test_a_broken_installation_is_no_fault_of_the_file(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(guarded.FUNCTIONS, "verify", "jobs.quality.nowhere.verify")
    with pytest.raises(guarded.NotBegun, match="verify could not begin"):
        guarded.verify(clip, ANY)


def test_a_child_that_somebody_kills_says_nothing_of_the_file(clip: Path) -> None:
    with pytest.raises(guarded.Interrupted, match="ended from outside by signal 9"):
        guarded.verify(clip, ANY, before_exec=lambda: os.kill(os.getpid(), signal.SIGKILL))


def no_room() -> Any:
    """A file into which nothing can be written any more."""
    return open("/dev/full", "r+b")


def test_a_machine_without_room_is_no_fault_of_the_file(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as filled:
        filled.setattr("tempfile.TemporaryFile", no_room)
        with pytest.raises(guarded.NotBegun, match="had no room to write"):
            guarded.verify(clip, ANY)
    with pytest.raises(OSError, match="No space left on device"):
        copies.small(clip, Path("/dev/full"))


def test_a_child_that_dies_ends_with_a_sentence(clip: Path) -> None:
    def die() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (40 << 20, 40 << 20))

    with pytest.raises(NotPlayable, match=DOWN):
        guarded.verify(clip, ANY, before_exec=die)


def in_child(code: str, *, reads: list[Path], writes: list[Path]) -> str:
    """What some code prints in a process that has given up everything but these places."""
    prelude = (
        "import sys, socket, subprocess\nfrom pathlib import Path\n"
        "from jobs.quality import child, confine\n"
        f"assert confine.confine([*child._own_places(), *map(Path, {[*map(str, reads)]!r})], "
        f"[*map(Path, {[*map(str, writes)]!r})])\n"
        "def tried(do):\n"
        "    try: do()\n"
        "    except OSError as error: print(type(error).__name__)\n"
        "    else: print('done')\n"
    )
    order = [sys.executable, "-c", prelude + code]
    done = subprocess.run(order, capture_output=True, text=True, cwd=HOME, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def landlocked() -> bool:
    """Whether this kernel has Landlock, asked in a process that may lose its rights."""
    code = "from jobs.quality.confine import confine; print(confine([], []))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HOME, check=False)
    return done.stdout.strip() == "True"


needs_landlock = pytest.mark.skipif(not landlocked(), reason="this kernel has no Landlock")


@needs_landlock
def test_the_child_reads_what_it_was_given_and_nothing_else(tmp_path: Path) -> None:
    given, other, folder = tmp_path / "given", tmp_path / "other", tmp_path / "folder"
    for path in (given, other):
        path.write_text("words", encoding="ascii")
    folder.mkdir()
    code = f"""
tried(lambda: open({str(given)!r}).read())
tried(lambda: open({str(other)!r}).read())
tried(lambda: open({str(given)!r}, 'w'))
tried(lambda: open({str(folder / "new")!r}, 'w'))
tried(lambda: open({str(tmp_path / "new")!r}, 'w'))
tried(lambda: open('/etc/passwd').read())
tried(lambda: open({str(HOME / "manage.py")!r}).read())
tried(lambda: subprocess.run(['/bin/true']))
"""
    refused = "PermissionError"
    expected = ["done", refused, refused, "done", refused, refused, refused, refused]
    assert in_child(code, reads=[given], writes=[folder]).split() == expected


@needs_landlock
def test_a_clip_that_was_not_named_is_out_of_the_child_s_reach(clip: Path) -> None:
    order = {"path": clip, "ordered": ANY}
    assert guarded.call("verify", order, reads=[clip])["facts"]["frames"] == 24
    with pytest.raises(NotPlayable, match=DOWN):
        guarded.call("verify", order)


@needs_landlock
def test_the_child_reaches_no_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"tried(lambda: socket.create_connection(('127.0.0.1', {port}), 2))\n"
        plain = subprocess.run(
            [sys.executable, "-c", f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"],
            check=False,
        )
        assert plain.returncode == 0
        assert in_child(code, reads=[], writes=[]).split() == ["PermissionError"]


@needs_landlock
@pytest.mark.parametrize(
    "kind", ["AF_INET, socket.SOCK_DGRAM", "AF_INET6, socket.SOCK_STREAM", "AF_UNIX, socket.SOCK_STREAM"]
)
def test_the_child_makes_no_socket_of_any_kind(kind: str) -> None:
    code = f"tried(lambda: socket.socket(socket.{kind}))\n"
    assert in_child(code, reads=[], writes=[]).split() == ["PermissionError"]


def test_no_secret_of_this_process_is_in_the_child(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://a-secret")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    seen: list[Mapping[str, str]] = []
    true_run = subprocess.run

    def run(*order: Any, **how: Any) -> Any:
        seen.append(how["env"])
        return true_run(*order, **how)

    monkeypatch.setattr(subprocess, "run", run)
    guarded.verify(clip, ANY)
    threads = {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"}
    memory = {"MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"}
    plain = threads | memory | {"LC_ALL", "ORT_DISABLE_TELEMETRY"}
    assert set(seen[0]) <= plain | {"LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH"}
