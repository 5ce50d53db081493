"""The catalogue: sound, loud when wrong, exact with money and with lengths."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import catalog
from providers.catalog_data import CatalogError, Model, read_catalog
from providers.contract import GenerationRequest, Media
from providers.errors import Unsupported
from providers.request_check import issues_of

LIVING = [entry for entry in catalog.models() if not entry.is_retired()]
PRICED = [entry for entry in catalog.models() if entry.prices]


def ids(entry: Model) -> str:
    return f"{entry.vendor}/{entry.id}"


class TestEntries:
    def test_it_keeps_what_runway_had_and_says_that_it_is_gone(self) -> None:
        retired = {entry.id for entry in catalog.models() if entry.vendor == "runway" and entry.is_retired()}
        assert retired == {"gen3a_turbo", "gen4_aleph", "veo3"}

    @pytest.mark.parametrize("entry", catalog.models(), ids=ids)
    def test_it_leads_from_every_retired_model_to_a_living_one(self, entry: Model) -> None:
        if entry.is_retired():
            assert not catalog.successor_of(entry).is_retired()

    @pytest.mark.parametrize("entry", LIVING, ids=ids)
    def test_it_has_for_every_living_model_a_request_that_fits(self, entry: Model) -> None:
        mode = next(iter(entry.modes))
        width, height = catalog.size_for(entry, entry.aspects[0], mode)
        request = GenerationRequest(
            model=entry.id,
            prompt="x",
            width=width,
            height=height,
            duration_s=catalog.nearest_duration(entry, 5),
            first_frame=Media(url="https://e.example/a.png") if mode == "image" else None,
            source_video=Media(url="https://e.example/a.mp4") if mode == "video" else None,
        )
        assert catalog.check_request(request, entry.vendor) == ()

    def test_it_says_that_a_model_is_not_known(self) -> None:
        with pytest.raises(Unsupported, match="gen99"):
            catalog.model("runway", "gen99")

    def test_it_retires_a_model_on_its_day(self) -> None:
        entry = replace(catalog.model("runway", "veo3.1"), retired_on=date(2027, 1, 1))
        assert not entry.is_retired(date(2026, 12, 31))
        assert entry.is_retired(date(2027, 1, 1))


ENTRY = """
[vendors.v]
label = "V"
adapter = "providers.v.V"
base_url = "https://v.example"
docs = "docs/v.md"
credentials = [{ name = "api_key", label = "Key" }]
[[models]]
id = "m"
vendor = "v"
label = "M"
durations = [4, 8]
default_duration = 4
audio = "none"
prompt_limit = 10
prompt_unit = "chars"
prices = [{ usd_per_second = "0.1" }]
sources = [{ what = "all", mark = "docs", where = "there", date = 2026-11-01 }]
[models.modes.text]
sizes = [{ aspect = "16:9", size = [16, 9] }]
"""
FREE = ENTRY.replace('docs = "docs/v.md"', 'docs = "docs/v.md"\nfree = true')


class TestLoudness:
    def test_it_reads_a_sound_entry(self, tmp_path: Path) -> None:
        (entry,) = read_catalog([self.write(tmp_path, ENTRY)]).models
        assert (entry.id, entry.durations, entry.aspects) == ("m", (4, 8), ("16:9",))

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ('audio = "none"', 'audio = "loud"', "audio"),
            ('"chars"', '"words"', "prompt_unit"),
            ("limit = 10", "limit = 0", "prompt_limit"),
            ("[4, 8]", "[8, 4]", "rise"),
            ("[4, 8]", "[0, 4]", "above zero"),
            ("duration = 4", "duration = 5", "default_duration"),
            ('"0.1"', '"cheap"', "v/m"),
            ('"0.1"', '"-1"', "above zero"),
            ('prices = [{ usd_per_second = "0.1" }]', "prices = []", "price"),
            ("modes.text", "modes.smell", "modes"),
            ('[{ aspect = "16:9", size = [16, 9] }]', "[]", "sizes"),
            ('"docs"', '"rumour"', "marks"),
            ('label = "M"', 'label = "M"\nzoom = 3', "zoom"),
            ('label = "M"', "", "label"),
            ('label = "M"', 'label = "M"\nretired = true', "successor"),
            ('label = "M"', 'label = "M"\nsuccessor = "n"', "not listed"),
            ('label = "M"', 'label = "M"\nseed = [5, 1]', "seed"),
            ('"0.1"', '"0.1", audio = true', "with and without"),
            ('"0.1"', '"0.1", tier = "8k"', "tier"),
            ('"0.1"', '"0.1", mode = "video"', "unknown mode"),
            ('label = "M"', 'label = "M"\nratings = { beauty = 3 }', "ratings"),
            ('label = "M"', 'label = "M"\nratings = { physics = 6 }', "1 to 5"),
            ('vendor = "v"', 'vendor = "w"', "vendor is not listed"),
            ('docs = "docs/v.md"', 'docs = "docs/v.md"\nfree = true', "without a price"),
        ],
    )
    def test_it_stops_at_a_wrong_entry_and_names_it(
        self, tmp_path: Path, old: str, new: str, words: str
    ) -> None:
        assert old in ENTRY
        with pytest.raises(CatalogError, match=words) as caught:
            read_catalog([self.write(tmp_path, ENTRY.replace(old, new))])
        assert "/m" in str(caught.value)

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ('label = "V"', 'label = ""', "label"),
            ('label = "V"', 'label = "V"\nwebhook = "pigeon"', "webhook"),
            ('label = "V"', 'label = "V"\nconcurrency = 0', "at least 1"),
            ('label = "V"', 'label = "V"\nretired_on = 2026-01-01', "what the retirement means"),
            ('label = "Key" }', 'label = "Key" }, { name = "api_key", label = "B" }', "name of its own"),
            ('label = "Key" }', 'label = "Key", kind = "blob" }', "kind"),
            ('label = "V"', 'label = "V"\ncolour = 3', "colour"),
        ],
    )
    def test_it_stops_at_a_wrong_vendor_and_names_it(
        self, tmp_path: Path, old: str, new: str, words: str
    ) -> None:
        assert old in ENTRY
        with pytest.raises(CatalogError, match=words) as caught:
            read_catalog([self.write(tmp_path, ENTRY.replace(old, new, 1))])
        assert "vendor v" in str(caught.value)

    def test_it_reads_the_entry_that_the_page_of_adding_a_provider_shows(self, tmp_path: Path) -> None:
        page = Path(__file__).parents[2] / "docs/providers/adding-one.md"
        example = page.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
        found = read_catalog([self.write(tmp_path, example)])
        assert [(one.vendor, one.id) for one in found.models] == [("acme", "acme-2")]
        assert found.vendors["acme"].adapter == "providers.acme.AcmeProvider"

    def test_it_says_which_file_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(CatalogError, match=r"none\.toml"):
            read_catalog([tmp_path / "none.toml"])

    def test_it_takes_own_models_and_own_words_for_them_from_a_second_file(self, tmp_path: Path) -> None:
        first = self.write(tmp_path, ENTRY)
        own = tmp_path / "own.toml"
        mine = ENTRY[ENTRY.index("[[models]]") :]
        slug = mine.replace('label = "M"', 'label = "M2"\nwire = { slug = "x/y" }')
        own.write_text(slug + mine.replace('id = "m"', 'id = "n"'), encoding="utf-8")
        found = read_catalog([first, own]).models
        assert [(entry.id, entry.label, dict(entry.wire)) for entry in found] == [
            ("m", "M2", {"slug": "x/y"}),
            ("n", "M", {}),
        ]

    def test_it_asks_no_price_of_a_studios_own_hardware(self, tmp_path: Path) -> None:
        free = FREE.replace('prices = [{ usd_per_second = "0.1" }]', "prices = []")
        assert read_catalog([self.write(tmp_path, free)]).models[0].prices == ()

    def test_it_refuses_an_entry_that_is_listed_twice(self, tmp_path: Path) -> None:
        with pytest.raises(CatalogError, match="twice"):
            read_catalog([self.write(tmp_path, ENTRY + ENTRY)])

    def write(self, folder: Path, text: str) -> Path:
        path = folder / "catalog.toml"
        path.write_text(text, encoding="utf-8")
        return path


class TestMoney:
    @pytest.mark.parametrize(
        ("name", "seconds", "audio", "usd"),
        [
            ("gen4.5", 5, None, "0.60"),
            ("gen4.5", None, None, "0.60"),
            ("gen4_turbo", 5, None, "0.25"),
            ("gen4_turbo", None, None, "0.50"),
            ("veo3.1", 8, True, "3.20"),
            ("veo3.1", 8, False, "1.60"),
            ("veo3.1", 8, None, "3.20"),
            ("veo3.1_fast", 4, False, "0.40"),
            ("aleph2", 1, None, "0.56"),
            ("aleph2", 5.04, None, "1.68"),
        ],
    )
    def test_it_estimates_as_the_vendor_bills(
        self, name: str, seconds: float | None, audio: bool | None, usd: str
    ) -> None:
        estimate = catalog.estimate_usd(catalog.model("runway", name), seconds, None, audio)
        assert str(estimate) == usd

    def test_it_asks_for_the_length_of_a_source_clip(self) -> None:
        with pytest.raises(ValueError, match="source clip"):
            catalog.estimate_usd(catalog.model("runway", "aleph2"))

    def test_it_does_not_guess_a_price_it_does_not_know(self) -> None:
        with pytest.raises(ValueError, match="no price"):
            catalog.estimate_usd(catalog.model("runway", "gen3a_turbo"), 5)

    @pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
    def test_it_refuses_lengths_that_are_none(self, seconds: float) -> None:
        with pytest.raises(ValueError, match="lasts"):
            catalog.estimate_usd(catalog.model("runway", "gen4.5"), seconds)

    @given(
        st.sampled_from(PRICED),
        st.floats(0.01, 600),
        st.floats(0.01, 600),
        st.sampled_from([None, True, False]),
    )
    def test_it_is_in_whole_cents_and_never_falls_with_length(
        self, entry: Model, one: float, other: float, audio: bool | None
    ) -> None:
        short, long = (catalog.estimate_usd(entry, seconds, None, audio) for seconds in sorted((one, other)))
        assert short <= long
        assert short >= entry.minimum_usd
        assert short == short.quantize(Decimal("0.01"))
        assert short.as_tuple().exponent == -2

    @given(st.sampled_from(PRICED), st.integers(1, 60), st.sampled_from([True, False]))
    def test_it_takes_what_is_left_open_at_its_dearest(self, entry: Model, seconds: int, audio: bool) -> None:
        assert catalog.estimate_usd(entry, seconds) >= catalog.estimate_usd(entry, seconds, None, audio)


class TestLengths:
    @given(st.text())
    def test_it_counts_utf16_as_runway_does(self, text: str) -> None:
        expected = sum(2 if ord(c) > 0xFFFF else 1 for c in text)
        assert catalog.prompt_length(text, "utf16") == expected
        assert catalog.prompt_length(text, "chars") <= expected

    @given(st.text(), st.text())
    def test_it_adds_up(self, one: str, other: str) -> None:
        for unit in ("chars", "utf16"):
            parts = catalog.prompt_length(one, unit) + catalog.prompt_length(other, unit)
            assert catalog.prompt_length(one + other, unit) == parts

    @given(st.text(), st.text())
    def test_it_never_counts_fewer_tokens_for_a_longer_text(self, one: str, other: str) -> None:
        longer = catalog.prompt_length(one + " " + other, "tokens")
        assert longer == catalog.prompt_length(one, "tokens") + catalog.prompt_length(other, "tokens")
        assert longer <= 2 * len(one + other)

    def test_it_counts_tokens_on_the_safe_side(self) -> None:
        assert catalog.prompt_length("A slow dolly-in, at dusk.", "tokens") == 10
        assert catalog.prompt_length("雨の街", "tokens") == 6

    def test_it_does_not_know_other_units(self) -> None:
        with pytest.raises(ValueError, match="words"):
            catalog.prompt_length("x", "words")

    @given(st.text(max_size=1200))
    def test_it_says_by_how_much_a_prompt_is_over(self, text: str) -> None:
        entry = catalog.model("runway", "gen4.5")
        assert catalog.prompt_over(entry, text) == max(0, catalog.prompt_length(text, "utf16") - 1000)

    def test_it_counts_an_emoji_twice_against_the_limit(self) -> None:
        entry = catalog.model("runway", "gen4.5")
        assert catalog.prompt_over(entry, "🎬" * 500) == 0
        assert catalog.prompt_over(entry, "🎬" * 500 + "a") == 1


class TestShapes:
    def test_it_gives_the_first_size_of_a_shape(self) -> None:
        assert catalog.size_for(catalog.model("runway", "veo3.1"), "9:16") == (720, 1280)

    def test_it_finds_a_shape_in_any_mode_unless_one_is_named(self) -> None:
        entry = catalog.model("runway", "gen4.5")
        assert catalog.size_for(entry, "1:1") == (960, 960)
        with pytest.raises(Unsupported, match="16:9, 9:16"):
            catalog.size_for(entry, "1:1", "text")

    @pytest.mark.parametrize(("seconds", "nearest"), [(1, 4), (4.9, 4), (5, 6), (7, 8), (100, 8)])
    def test_it_gives_the_nearest_length_and_the_longer_of_two(self, seconds: float, nearest: int) -> None:
        assert catalog.nearest_duration(catalog.model("runway", "veo3.1"), seconds) == nearest

    def test_it_leaves_the_length_of_an_edit_to_its_source(self) -> None:
        assert catalog.nearest_duration(catalog.model("runway", "aleph2"), 5) is None


class TestSentences:
    def test_it_says_what_is_possible(self) -> None:
        request = GenerationRequest(
            model="gen4.5", prompt="x", negative_prompt="y", duration_s=12, width=960, height=960, fps=25
        )
        said = {issue.field: issue.message for issue in catalog.check_request(request)}
        assert said == {
            "negative_prompt": "Runway Gen-4.5 has no negative prompt. Say it in the prompt, "
            "or choose a model that has one.",
            "duration_s": "Runway Gen-4.5 makes clips of 2 to 10 (whole numbers) s, not of 12 s.",
            "size": "Runway Gen-4.5 cannot make 960 × 960 from words alone. "
            "It makes 1280 × 720 or 720 × 1280. With a first frame it can.",
            "fps": "Runway Gen-4.5 cannot be asked for a frame rate. Leave the frame rate empty.",
        }

    def test_it_serves_a_retired_model_for_a_host_that_still_has_it(self) -> None:
        edit = GenerationRequest(
            model="gen4_aleph",
            prompt="x",
            source_video=Media(url="https://e.example/a.mp4"),
            width=1280,
            height=720,
        )
        assert [issue.field for issue in catalog.check_request(edit)] == ["model"]
        assert catalog.check_request(edit, even_retired=True) == ()

    def test_it_hands_no_file_to_a_vendor_that_only_fetches(self, tmp_path: Path) -> None:
        sizes = 'sizes = [{ aspect = "16:9", size = [16, 9] }]'
        fetching = f"[models.modes.image]\nlinks_only = true\nlast_frame = true\n{sizes}"
        path = tmp_path / "models.toml"
        path.write_text(f"{ENTRY}{fetching}\n", encoding="utf-8")
        (entry,) = read_catalog([path]).models
        link, file = Media(url="https://e.example/a.png"), Media(data=b"a picture")
        request = GenerationRequest(model="m", prompt="x", first_frame=link, last_frame=link)
        assert issues_of(entry, request, retired=False) == ()
        (issue,) = issues_of(entry, replace(request, last_frame=file), retired=False)
        assert issue.field == "last_frame"
        assert "takes no files" in issue.message
        # What is only known to be there is a file: nobody is offered what cannot be sent.
        assert issues_of(entry, replace(request, first_frame=Media()), retired=False)
        assert (entry.image_input, entry.last_frame) == (False, False)

    def test_it_knows_models_by_vendor(self) -> None:
        request = GenerationRequest(model="gen4.5", prompt="x")
        assert catalog.check_request(request, "runway") == ()
        assert [issue.field for issue in catalog.check_request(request, "kling")] == ["model"]


def test_an_adapter_that_is_not_there_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    """An own catalogue file may misspell it; the clip would else seem to be one whose answer was lost."""
    own = tmp_path / "own.toml"
    own.write_text(
        '[vendors.mine]\nlabel = "Mine"\nadapter = "providers.runway.RunwayProvidr"\n'
        'base_url = "https://mine.example"\ndocs = "docs/providers/runway.md"\n'
        'credentials = [{ name = "api_key", label = "Key" }]\n',
        encoding="utf-8",
    )
    asked = "from providers import errors, registry\ntry: registry.load('mine', {})\n"
    asked += "except errors.NotConfigured as error: print(error)"
    told = subprocess.run(
        [sys.executable, "-c", asked],
        env=os.environ | {"RETAKE_CATALOG": str(own)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "RunwayProvidr for Mine, which is not there. Nothing was sent." in told.stdout, told.stderr
