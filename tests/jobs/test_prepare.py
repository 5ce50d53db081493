"""The copies of a clip that people see already: made behind all else, never half, found again when lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone
from django_q.models import OrmQ

from jobs import files, media, playing, prepare
from jobs.quality.report import VideoFacts
from reviewapp import dispatch, preparing
from reviewapp.models import Candidate, CleaningRun, Clip, Shot, Status, User
from reviewapp.models.clips import Playable
from tests.cast import run_queue
from tests.jobs.media.films import seen, write_film
from tests.reviewapp.stages import asked, bring

pytestmark = pytest.mark.django_db

FRAMES = 12
QUIET = {"x265-params": "log-level=error"}
# A film of which a small copy is smaller.
FINE = {"crf": "4"}
NOW: dict[str, Any] = {"media_version": media.MEDIA_VERSION, "plays": Playable.ORIGINAL}


@pytest.fixture
def stage(shot: Shot, alice: User, tmp_path: Path) -> Callable[..., Candidate]:
    """A clip that waits for eyes, from a real file; `columns` are what the checks have written of it."""

    def make(columns: dict[str, Any] = NOW, name: str = "film.mp4", **film: Any) -> Candidate:
        given: dict[str, Any] = {"frames": FRAMES, "encoder": FINE} | film
        path = write_film(tmp_path / name, **given)
        row = bring(asked(shot, alice)[0], Status.IN_REVIEW, path.read_bytes())
        frames = film.get("frames", FRAMES)
        known = {"width": 320, "height": 180, "frames": frames, "duration_s": frames / 24}
        Clip.objects.filter(candidate=row).update(**known | columns)
        OrmQ.objects.all().delete()
        return Candidate.objects.whole().get(pk=row.pk)

    return make


def clip_of(candidate: Candidate) -> Clip:
    return Clip.objects.get(candidate=candidate)


def workshops() -> list[str]:
    return [one.name for one in (Path(settings.MEDIA_ROOT) / "arriving").glob("making-*")]


def kept(folder: str) -> list[Path]:
    return [one for one in (Path(settings.MEDIA_ROOT) / folder).rglob("*") if one.is_file()]


def test_a_clip_gets_its_small_copy_once(stage: Callable[..., Candidate]) -> None:
    row = stage()
    for _ in range(2):
        dispatch.prepare(row)
    assert run_queue() == 2
    clip = clip_of(row)
    (small,) = kept("smalls")
    assert clip.has_small
    assert Path(clip.small.path) == small
    assert small.stat().st_size < clip.size
    assert seen(small)[1] == list(range(FRAMES))
    assert (clip.playable.name, kept("playables"), workshops()) == ("", [], [])


def test_a_clip_from_before_there_were_copies_gets_one_that_plays(stage: Callable[..., Candidate]) -> None:
    row = stage({}, codec="libx265", encoder=QUIET)
    prepare.prepare_candidate(row.pk)
    clip = clip_of(row)
    assert (clip.plays, clip.media_version) == (Playable.COPY, media.MEDIA_VERSION)
    with av.open(clip.playable.path) as source:
        assert source.streams.video[0].codec_context.name == "h264"
    assert seen(Path(clip.playable.path))[1] == list(range(FRAMES))
    assert not clip.cannot_be_played


def test_one_that_every_browser_plays_is_left_as_it_is(stage: Callable[..., Candidate]) -> None:
    row = stage({}, container={"movflags": "+faststart"})
    prepare.prepare_candidate(row.pk)
    clip = clip_of(row)
    assert (clip.plays, clip.playable.name, clip.media_version) == ("original", "", media.MEDIA_VERSION)


def test_killed_at_any_moment_it_leaves_nothing_half_and_is_done_again(
    stage: Callable[..., Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = stage(frames=3)

    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    for room, name in ((media, "make_small"), (files, "keep"), (preparing, "prepared")):
        with monkeypatch.context() as killing:
            killing.setattr(room, name, killed)
            with pytest.raises(Killed):
                prepare.prepare_candidate(row.pk)
        assert (clip_of(row).small.name, workshops()) == ("", [])
    prepare.prepare_candidate(row.pk)
    assert kept("smalls") == [Path(clip_of(row).small.path)]


def test_a_worker_that_was_killed_in_its_workshop_is_swept_up_behind(tmp_path: Path) -> None:
    from datetime import timedelta

    left = files.workshop()
    folder = left.__enter__()
    (folder / "copy.half").write_bytes(b"half")
    assert files.sweep_arrivals(timedelta(hours=1)) == 0
    assert files.sweep_arrivals(timedelta(0)) == 1
    assert not folder.exists()


def test_it_gives_way_to_clips_that_wait_for_their_check(
    stage: Callable[..., Candidate], make_shot: Callable[..., Shot], alice: User
) -> None:
    row = stage()
    waiting = bring(asked(make_shot(), alice)[0], Status.CHECKING)
    prepare.prepare_candidate(row.pk)
    assert clip_of(row).small.name == ""
    Candidate.objects.filter(pk=waiting.pk).update(status=Status.CANCELLED)
    prepare.prepare_candidate(row.pk)
    assert clip_of(row).small.name != ""


def test_what_was_lost_is_found_while_the_cluster_is_idle(stage: Callable[..., Candidate]) -> None:
    row = stage()
    dispatch.canary("media")
    assert preparing.ask_when_quiet(media.MEDIA_VERSION) == 0
    OrmQ.objects.all().delete()
    assert preparing.ask_when_quiet(media.MEDIA_VERSION) == 1
    assert [message.task["args"] for message in OrmQ.objects.all()] == [(row.pk,)]
    run_queue()
    assert clip_of(row).small.name
    assert ask_again() == 0


def ask_again() -> int:
    CleaningRun.objects.filter(kind=preparing.KIND).update(asked_at=None)
    return preparing.ask_when_quiet(media.MEDIA_VERSION)


def test_it_goes_round_from_the_newest_to_the_oldest_a_few_at_a_time(
    stage: Callable[..., Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "FEW", 1)
    first, second = stage(), stage()
    asked_for: list[int] = []
    # Below the oldest there may be numbers that no clip has: a round that finds none ends there.
    for _ in range(6):
        assert ask_again() <= 1
        asked_for += [message.task["args"][0] for message in OrmQ.objects.all()]
        OrmQ.objects.all().delete()
    assert asked_for[:3] == [second.pk, first.pk, second.pk]
    assert preparing.ask_when_quiet(media.MEDIA_VERSION) == 0, "no more than once a minute"


@pytest.mark.parametrize("status", [Status.REJECTED, Status.PASSED_OVER])
def test_what_was_set_aside_gets_none(stage: Callable[..., Candidate], status: Status) -> None:
    row = stage()
    Candidate.objects.filter(pk=row.pk).update(status=status)
    prepare.prepare_candidate(row.pk)
    assert ask_again() == 0
    assert clip_of(row).small.name == ""


def test_one_that_cannot_be_made_is_logged_and_not_tried_for_ever(
    stage: Callable[..., Candidate], caplog: pytest.LogCaptureFixture
) -> None:
    row = stage(NOW | {"frames": FRAMES + 1})
    prepare.prepare_candidate(row.pk)
    clip = clip_of(row)
    assert "has no small copy: No copy for browsers could be made of it: The copy has" in caplog.text
    assert (clip.small.name, clip.has_small) == (clip.file.name, False)
    assert ask_again() == 0


def test_a_small_copy_that_is_no_smaller_is_not_kept(stage: Callable[..., Candidate]) -> None:
    row = stage(encoder={"preset": "veryslow", "crf": "51"})
    prepare.prepare_candidate(row.pk)
    clip = clip_of(row)
    assert (clip.small.name, clip.has_small, kept("smalls")) == (clip.file.name, False, [])


def test_a_file_that_is_gone_is_passed_over(
    stage: Callable[..., Candidate], caplog: pytest.LogCaptureFixture
) -> None:
    row = stage()
    default_storage.delete(str(row.clip.file.name))
    prepare.prepare_candidate(row.pk)
    assert "is gone; it gets no copies" in caplog.text


def test_nothing_is_written_to_a_clip_that_was_removed_or_fetched_anew(
    stage: Callable[..., Candidate],
) -> None:
    row = stage()
    for change in ({"sha256": "0" * 64}, {"removed_at": row.created_at}):
        old = clip_of(row)
        Clip.objects.filter(pk=old.pk).update(**change)
        assert not preparing.prepared(old, {"small": "smalls/late.mp4"})
    assert clip_of(row).small.name == ""


class TestPlayable:
    """What the first check keeps of a clip beside its facts."""

    def facts(self, **other: Any) -> VideoFacts:
        known: dict[str, Any] = {"container": "mov", "codec": "h264", "pixel_format": "yuv420p"}
        known |= {"width": 320, "height": 180, "frames": FRAMES, "fps_num": 24, "fps_den": 1}
        return VideoFacts(**known | {"duration_s": FRAMES / 24, "has_audio": False} | other)

    def test_a_late_index_is_remuxed_and_the_small_one_is_made_anew(
        self, stage: Callable[..., Candidate]
    ) -> None:
        row = stage({"small": "smalls/old.mp4"})
        path = Path(row.clip.file.path)
        columns = playing.playable(row, path, self.facts(index_late=True))
        assert (columns["plays"], columns["media_version"]) == (Playable.REMUX, media.MEDIA_VERSION)
        assert columns["small"] == ""
        assert default_storage.exists(str(columns["playable"]))
        assert path.exists()

    def test_it_is_made_once(self, stage: Callable[..., Candidate]) -> None:
        row = stage()
        assert playing.playable(row, Path(row.clip.file.path), self.facts(codec="hevc")) == {}

    def test_without_a_copy_the_clip_still_goes_to_people(
        self, stage: Callable[..., Candidate], caplog: pytest.LogCaptureFixture
    ) -> None:
        row = stage({})
        path = Path(row.clip.file.path)
        columns = playing.playable(row, path, self.facts(codec="hevc", frames=FRAMES + 1))
        assert (columns["plays"], columns["playable"]) == (Playable.COPY, "")
        assert row.code in caplog.text
        Clip.objects.filter(candidate=row).update(**columns)
        assert clip_of(row).cannot_be_played

    def test_a_check_holds_its_clip_for_as_long_as_a_copy_may_take(
        self, stage: Callable[..., Candidate]
    ) -> None:
        row = stage({})
        Candidate.objects.filter(pk=row.pk).update(status=Status.CHECKING)
        row = Candidate.objects.whole().get(pk=row.pk)
        assert row.claim(1.0, worker="me")
        playing.playable(row, Path(row.clip.file.path), self.facts(index_late=True))
        held = Candidate.objects.get(pk=row.pk)
        assert held.due_at is not None
        left_s = (held.due_at - timezone.now()).total_seconds()
        assert left_s > media.patience_s(self.facts()) + 60
        assert (held.worker, held.fence) == ("me", row.fence)
