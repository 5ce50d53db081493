"""A CLIP model as it lies in a folder: which files belong to it, and the mark that tells it from another.

The layout is that of the usual exports to ONNX: `tokenizer.json`, `preprocessor_config.json`, perhaps
`config.json` and `tokenizer_config.json`, and either `text_model*.onnx` with `vision_model*.onnx` or one
`model*.onnx`, in the folder itself or in `onnx/`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# The more exact one first; the endings that exporters give to the forms of one model.
VARIANTS: Final = ("", "_fp16", "_quantized", "_int8", "_uint8", "_q4f16", "_q4", "_bnb4")
# A picture and a prompt of other models may well be longer; CLIP's own texts are 77 tokens.
MOST_TOKENS: Final = 77
_MARK_LENGTH: Final = 16


class ClipUnavailable(Exception):
    """Prompts cannot be compared with pictures. The text is a sentence for people that says why."""


@dataclass(frozen=True, kw_only=True)
class ClipFolder:
    """The files of one model. `text` and `vision` are the same file where one holds both sides."""

    root: Path
    text: Path
    vision: Path
    preprocessing: dict[str, Any]
    most_tokens: int
    pad_token: str

    @property
    def tokenizer(self) -> Path:
        return self.root / "tokenizer.json"

    @property
    def in_one(self) -> bool:
        return self.text == self.vision

    def mark(self) -> str:
        """What names exactly these files: scores with different marks must not be compared."""
        told = hashlib.sha256()
        for path in self.files():
            told.update(f"{path.relative_to(self.root).as_posix()}\0".encode())
            with path.open("rb") as file:
                told.update(hashlib.file_digest(file, "sha256").digest())
        return told.hexdigest()[:_MARK_LENGTH]

    def files(self) -> list[Path]:
        """Everything that an answer follows from, weights beside a graph (`.onnx_data`) included."""
        configs = ("preprocessor_config.json", "config.json", "tokenizer_config.json")
        graphs = {self.text, self.vision}
        weights = {beside for graph in graphs for beside in graph.parent.glob(f"{graph.name}[._]data*")}
        named = {self.tokenizer, *(self.root / name for name in configs)}
        return sorted(path for path in named | graphs | weights if path.is_file())


def find(folder: Path, variant: str | None = None) -> ClipFolder:
    """The model in the folder; without a variant, such as `_quantized`, the most exact one that is there.

    Raises ClipUnavailable when a file is missing or cannot be read.
    """
    if not folder.is_dir():
        raise ClipUnavailable(f"There is no CLIP model in {folder}.")
    for name in ("tokenizer.json", "preprocessor_config.json"):
        if not (folder / name).is_file():
            raise ClipUnavailable(f"The CLIP model's folder has no {name}.")
    text, vision = _graphs(folder, variant)
    words = _read(folder / "tokenizer_config.json")
    told = _read(folder / "config.json").get("text_config") or {}
    # Some exports write an endless length, so the smallest of the three counts.
    lengths = (words.get("model_max_length"), told.get("max_position_embeddings"), MOST_TOKENS)
    pad = words.get("pad_token") or "<|endoftext|>"
    return ClipFolder(
        root=folder,
        text=text,
        vision=vision,
        preprocessing=_read(folder / "preprocessor_config.json"),
        most_tokens=int(min(length for length in lengths if length)),
        pad_token=pad["content"] if isinstance(pad, dict) else str(pad),
    )


def _graphs(folder: Path, variant: str | None) -> tuple[Path, Path]:
    for ending in VARIANTS if variant is None else (variant,):
        for home in (folder, folder / "onnx"):
            text, vision = home / f"text_model{ending}.onnx", home / f"vision_model{ending}.onnx"
            if text.is_file() and vision.is_file():
                return text, vision
            if (both := home / f"model{ending}.onnx").is_file():
                return both, both
    kind = f" of the variant {variant.lstrip('_') or 'full'}" if variant is not None else ""
    raise ClipUnavailable(
        f"The CLIP model's folder has neither text_model.onnx with vision_model.onnx nor model.onnx{kind}."
    )


def _read(path: Path) -> dict[str, Any]:
    """The JSON object in a file; empty where the file is not there."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ClipUnavailable(f"The CLIP model's {path.name} cannot be read.") from error
    if not isinstance(told, dict):
        raise ClipUnavailable(f"The CLIP model's {path.name} cannot be read.")
    return told
