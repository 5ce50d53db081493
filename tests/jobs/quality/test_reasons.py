"""Why something was not measured: every reason that there is, in one voice."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import quality
from jobs.quality.report import Ordered
from jobs.quality.verify import verify
from tests.jobs.quality.clips import write_clip

HERE = Path(quality.__file__).parent
# Where a reason stands: what these are called with, and what is put into variables of these names.
CALLED = {"ClipUnavailable", "_nothing", "_not_known", "_unmeasured"}
NAMED = {"unmeasured", "reasons"}

REASONS = {
    "No CLIP model is set up.",
    "No frame of the clip shows a picture.",
    "No part of the picture bends for long.",
    "No steady face is in the picture.",
    "One picture alone cannot be compared with another.",
    "The CLIP model asks for … (…), which is not known here.",
    "The CLIP model's … answers with no usable numbers.",
    "The CLIP model's … cannot be loaded.",
    "The CLIP model's … cannot be read.",
    "The CLIP model's … cannot be run.",
    "The CLIP model's … gives … and no …: it was exported without its projection.",
    "The CLIP model's folder has neither text_model.onnx with vision_model.onnx nor model.onnx….",
    "The CLIP model's folder has no ….",
    "The CLIP model's preprocessor_config.json does not say how to prepare a picture.",
    "The CLIP model's tokenizer.json cannot be read.",
    "The CLIP model's tokenizer.json does not know its filler ….",
    "The clip has fewer than … frames that show something new.",
    "The clip has no picture to look at.",
    "The clip has no sound.",
    "The clip is too dark for its small motions to be told from noise.",
    "The clip is too short to compare its beginning with its end.",
    "The clip is too short to follow a face.",
    "The measure came to no number.",
    "The library onnxruntime is not installed: install the optional parts.",
    "The library tokenizers is not installed: install the optional parts.",
    "The picture has too few clear edges to tell how sharp they are.",
    "The picture has too little texture to follow its parts.",
    "The shot has no prompt.",
    "The sound could not be read.",
    "The two sides of the CLIP model do not belong together.",
    "There is no CLIP model in ….",
    "This OpenCV has no face detector.",
    "Too little of the picture follows one motion.",
}
# One full sentence for people.
VOICE = re.compile(r"[A-Z][^.!?]*(?:\.(?:json|onnx)[^.!?]*)*\.")


def trees() -> dict[str, ast.Module]:
    return {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.py"))}


def constants(found: dict[str, ast.Module]) -> dict[str, set[ast.expr]]:
    """What is written under a name of a module, whichever module: names of reasons are imported as well."""
    named: dict[str, set[ast.expr]] = {}
    for tree in found.values():
        for line in tree.body:
            targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
            for target in targets:
                if isinstance(target, ast.Name) and getattr(line, "value", None) is not None:
                    named.setdefault(target.id, set()).add(line.value)  # type: ignore[attr-defined]
    return named


def places(tree: ast.Module) -> Iterator[ast.expr]:
    """The expressions in a module that are, or hold, reasons."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            yield from node.args if name in CALLED else ()
            yield from (word.value for word in node.keywords if word.arg in NAMED | {"reason"})
        elif isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {ast.unparse(target).partition("[")[0] for target in targets}
            if names & NAMED:
                yield node.value


def texts(node: ast.expr, named: dict[str, set[ast.expr]]) -> Iterator[str]:
    """The sentences that an expression may come to; what is filled in is "…"."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    elif isinstance(node, ast.Name):
        for value in named.get(node.id, ()):
            if isinstance(value, (ast.Constant, ast.JoinedStr)):
                yield from texts(value, named)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from texts(value, named)
    elif isinstance(node, ast.IfExp):
        yield from [*texts(node.body, named), *texts(node.orelse, named)]
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "dict.fromkeys" and len(node.args) == 2:
        yield from texts(node.args[1], named)


def test_every_reason_is_listed_and_speaks_in_one_voice() -> None:
    found = trees()
    named = constants(found)
    told = {text for tree in found.values() for place in places(tree) for text in texts(place, named)}
    assert told == REASONS
    assert [reason for reason in REASONS if not VOICE.fullmatch(reason)] == []


@pytest.mark.parametrize("frames", [3, 30])
def test_a_clip_of_which_little_can_be_measured_gives_reasons_of_the_list(
    tmp_path: Path, frames: int
) -> None:
    path = write_clip(tmp_path / "clip.mp4", frames=frames, black=range(2 if frames < 12 else 30))
    checked = verify(path, Ordered())
    missing = {name for name, value in checked.measures.items() if value is None}
    assert missing
    assert missing <= set(checked.unmeasured)
    listed = [re.compile(re.escape(reason).replace("…", ".+")) for reason in REASONS]
    for why in checked.unmeasured.values():
        assert any(pattern.fullmatch(why) for pattern in listed), why
