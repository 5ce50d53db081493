"""What fal's endpoints make of an input. The queue takes anything, and what is wrong is told in the result.

The facts are in fal_models.json, taken from fal's own types and not from what our adapter believes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from providers.sandbox.media import MediaProblem, from_data_uri
from providers.sandbox.order import even
from providers.sniff import image_type

SHORT_SIDES = {"4k": 2160, "2160p": 2160}
USUAL_FRAMES_PER_SECOND = 16
POLICY = "content_policy_violation"
POLICY_WORDS = "The content could not be processed because it was flagged by a content checker."
# The queue's own errors have a name and a text; a model's are a list.
OF_THE_QUEUE = {
    "request_timeout": (504, "Request timed out"),
    "startup_timeout": (504, "The runner did not start in time"),
    "runner_scheduling_failure": (503, "No runner could be allocated"),
    "runner_connection_timeout": (503, "The connection to the runner timed out"),
    "runner_disconnected": (503, "The runner disconnected"),
    "runner_connection_refused": (503, "The runner refused the connection"),
    "runner_connection_error": (503, "The connection to the runner failed"),
    "runner_incomplete_response": (502, "The runner's response was incomplete"),
    "runner_server_error": (500, "The runner failed"),
    "client_disconnected": (499, "The client disconnected"),
    "client_cancelled": (499, "Request was cancelled by the client"),
    "bad_request": (400, "Bad request"),
    "internal_error": (500, "An unexpected error occurred"),
}
OF_A_MODEL = {
    POLICY: (422, POLICY_WORDS),
    "internal_server_error": (500, "Internal server error"),
    "generation_timeout": (504, "Generation timeout"),
    "downstream_service_error": (400, "Downstream service error"),
    "downstream_service_unavailable": (500, "Downstream service unavailable"),
}
USUAL = {
    "prompt": POLICY,
    "refuse": POLICY,
    "fail": "generation_timeout",
    "broken": "internal_server_error",
}


@cache
def endpoints() -> dict[str, Any]:
    """The table of endpoints by name."""
    text = (Path(__file__).parent / "fal_models.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["endpoints"]
    return found


class Input:
    """One input: its `faults` as fal lists them, and the pictures it carries, each under its field's name."""

    def __init__(self, endpoint: str, body: Mapping[str, Any]) -> None:
        self.facts, self.body = endpoints()[endpoint], body
        self.faults: list[dict[str, Any]] = []
        self.pictures: dict[str, bytes] = {}
        # What an endpoint has no field for it does not see.
        for name, rule in self.facts["fields"].items():
            self._look(name, rule)

    def value(self, name: str) -> Any:
        """What was sent, else the endpoint's own choice."""
        return self.body.get(name, self.facts["fields"].get(name, {}).get("default"))

    @property
    def seconds(self) -> float:
        frames = self.value("num_frames")
        if isinstance(frames, int | float):
            return round(frames / (self.value("frames_per_second") or USUAL_FRAMES_PER_SECOND), 3)
        number = re.match(r"\d+", str(self.value("duration") or ""))
        return float(number[0]) if number else float(self.facts["seconds"])

    @property
    def size(self) -> tuple[int, int]:
        name = str(self.value("resolution") or "1080p").lower()
        short = SHORT_SIDES.get(name) or int(re.sub(r"\D", "", name) or 720)
        across, _, down = str(self.value("aspect_ratio") or "16:9").partition(":")
        if not (across.isdecimal() and down.isdecimal()):
            across, down = "16", "9"
        scale = short / min(int(across), int(down))
        return even(int(across) * scale, int(down) * scale)

    def _look(self, name: str, rule: Mapping[str, Any]) -> None:
        value = self.body.get(name)
        if value is None:
            if rule.get("required"):
                self._fault(name, "Field required", "missing")
        elif "enum" in rule:
            if value not in rule["enum"] or isinstance(value, bool):
                wanted = " or ".join(repr(one) for one in rule["enum"])
                self._fault(name, f"Input should be {wanted}", "one_of", {"expected": rule["enum"]})
        elif rule["type"] in {"url", "urls"}:
            self._files(name, value, rule["type"] == "urls")
        elif not _is(rule["type"], value):
            self._fault(name, f"Input should be a valid {rule['type']}", f"{rule['type']}_type")

    def _files(self, name: str, value: Any, several: bool) -> None:
        given = value if several else [value]
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            self._fault(name, "Input should be a valid string", "string_type")
            return
        for one in given:
            try:
                content = _fetched(one)
            except MediaProblem as problem:
                self._fault(name, str(problem), problem.code)
            else:
                self.pictures.setdefault(name, content)

    def _fault(self, name: str, words: str, kind: str, more: Mapping[str, Any] | None = None) -> None:
        told = {"loc": ["body", name], "msg": words, "type": kind}
        self.faults.append({**told, "url": f"https://docs.fal.ai/errors#{kind}", "ctx": dict(more or {})})


def _is(kind: str, value: Any) -> bool:
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "boolean": bool, "list": list}.get(kind, object))


def _fetched(address: str) -> bytes:
    """The picture; b"" for one on another machine, because the sandbox never leaves this one."""
    if address.lower().startswith("data:"):
        try:
            content = from_data_uri(address).content
        except MediaProblem:
            raise MediaProblem("File download error", "file_download_error") from None
        if not image_type(content):
            raise MediaProblem("Image load error", "image_load_error")
        return content
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or "." not in (parts.hostname or ""):
        raise MediaProblem("File download error", "file_download_error")
    return b""
