"""From ComfyUI's answers to ours: where a job stands, its files, and what its nodes complain of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from providers.contract import JobState, Output

VIDEO_TYPES = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
}
# What is wrong with an order, for a person. Source: ComfyUI's execution.py and server.py, September 2026.
REFUSALS = {
    "missing_node_type": "the server lacks a node of this workflow; somebody has to install it",
    "invalid_prompt": "the server lacks a node of this workflow; somebody has to install it",
    "prompt_outputs_failed_validation": "a node of this workflow refuses its values; often a model's file is "
    "missing on the server",
    "prompt_no_outputs": "this workflow saves nothing",
    "no_prompt": "no workflow came with the order",
    "invalid_prompt_id": "the server does not take our id of the order",
}
INTERRUPTED = "execution_interrupted"
ERROR = "execution_error"


def place_of(queue: Mapping[str, Any], prompt_id: str) -> JobState | None:
    """Whether the job waits or runs; None where it does neither. Raises `TypeError` for what is no queue."""
    states = (("queue_running", JobState.RUNNING), ("queue_pending", JobState.QUEUED))
    for name, state in states:
        listed = queue.get(name)
        if not isinstance(listed, list):
            raise TypeError(name)
        if any(isinstance(item, list) and len(item) > 1 and item[1] == prompt_id for item in listed):
            return state
    return None


def state_of(entry: Mapping[str, Any]) -> tuple[JobState, str]:
    """How a job that is over has ended, and ComfyUI's word for it."""
    status = entry.get("status")
    told = status.get("status_str") if isinstance(status, dict) else None
    if told == "success":
        return JobState.SUCCEEDED, told
    if told == "error":
        interrupted = any(name == INTERRUPTED for name, _ in messages_of(entry))
        return (JobState.CANCELLED if interrupted else JobState.FAILED), told
    return JobState.UNKNOWN, told if isinstance(told, str) else ""


def messages_of(entry: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What was told while the job ran: names and data."""
    status = entry.get("status")
    listed = status.get("messages") if isinstance(status, dict) else None
    for message in listed if isinstance(listed, list) else []:
        if isinstance(message, list) and len(message) == 2 and isinstance(message[0], str):
            yield message[0], message[1] if isinstance(message[1], dict) else {}


def failure_of(entry: Mapping[str, Any]) -> tuple[str, str]:
    """The kind of the exception and its words, with the node it came from."""
    for name, data in messages_of(entry):
        if name == ERROR:
            node, words = _text(data.get("node_type")), _text(data.get("exception_message")).strip()
            return _text(data.get("exception_type")), f"{node}: {words}" if node else words
    return "", "ComfyUI did not say why."


def files_of(entry: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Every file of every node: which list a node uses is its own affair."""
    outputs = entry.get("outputs")
    nodes = outputs.values() if isinstance(outputs, dict) else []
    lists = [files for node in nodes if isinstance(node, dict) for files in node.values()]
    return [
        {name: _text(file.get(name)) for name in ("filename", "subfolder", "type")}
        for files in lists
        if isinstance(files, list)
        for file in files
        if isinstance(file, dict) and _text(file.get("filename"))
    ]


def outputs_of(files: list[Mapping[str, str]], base_url: str) -> tuple[Output, ...]:
    """The videos among the files, kept ones before previews."""
    videos = [file for file in files if _suffix(file) in VIDEO_TYPES]
    videos.sort(key=lambda file: file["type"] != "output")
    return tuple(
        Output(
            url=f"{base_url}/view?{urlencode({**file, 'type': file['type'] or 'output'})}",
            content_type=VIDEO_TYPES[_suffix(file)],
            index=index,
        )
        for index, file in enumerate(videos)
    )


def refusal_words(answer: Mapping[str, Any] | None) -> tuple[str, str]:
    """The kind of a refusal and what ComfyUI and its nodes say of it."""
    error = (answer or {}).get("error")
    if not isinstance(error, dict):
        return "", _text(error)
    said = [_text(error.get("message"))]
    listed = (answer or {}).get("node_errors")
    nodes = listed.items() if isinstance(listed, dict) else []
    said += [_node_words(name, node) for name, node in nodes if isinstance(node, dict)]
    if not nodes:
        said.append(_text(error.get("details")))
    return _text(error.get("type")), " ".join(filter(None, said))


def _node_words(name: str, node: Mapping[str, Any]) -> str:
    errors = node.get("errors")
    told = [
        f"{_text(error.get('message'))}: {_text(error.get('details'))}"
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]
    return f"Node {name} ({_text(node.get('class_type'))}): {'; '.join(told)}." if told else ""


def health_of(answer: Mapping[str, Any]) -> str | None:
    """The server in a sentence; None where the answer is none of ComfyUI's."""
    system, devices = answer.get("system"), answer.get("devices")
    if not isinstance(system, dict) or not isinstance(devices, list):
        return None
    version = _text(system.get("comfyui_version")) or "of an unknown version"
    said = [_device(device) for device in devices if isinstance(device, dict)]
    return " ".join([f"ComfyUI {version} answers.", *said])


def _device(device: Mapping[str, Any]) -> str:
    name, free, total = (device.get(key) for key in ("name", "vram_free", "vram_total"))
    if isinstance(free, int | float) and isinstance(total, int | float) and total > 0:
        return f"{_text(name)}: {free / 2**30:.1f} of {total / 2**30:.1f} GiB of its memory are free."
    return f"{_text(name)}."


def _suffix(file: Mapping[str, str]) -> str:
    head, dot, tail = file["filename"].rpartition(".")
    return f".{tail.lower()}" if head and dot else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
