"""Files changed at random bring nothing down: every one is taken or refused with a sentence.

Some seconds in the suite. RETAKE_FUZZ_S=600 looks for so many seconds, from RETAKE_FUZZ_SEED on.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from jobs.quality import boxes, ebml, guarded
from jobs.quality.report import NotPlayable, Ordered
from jobs.quality.sniff import HEAD_BYTES, demuxer_of
from tests.jobs.quality.fuzzing import MOST_BYTES, SLOW_S, Mutator, whole_films
from tests.jobs.quality.test_other_files import watching

HOME = Path(__file__).resolve().parents[3]
SECONDS = float(os.environ.get("RETAKE_FUZZ_S", "0"))
SEED = int(os.environ.get("RETAKE_FUZZ_SEED", "7"))
IN_A_BATCH = 250


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return whole_films(tmp_path_factory.mktemp("films"))


def test_what_reads_the_index_raises_nothing_but_refusals(films: dict[str, bytes]) -> None:
    mutator, taken, refused = Mutator(films, SEED), 0, 0
    for _ in range(3000 if not SECONDS else int(SECONDS * 100)):
        name, content = mutator.next()
        began = time.process_time()
        try:
            reader = boxes.read if demuxer_of(content[:HEAD_BYTES]) == "mov" else ebml.read
            reader(io.BytesIO(content), len(content))
            taken += 1
        except NotPlayable:
            refused += 1
        assert time.process_time() - began < 1, name
    assert taken > 100
    assert refused > 100


def batch(folder: Path) -> list[dict[str, object]]:
    """What a limited process says of each file of a folder. Where it dies, the next goes on behind it."""
    told: list[dict[str, object]] = []
    while any(folder.iterdir()):
        done = subprocess.run(
            [sys.executable, "-m", "tests.jobs.quality.fuzzing", str(folder)],
            capture_output=True, text=True, cwd=HOME, check=False, timeout=120 + SLOW_S * IN_A_BATCH,
        )  # fmt: skip
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert lines, done.stderr
        told += [line for line in lines if "file" in line]
        if "begun" in lines[-1]:
            told.append({"file": lines[-1]["begun"], "died": done.returncode, "seconds": 0.0, "most": 0})
        for line in lines:
            name = str(line.get("file", line.get("begun")))
            if (folder / name).exists():
                (folder / name).rename(folder.parent / "done" / name)
    return told


def test_every_outcome_is_a_clip_or_a_sentence(films: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "done").mkdir()
    ends, seed = time.monotonic() + SECONDS, SEED
    while True:
        folder = tmp_path / f"{seed}"
        folder.mkdir()
        mutator = Mutator(films, seed)
        for number in range(IN_A_BATCH):
            name, content = mutator.next()
            (folder / f"{seed}-{number:03}-{name}").write_bytes(content)
        _judge(batch(folder), tmp_path / "done")
        seed += 1
        if time.monotonic() >= ends:
            break


def _judge(told: list[dict[str, object]], done: Path) -> None:
    for outcome in told:
        kept = f"{outcome}, kept as {done / str(outcome['file'])}"
        assert "broken" not in outcome, kept
        assert "died" not in outcome or _ends_in_a_sentence(done / str(outcome["file"])), kept
        assert float(str(outcome["seconds"])) < SLOW_S, kept
        assert int(str(outcome["most"])) < MOST_BYTES, kept
        assert str(outcome.get("refused", ".")).endswith("."), kept
    assert len(told) == IN_A_BATCH
    assert {key for outcome in told for key in outcome} >= {"taken", "refused"}


def _ends_in_a_sentence(path: Path) -> bool:
    with pytest.raises(NotPlayable) as refused:
        guarded.verify(path, Ordered())
    return str(refused.value).endswith(".")


def test_the_guarded_door_holds_against_changed_files(films: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "secret.mp4").write_bytes(films["h264.mp4"])
    mutator = Mutator(films, SEED + 1000)
    clip = tmp_path / "clip.mp4"
    for _ in range(3):
        clip.write_bytes(mutator.next()[1])
        with watching(tmp_path) as seen, suppress(NotPlayable):
            assert guarded.verify(clip, Ordered()).facts.frames
        assert seen.names == {"clip.mp4"}
