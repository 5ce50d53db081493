"""The whole way, as a person goes it: the processes of `make run`, a real browser, the sandbox over HTTP."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import av
import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.whole.house import House

pytestmark = [pytest.mark.whole, pytest.mark.browser]

SHOT_LIST = Path(__file__).resolve().parents[2] / "docs" / "demo-shot-list.csv"
# Rendering on a busy machine with two cores takes its time.
PATIENCE_MS = 120_000


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "data")
    made.folder.mkdir()
    made.start()
    yield made
    made.clear()


def sign_in(page: Page, house: House, name: str) -> None:
    page.context.clear_cookies()
    page.goto(f"http://127.0.0.1:{house.web_port}/sign-in/")
    page.get_by_role("button", name=re.compile(name)).click()


def paid(house: House) -> int:
    count: int = httpx.get(f"http://127.0.0.1:{house.sandbox_port}/_control/paid").json()["count"]
    return count


def test_the_loop_closes_from_the_shot_list_to_the_delivered_clip(page: Page, house: House) -> None:
    page.set_default_timeout(20_000)
    import_and_generate(page, house)
    reject_undo_and_reject_again(page, house)
    see_the_retake_arrive_and_approve_it(page, house)
    download_and_decode(page, house)


def import_and_generate(page: Page, house: House) -> None:
    sign_in(page, house, "Alice")
    page.goto(f"http://127.0.0.1:{house.web_port}/p/new/")
    page.get_by_label("Name").fill("The way down")
    page.get_by_role("button", name="Make the project").click()
    expect(page).to_have_url(re.compile(r"/p/the-way-down/"))
    page.goto(f"http://127.0.0.1:{house.web_port}/p/the-way-down/settings/")
    page.get_by_label("Sign-in name").fill("bob")
    page.get_by_role("button", name="Add", exact=True).click()
    page.goto(f"http://127.0.0.1:{house.web_port}/p/the-way-down/import/")
    page.locator("input[type=file]").set_input_files(SHOT_LIST)
    page.get_by_role("button", name="Show what it would do").click()
    count = len(list(csv.DictReader(io.StringIO(SHOT_LIST.read_text(encoding="utf-8")))))
    assert count >= 12
    page.get_by_role("button", name=f"Import {count} shots").click()
    expect(page.locator(".shots tbody tr:not(.sequence)")).to_have_count(count)

    page.goto(f"http://127.0.0.1:{house.web_port}/p/the-way-down/")
    page.locator(".shots tbody tr:not(.sequence) input[type=checkbox]").first.check()
    page.get_by_role("button", name=re.compile("Generate .*…")).click()
    page.get_by_label("Clips of each shot").fill("2")
    send = page.get_by_role("button", name=re.compile(r"Generate 2 clips for \$0\.96"))
    expect(send).to_be_enabled()
    send.click()
    expect(page.locator(".shots tbody tr:not(.sequence)").first).to_contain_text(
        "In review", timeout=PATIENCE_MS
    )
    assert paid(house) == 2


def reject(page: Page, words: str) -> None:
    page.keyboard.press("r")
    page.locator("#reject-text").fill(words)
    expect(page.locator("#preview ins").first).to_be_visible()
    page.locator("#reject-text").press("Enter")


def reject_undo_and_reject_again(page: Page, house: House) -> None:
    sign_in(page, house, "Bob")
    page.goto(f"http://127.0.0.1:{house.web_port}/review/?project=the-way-down")
    expect(page.locator("video.film").nth(0)).to_be_attached()
    rejected = page.url
    reject(page, "the light should be brighter")
    card = page.locator("#retake-card, .way__card").first
    expect(card).to_contain_text(re.compile("sends in|Sending"))
    page.keyboard.press("u")
    expect(page.locator("body")).to_contain_text("Nothing was sent and nothing was spent")
    page.wait_for_timeout(11_000)
    assert paid(house) == 2, "an undone rejection must cost nothing"

    page.goto(rejected)
    expect(page.locator("#reject-text")).to_have_value("the light should be brighter")
    reject(page, "the boat should be green")
    expect(page.locator("#retake-card ins").first).to_be_visible()
    expect(page.locator("#retake-card")).to_contain_text("green")
    # The room goes on to the next clip at once.
    page.wait_for_url(lambda url: url != rejected)


def see_the_retake_arrive_and_approve_it(page: Page, house: House) -> None:
    here = page.url
    arrived = page.locator('[data-state="arrived"], .back').first
    expect(arrived).to_be_visible(timeout=PATIENCE_MS)
    assert page.url.split("?")[0] == here.split("?")[0], "the page must not move by itself"
    assert paid(house) == 3

    page.locator(".shot--mine").first.click()
    new = page.locator(".pane--now video.film:visible").first
    expect(new).to_be_visible()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.pane--now video')]"
        ".some(film => film.readyState >= 2 && film.videoWidth === 1280)"
    )
    expect(page.locator(".pane--old")).to_be_visible()
    expect(page.locator("#panel ins").first).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()


def download_and_decode(page: Page, house: House) -> None:
    sign_in(page, house, "Alice")
    page.goto(f"http://127.0.0.1:{house.web_port}/p/the-way-down/")
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as coming:
        page.get_by_role("link", name=re.compile("Approved clips")).click()
    with zipfile.ZipFile(coming.value.path()) as archive:
        assert archive.testzip() is None
        clips = [name for name in archive.namelist() if name.endswith(".mp4")]
        assert len(clips) == 1
        assert re.fullmatch(r"\w+_v00\d_c0\d\.mp4", Path(clips[0]).name)
        rows = list(csv.DictReader(io.StringIO(archive.read("shots.csv").decode("utf-8-sig"))))
        assert len(rows) == 1
        with av.open(io.BytesIO(archive.read(clips[0])), mode="r", format="mov") as clip:
            frames = len(list(clip.decode(video=0)))
    assert frames >= 96
