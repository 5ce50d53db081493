"""Whatever a provider sends plays in the browser, and shows the frame that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from jobs import playing
from jobs.quality.report import VideoFacts
from reviewapp.models import Clip, Shot, Status, User
from tests.jobs.media.films import write_film
from tests.reviewapp.stages import asked, bring

FRAMES = 24
IN_FRONT = {"movflags": "+faststart"}
# What is written, what the checks say of it, and how it comes to be played.
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "as it is.mp4": (
        {"container": IN_FRONT, "sound": "aac"},
        {"has_audio": True, "sound_codec": "aac"},
        "original",
    ),
    "late.mp4": ({}, {"index_late": True}, "remux"),
    "hevc.mp4": (
        {"codec": "libx265", "encoder": {"x265-params": "log-level=error"}},
        {"codec": "hevc", "index_late": True},
        "copy",
    ),
    "prores.mov": (
        {"codec": "prores_ks", "pixels": "yuv422p10le"},
        {"codec": "prores", "pixel_format": "yuv422p10le"},
        "copy",
    ),
}
# Plays each address for a moment, then asks for a frame by the middle of its time and reads its number.
PLAY = """async (addresses) => {
  const told = (film, name) => new Promise((good, bad) => {
    film.addEventListener(name, good, { once: true });
    film.addEventListener("error", () => bad(new Error(`${film.error.message}`)), { once: true });
  });
  const one = async (address) => {
    const film = document.createElement("video");
    film.muted = true;
    film.src = address;
    document.body.append(film);
    await told(film, "loadeddata");
    await film.play();
    while (film.currentTime < 0.15) await new Promise((next) => setTimeout(next, 20));
    film.pause();
    const [moved, ready] = [film.currentTime, film.readyState];
    const numbers = [];
    for (const frame of [17, 5]) {
      const seeked = told(film, "seeked");
      film.currentTime = (frame + 0.5) / 24;
      await seeked;
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [film.videoWidth, film.videoHeight];
      const brush = canvas.getContext("2d");
      brush.drawImage(film, 0, 0);
      let number = 0;
      for (let bit = 0; bit < 8; bit += 1) {
        const at = ((bit + 0.5) * film.videoWidth) / 8;
        if (brush.getImageData(at, film.videoHeight / 4, 1, 1).data[0] > 125) number |= 1 << bit;
      }
      numbers.push(number);
    }
    return { moved, ready, numbers, error: film.error && film.error.message };
  };
  return Promise.all(addresses.map(one));
}"""


def test_every_kind_of_file_plays_and_shows_the_frame_that_is_asked_for(
    page: Page,
    live_server: LiveServer,
    sign_in: Callable[[User], None],
    shot: Shot,
    alice: User,
    bob: User,
    tmp_path: Path,
) -> None:
    addresses = []
    for row, (name, (film, said, plays)) in zip(asked(shot, alice, len(KINDS)), KINDS.items(), strict=True):
        path = write_film(tmp_path / name, frames=FRAMES, **film)
        row = bring(row, Status.IN_REVIEW, path.read_bytes())
        columns = playing.playable(row, path, _facts(**said))
        assert columns["plays"] == plays
        Clip.objects.filter(candidate=row).update(**columns)
        addresses.append(live_server.url + reverse("clip", args=[row.uid]))
    sign_in(bob)
    page.goto(live_server.url + reverse("password-change"))
    for name, seen in zip(KINDS, page.evaluate(PLAY, addresses), strict=True):
        assert seen["error"] is None, name
        assert seen["ready"] >= 2, name
        assert seen["moved"] >= 0.15, name
        assert seen["numbers"] == [17, 5], name


def _facts(**other: Any) -> VideoFacts:
    known: dict[str, Any] = {"container": "mov", "codec": "h264", "pixel_format": "yuv420p"}
    known |= {"width": 320, "height": 180, "frames": FRAMES, "fps_num": 24, "fps_den": 1}
    return VideoFacts(**known | {"duration_s": FRAMES / 24, "has_audio": False} | other)
