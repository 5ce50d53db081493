"""What ComfyUI looks at before it takes a workflow, in the order and the words of its execution.py.

The nodes of comfyui_nodes.json are those of ComfyUI's own examples, with their files installed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

Fault = dict[str, Any]
NUMBERS: dict[str, Callable[[Any], Any]] = {"INT": int, "FLOAT": float, "BOOLEAN": bool, "STRING": str}


@cache
def nodes() -> dict[str, Any]:
    """The table of nodes by class."""
    text = (Path(__file__).parent / "comfyui_nodes.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


class Refused(Exception):
    """The body of a 400."""

    def __init__(
        self, kind: str, message: str, details: str = "", node_errors: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        error = {"type": kind, "message": message, "details": details, "extra_info": {}}
        self.body = {"error": error, "node_errors": dict(node_errors or {})}


class Workflow:
    """A workflow in API format. `uploaded` says whether a picture of this name is there. Raises `Refused`."""

    def __init__(self, graph: Mapping[str, Any], uploaded: Callable[[str], bool]) -> None:
        self.graph, self.uploaded = graph, uploaded
        for name, node in graph.items():
            self._known(name, node)
        outputs = [name for name, node in graph.items() if nodes()[node["class_type"]]["output_node"]]
        if not outputs:
            raise Refused("prompt_no_outputs", "Prompt has no outputs")
        self._validated(outputs)

    # What the workflow is about.

    def sampler(self) -> Mapping[str, Any]:
        """The inputs of the first node that draws: the one that has a seed and makes noise."""
        for node in self.graph.values():
            found: Mapping[str, Any] = node.get("inputs", {})
            if ("seed" in found or "noise_seed" in found) and found.get("add_noise") != "disable":
                return found
        return {}

    def text(self, side: str) -> str:
        """The words at the end of the chain that leads to `positive` or `negative`."""
        found = self.sampler()
        for _ in self.graph:
            link = found.get(side)
            if not isinstance(link, list) or not _is_link(link):
                break
            found = self.graph[link[0]]["inputs"]
            if isinstance(found.get("text"), str):
                return str(found["text"])
        return ""

    def first(self, *names: str) -> Any:
        """The first value of these names that any node has."""
        for node in self.graph.values():
            for name in names:
                value = node.get("inputs", {}).get(name)
                if value is not None and not _is_link(value):
                    return value
        return None

    # The checks.

    def _known(self, name: str, node: Any) -> None:
        kind = node.get("class_type") if isinstance(node, dict) else None
        if kind not in nodes():
            words = (
                f"Node '{kind}' not found. The custom node may not be installed."
                if kind
                else f"Node 'ID #{name}' has no class_type."
            )
            raise Refused("missing_node_type", words, f"Node ID '#{name}'")

    def _validated(self, outputs: list[str]) -> None:
        """Every node that an output needs; an output whose nodes are sound would run alone."""
        errors: dict[str, Any] = {}
        good = [name for name in outputs if not self._errors_of(name, errors, name)]
        if not good:
            told = [
                f"{fault['message']}: {fault['details']}" for e in errors.values() for fault in e["errors"]
            ]
            raise Refused(
                "prompt_outputs_failed_validation",
                "Prompt outputs failed validation",
                "\n".join(told),
                errors,
            )

    def _errors_of(self, name: str, errors: dict[str, Any], output: str) -> bool:
        """Whether this node or one above it is wrong; what is wrong is written into `errors`."""
        node = self.graph[name]
        facts, given = nodes()[node["class_type"]], node.get("inputs", {})
        faults: list[Fault] = []
        above = False
        for field, rule in {**facts["required"], **facts["optional"]}.items():
            value = given.get(field)
            if value is None:
                if field in facts["required"]:
                    faults.append(_fault("required_input_missing", "Required input is missing", field))
            elif _is_link(value):
                fault = self._link_fault(field, rule, value)
                faults += [fault] if fault else []
                above |= fault is None and self._errors_of(value[0], errors, output)
            elif fault := self._value_fault(field, rule, value):
                faults.append(fault)
        if faults:
            told = {"errors": faults, "dependent_outputs": [output], "class_type": node["class_type"]}
            errors.setdefault(name, told)
        return bool(faults) or above

    def _link_fault(self, field: str, rule: Mapping[str, Any], link: list[Any]) -> Fault | None:
        source = self.graph.get(link[0])
        if source is None:
            return _fault("exception_during_inner_validation", "Exception when validating inner node", field)
        gives = nodes()[source["class_type"]]["output"]
        kind = gives[link[1]] if 0 <= link[1] < len(gives) else "nothing"
        if kind == rule["type"]:
            return None
        details = f"{field}, received_type({kind}) mismatch input_type({rule['type']})"
        return _fault("return_type_mismatch", "Return type mismatch between linked nodes", details)

    def _value_fault(self, field: str, rule: Mapping[str, Any], value: Any) -> Fault | None:
        kind = rule["type"]
        if kind == "COMBO":
            if value in rule["options"]:
                return None
            return _fault(
                "value_not_in_list", "Value not in list", f"{field}: {value!r} not in {rule['options']}"
            )
        if kind == "UPLOADED":
            if isinstance(value, str) and self.uploaded(value):
                return None
            words = f"{field} - Invalid image file: {value}"
            return _fault("custom_validation_failed", "Custom validation failed for node", words)
        try:
            number = NUMBERS[kind](value)
        except KeyError:
            return _fault("bad_linked_input", "Bad linked input, must be a length-2 list", field)
        except (TypeError, ValueError) as exc:
            words = f"Failed to convert an input value to a {kind} value"
            return _fault("invalid_input_type", words, f"{field}, {value}, {exc}")
        if "min" in rule and number < rule["min"]:
            words = f"Value {number} smaller than min of {rule['min']}"
            return _fault("value_smaller_than_min", words, field)
        if "max" in rule and number > rule["max"]:
            return _fault("value_bigger_than_max", f"Value {number} bigger than max of {rule['max']}", field)
        return None


def _fault(kind: str, message: str, details: str) -> Fault:
    return {"type": kind, "message": message, "details": details, "extra_info": {}}


def _is_link(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )
