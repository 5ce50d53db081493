"""A CLIP model of this machine, run by onnxruntime: which pictures and which words mean the same.

Nothing is fetched and no name of a model leads anywhere: the files are in a folder or they are not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from jobs.quality import clip_folder, clip_pixels
from jobs.quality.clip_folder import ClipUnavailable

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

Vectors = NDArray[np.float32]
Feed = Mapping[str, NDArray[Any]]

# What a graph may call the kinds of its inputs, and what is fed then.
_KINDS: Final = {
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
}


@dataclass(frozen=True, kw_only=True)
class Looked:
    """Vectors of length 1, one row for each picture and each text; the product of two is their cosine.

    `truncated` says of each text whether it was longer than the model reads.
    """

    pictures: Vectors
    texts: Vectors
    truncated: tuple[bool, ...]


class ClipModel:
    """A model that was found and whose tokenizer reads. Raises ClipUnavailable, as every method does."""

    def __init__(self, folder: Path, *, variant: str | None = None, threads: int = 1) -> None:
        self._files = clip_folder.find(folder, variant)
        self._threads = threads
        self._tokenizer = _tokenizer(self._files)

    def mark(self) -> str:
        return self._files.mark()

    def look(self, frames: Sequence[clip_pixels.Picture], words: Sequence[str]) -> Looked:
        """The vectors of RGB frames and of texts. There must be at least one of each.

        A side's graph is opened for its turn and let go: both at once would double the memory.
        """
        read = self.read(words)
        feed: dict[str, NDArray[Any]] = {
            "input_ids": np.array([one.ids for one in read], np.int64),
            "attention_mask": np.array([one.attention_mask for one in read], np.int64),
            "pixel_values": clip_pixels.prepare(frames, self._files.preprocessing),
        }
        if self._files.in_one:
            texts, pictures = self._run(self._files.text, ("text_embeds", "image_embeds"), feed)
        else:
            (pictures,) = self._run(self._files.vision, ("image_embeds",), feed)
            (texts,) = self._run(self._files.text, ("text_embeds",), feed)
        if texts.shape[-1] != pictures.shape[-1]:
            raise ClipUnavailable("The two sides of the CLIP model do not belong together.")
        truncated = tuple(bool(one.overflowing) for one in read)
        return Looked(pictures=pictures, texts=texts, truncated=truncated)

    def read(self, words: Sequence[str]) -> list[Encoding]:
        """What the model reads of each text: numbers, all of one length; `overflowing` is what was cut."""
        return list(self._tokenizer.encode_batch(list(words)))

    def _run(self, graph: Path, outputs: Sequence[str], feed: Feed) -> list[Vectors]:
        session = _session(graph, self._threads)
        given = {output.name for output in session.get_outputs()}
        for output in outputs:
            if output not in given:
                raise ClipUnavailable(
                    f"The CLIP model's {graph.name} gives {_listed(given)} and no {output}: "
                    "it was exported without its projection."
                )
        try:
            found = session.run(list(outputs), _wanted(session, feed))
        except ClipUnavailable:
            raise
        except Exception as error:
            raise ClipUnavailable(f"The CLIP model's {graph.name} cannot be run.") from error
        return [_unit(np.asarray(one, np.float32), graph) for one in found]


def _session(graph: Path, threads: int) -> InferenceSession:
    try:
        import onnxruntime
    except ImportError as error:
        raise ClipUnavailable(
            "The library onnxruntime is not installed: install the optional parts."
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # What a run needed goes back at once: the arena would keep it for runs that never come.
    options.enable_cpu_mem_arena = False
    try:
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ClipUnavailable(f"The CLIP model's {graph.name} cannot be loaded.") from error


def _tokenizer(files: clip_folder.ClipFolder) -> Tokenizer:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise ClipUnavailable(
            "The library tokenizers is not installed: install the optional parts."
        ) from error
    try:
        tokenizer = Tokenizer.from_file(str(files.tokenizer))
    except Exception as error:
        raise ClipUnavailable("The CLIP model's tokenizer.json cannot be read.") from error
    pad = tokenizer.token_to_id(files.pad_token)
    if pad is None:
        raise ClipUnavailable(f"The CLIP model's tokenizer.json does not know its filler {files.pad_token}.")
    tokenizer.enable_truncation(files.most_tokens)
    tokenizer.enable_padding(pad_id=pad, pad_token=files.pad_token, length=files.most_tokens)
    return tokenizer


def _wanted(session: InferenceSession, feed: Feed) -> dict[str, NDArray[Any]]:
    """Exactly what the graph asks for, in the kind of numbers it asks for."""
    wanted: dict[str, NDArray[Any]] = {}
    for one in session.get_inputs():
        if one.name not in feed or one.type not in _KINDS:
            raise ClipUnavailable(
                f"The CLIP model asks for {one.name} ({one.type}), which is not known here."
            )
        wanted[one.name] = feed[one.name].astype(_KINDS[one.type])
    return wanted


def _unit(rows: Vectors, graph: Path) -> Vectors:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    if rows.ndim != 2 or not np.isfinite(lengths).all() or not (lengths > 0).all():
        raise ClipUnavailable(f"The CLIP model's {graph.name} answers with no usable numbers.")
    unit: Vectors = rows / lengths
    return unit


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
