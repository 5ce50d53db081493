"""A CLIP model of some 3 kB whose answers mean something: colour words against the mean colour of a picture.

Its files, inputs and outputs are named as those of a real export, so that the loader cannot tell.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

START, END, UNKNOWN = "<|startoftext|>", "<|endoftext|>", "<|unk|>"
# What each word asks of red, green and blue; the rest of the words ask for nothing.
WORDS: Final[dict[str, tuple[float, float, float]]] = {
    "red": (1, -0.5, -0.5),
    "green": (-0.5, 1, -0.5),
    "blue": (-0.5, -0.5, 1),
    "yellow": (0.5, 0.5, -1),
    "bright": (1, 1, 1),
    "dark": (-1, -1, -1),
    "night": (-0.5, -0.5, -0.4),
    **dict.fromkeys(("a", "the", "on", "in", "cup", "boat", "sky", "grass", "table"), (0, 0, 0)),
}
VOCABULARY: Final = {word: number for number, word in enumerate((START, UNKNOWN, *WORDS, END))}
SIDE = 32


def build(
    folder: Path,
    *,
    single: bool = False,
    inner: str = "onnx",
    ending: str = "",
    kind: int = TensorProto.FLOAT,
    ids: int = TensorProto.INT64,
    masked: bool = True,
    projected: bool = True,
) -> Path:
    """Write the model. `single` puts both sides into one graph; `inner` is the folder of the graphs, `ending`
    that of their names; `kind` is what the pictures are fed as and `ids` what the words are; without
    `masked` no attention mask is asked for, and without `projected` the outputs are those of a bare encoder.
    """
    home = folder / inner
    home.mkdir(parents=True, exist_ok=True)
    text, vision = _text(ids, masked, projected), _vision(kind, projected)
    if single:
        _save([text, vision], home / f"model{ending}.onnx")
    else:
        _save([text], home / f"text_model{ending}.onnx")
        _save([vision], home / f"vision_model{ending}.onnx")
    _words().save(str(folder / "tokenizer.json"))
    for name, told in _CONFIGS.items():
        (folder / name).write_text(json.dumps(told), encoding="utf-8")
    return folder


_CONFIGS: Final[dict[str, dict[str, object]]] = {
    "preprocessor_config.json": {
        "do_resize": True,
        "size": {"shortest_edge": SIDE},
        "resample": 3,
        "do_center_crop": True,
        "crop_size": {"height": SIDE, "width": SIDE},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
    },
    "tokenizer_config.json": {"model_max_length": 77, "pad_token": END},
    "config.json": {"model_type": "clip", "text_config": {"max_position_embeddings": 77}},
}


def _words() -> Tokenizer:
    words = Tokenizer(models.WordLevel(VOCABULARY, unk_token=UNKNOWN))
    words.normalizer = normalizers.Lowercase()
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.add_special_tokens([START, END])
    ends = [(START, VOCABULARY[START]), (END, VOCABULARY[END])]
    words.post_processor = processors.TemplateProcessing(single=f"{START} $A {END}", special_tokens=ends)
    return words


def _text(ids: int, masked: bool, projected: bool) -> onnx.GraphProto:
    """The sum of what the words ask for; a fourth number keeps words without colour from being nothing.

    It comes from the end of the text, which also fills up the rest: a mask that is wrong drowns the words.
    """
    table = np.zeros((len(VOCABULARY), 4), np.float32)
    for word, colour in WORDS.items():
        table[VOCABULARY[word], :3] = colour
    table[VOCABULARY[END if masked else START], 3] = 0.1
    output = "text_embeds" if projected else "last_hidden_state"
    inputs = [helper.make_tensor_value_info("input_ids", ids, ["texts", "tokens"])]
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["asked"])]
    constants = [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([1]), "over")]
    summed = "asked"
    if masked:
        inputs.append(helper.make_tensor_value_info("attention_mask", ids, ["texts", "tokens"]))
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
            helper.make_node("Mul", ["asked", "wide"], ["heard"]),
        ]
        constants.append(numpy_helper.from_array(np.array([2]), "last"))
        summed = "heard"
    nodes.append(helper.make_node("ReduceSum", [summed, "over"], [output], keepdims=0))
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["texts", 4])]
    return helper.make_graph(nodes, "text", inputs, outputs, constants)


def _vision(kind: int, projected: bool) -> onnx.GraphProto:
    """The mean colour of the picture, and the same fourth number."""
    output = "image_embeds" if projected else "pooler_output"
    table, bias = np.eye(3, 4, dtype=np.float32), np.array([0, 0, 0, 0.1], np.float32)
    nodes = [
        helper.make_node("Cast", ["pixel_values"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("GlobalAveragePool", ["pixels"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("MatMul", ["flat", "colours"], ["found"]),
        helper.make_node("Add", ["found", "bias"], [output]),
    ]
    inputs = [helper.make_tensor_value_info("pixel_values", kind, ["frames", 3, "height", "width"])]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["frames", 4])]
    constants = [numpy_helper.from_array(table, "colours"), numpy_helper.from_array(bias, "bias")]
    return helper.make_graph(nodes, "vision", inputs, outputs, constants)


def _save(graphs: list[onnx.GraphProto], path: Path) -> None:
    whole = helper.make_graph(
        [node for graph in graphs for node in graph.node],
        "colours",
        [one for graph in graphs for one in graph.input],
        [one for graph in graphs for one in graph.output],
        [one for graph in graphs for one in graph.initializer],
    )
    made = helper.make_model(whole, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(made)
    onnx.save(made, str(path))
