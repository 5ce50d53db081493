"""Pictures held against their prompt by a small model of colours: a red cup is found on a red clip."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto
from PIL import Image

from jobs.quality import clip_pixels, prompt_match
from jobs.quality.clip_folder import ClipUnavailable, find
from jobs.quality.clip_model import ClipModel
from reviewapp import check_words
from tests.jobs.quality import colour_model

RED, GREEN, DARK = (200, 30, 30), (30, 200, 30), (10, 10, 10)
Picture = NDArray[np.uint8]


def frames(*colours: tuple[int, int, int]) -> list[Picture]:
    return [np.full((224, 398, 3), colour, np.uint8) for colour in colours]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return colour_model.build(tmp_path / "clip")


def matched(colour: tuple[int, int, int], prompt: str, folder: Path) -> float:
    value = prompt_match.match(frames(colour, colour), prompt, folder).seen.measures["prompt_match"]
    assert value is not None
    return value


def test_the_clip_that_shows_the_prompt_wins(folder: Path) -> None:
    assert matched(RED, "red cup", folder) > 0.9 > matched(GREEN, "red cup", folder) + 0.5
    assert matched(DARK, "dark night", folder) > 0.9 > matched(GREEN, "dark night", folder) + 0.5


def test_the_worst_frame_and_the_steadiness_are_told(folder: Path) -> None:
    steady = prompt_match.match(frames(RED, RED, RED), "red cup", folder).seen
    falls = prompt_match.match(frames(RED, RED, GREEN), "red cup", folder).seen
    assert steady.measures["prompt_match"] == steady.measures["prompt_match_worst"]
    assert steady.measures["frame_consistency"] == pytest.approx(1)
    assert falls.measures["prompt_match_worst"] == pytest.approx(matched(GREEN, "red cup", folder))
    # Of two steps one is 1 and the other 0, from the frame before as from the first.
    assert falls.measures["frame_consistency"] == pytest.approx(0.5)
    assert not steady.unmeasured


def test_each_part_of_the_prompt_is_judged_by_itself(folder: Path) -> None:
    found = prompt_match.match(frames(RED), "A red boat drifts on the green grass. Night.", folder)
    by_words = {part.words: part.match for part in found.parts}
    assert list(by_words) == ["a red boat drifts", "on the green grass", "night"]
    red, green = by_words["a red boat drifts"], by_words["on the green grass"]
    assert red is not None
    assert green is not None
    assert red > 0.9 > green + 1


def test_a_prompt_longer_than_the_model_reads_is_judged_by_its_parts(folder: Path) -> None:
    prompt = "A red cup. " + "A cup on a table. " * 30 + "A green cup."
    found = prompt_match.match(frames(RED), prompt, folder)
    values = [part.match for part in found.parts if part.match is not None]
    assert found.seen.measures["prompt_truncated"] == 1
    assert found.seen.measures["prompt_match"] == pytest.approx(np.mean(values), abs=1e-4)
    short = prompt_match.match(frames(RED), "A red cup", folder).seen.measures
    assert short["prompt_truncated"] == 0
    assert set(short) == {words.key for words in check_words.MEASURES[check_words.OF_A_MODEL]}


def test_without_a_model_everything_is_null_with_its_reason() -> None:
    found = prompt_match.match(frames(RED), "A red cup on a table", None)
    assert set(found.seen.measures.values()) == {None}
    assert found.seen.unmeasured == dict.fromkeys(found.seen.measures, "No CLIP model is set up.")
    assert [(part.words, part.match) for part in found.parts] == [("a red cup", None), ("on a table", None)]
    assert found.mark == ""


def test_without_a_prompt_or_with_one_frame_the_rest_is_still_measured(folder: Path) -> None:
    silent = prompt_match.match(frames(RED, GREEN), " ", folder).seen
    alone = prompt_match.match(frames(RED), "red cup", folder).seen
    assert silent.measures["frame_consistency"] == pytest.approx(0)
    assert silent.unmeasured == dict.fromkeys(
        ("prompt_match", "prompt_match_worst"), "The shot has no prompt."
    )
    assert alone.measures["prompt_match"] is not None
    assert list(alone.unmeasured) == ["frame_consistency"]
    none = prompt_match.match([], "red cup", folder).seen
    assert set(none.unmeasured.values()) == {"The clip has no picture to look at."}


LAYOUTS: dict[str, dict[str, object]] = {
    "graphs in onnx/": {},
    "graphs in the folder": {"inner": "."},
    "one graph for both sides": {"single": True},
    "quantized": {"ending": "_quantized"},
    "pictures as half numbers": {"kind": TensorProto.FLOAT16, "ending": "_fp16"},
    "words as short numbers": {"ids": TensorProto.INT32},
    "one graph without a mask": {"single": True, "masked": False},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_usual_layout_gives_the_same_answer(layout: str, folder: Path, tmp_path: Path) -> None:
    other = colour_model.build(tmp_path / "other", **LAYOUTS[layout])  # type: ignore[arg-type]
    wanted = prompt_match.match(frames(RED, DARK), "red cup", folder)
    found = prompt_match.match(frames(RED, DARK), "red cup", other)
    assert found.seen.measures == pytest.approx(wanted.seen.measures, abs=2e-3)
    assert found.mark


def test_a_graph_is_fed_the_mask_only_where_it_asks_for_one(tmp_path: Path) -> None:
    unmasked = colour_model.build(tmp_path / "clip", masked=False)
    assert matched(RED, "red cup", unmasked) > 0.9


def test_the_more_exact_form_is_taken_or_the_one_that_is_named(folder: Path) -> None:
    colour_model.build(folder, ending="_quantized")
    assert find(folder).text.name == "text_model.onnx"
    assert find(folder, "_quantized").vision.name == "vision_model_quantized.onnx"
    with pytest.raises(ClipUnavailable, match="of the variant fp16"):
        find(folder, "_fp16")


def test_the_mark_names_these_files_and_changes_with_any_of_them(folder: Path, tmp_path: Path) -> None:
    mark = find(folder).mark()
    assert mark == find(colour_model.build(tmp_path / "same")).mark()
    for name in ("tokenizer.json", "preprocessor_config.json", "onnx/vision_model.onnx"):
        before = (folder / name).read_bytes()
        (folder / name).write_bytes(before + b" ")
        assert find(folder).mark() != mark, name
        (folder / name).write_bytes(before)
    (folder / "readme.txt").write_text("not of the model")
    assert find(folder).mark() == mark
    (folder / "onnx" / "vision_model.onnx_data").write_bytes(b"weights beside the graph")
    assert find(folder).mark() != mark


def without(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def broken(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text, encoding="utf-8")


def told(**changes: object) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        path = folder / "preprocessor_config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


REFUSED: dict[str, Callable[[Path], object]] = {
    "has no tokenizer.json": without("tokenizer.json"),
    "has no preprocessor_config.json": without("preprocessor_config.json"),
    "neither text_model.onnx with vision_model.onnx nor model.onnx": without("onnx/text_model.onnx"),
    "The CLIP model's text_model.onnx cannot be loaded": broken("onnx/text_model.onnx", "<html>"),
    "The CLIP model's tokenizer.json cannot be read": broken("tokenizer.json", "{"),
    "The CLIP model's config.json cannot be read": broken("config.json", "[]"),
    "does not know its filler": broken("tokenizer_config.json", '{"pad_token": "<pad>"}'),
    "text_model.onnx gives last_hidden_state and no text_embeds": lambda folder: colour_model.build(
        folder, projected=False
    ),
    "asks for pixel_values (tensor(uint8))": lambda folder: colour_model.build(
        folder, kind=TensorProto.UINT8
    ),
    "does not say how to prepare a picture": told(size={}),
    "not say how to prepare a picture": told(resample=0),
    "say how to prepare a picture": told(crop_size=64),
    "answers with no usable numbers": told(image_mean=[float("nan")] * 3),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_model_that_cannot_be_used_is_said_to_be_so(sentence: str, folder: Path) -> None:
    REFUSED[sentence](folder)
    found = prompt_match.match(frames(RED, RED), "red cup", folder)
    assert set(found.seen.measures.values()) == {None}
    (reason,) = set(found.seen.unmeasured.values())
    assert sentence in reason.replace("vision_model.onnx gives pooler_output and no image_embeds", sentence)
    assert reason.endswith(".")
    assert found.mark == ""


@pytest.mark.parametrize("missing", ["onnxruntime", "tokenizers"])
def test_without_the_optional_parts_it_says_what_to_install(
    missing: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    found = prompt_match.match(frames(RED), "red cup", folder)
    (reason,) = set(found.seen.unmeasured.values())
    assert reason == f"The library {missing} is not installed: install the optional parts."


def test_words_become_the_documented_77_tokens(folder: Path) -> None:
    short, long = ClipModel(folder).read(["A red CUP", "red " * 100])
    known = colour_model.VOCABULARY
    begin, end = known[colour_model.START], known[colour_model.END]
    # One begin, the words in small letters, one end, and the filler, which is the end's own number.
    assert short.ids == [begin, known["a"], known["red"], known["cup"], *[end] * 73]
    assert short.attention_mask == [*[1] * 5, *[0] * 72]
    assert (len(long.ids), long.ids[-1], bool(long.overflowing)) == (77, end, True)


@pytest.mark.parametrize("way", [2, 3])
@pytest.mark.parametrize("size", [(224, 398), (398, 224), (97, 131), (20, 33)])
def test_pictures_are_resized_as_the_models_were_trained(way: int, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (*size, 3), dtype=np.uint8)
    with Image.fromarray(noise) as picture:
        wanted = np.asarray(picture.resize((45, 32), Image.Resampling(way)), np.int16)
    found = clip_pixels.resize(noise, 32, 45, way).astype(np.int16)
    # One grey level is what the libraries' own rounding leaves.
    assert np.abs(found - wanted).max() <= 1


def test_a_picture_is_cut_to_its_middle_and_normalised(folder: Path) -> None:
    config = json.loads((folder / "preprocessor_config.json").read_text())
    picture = np.zeros((32, 64, 3), np.uint8)
    picture[:, 16:48] = 255
    (batch,) = clip_pixels.prepare([picture], config)
    assert batch.shape == (3, 32, 32)
    # Only the white middle is left, and white is (1 - mean) / deviation.
    assert batch[0] == pytest.approx((1 - 0.48145466) / 0.26862954, abs=1e-5)


def test_it_runs_within_the_limits_of_the_guarded_child(folder: Path) -> None:
    limit = 2 << 30
    code = (
        "import sys, numpy; from pathlib import Path; from jobs.quality.prompt_match import match; "
        "picture = numpy.full((224, 398, 3), (200, 30, 30), numpy.uint8); "
        "print(match([picture] * 8, 'red cup', Path(sys.argv[1])).mark)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[3],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert done.stdout.strip() == find(folder).mark()
