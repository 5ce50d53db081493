"""A ComfyUI server under /comfyui, and the same under /comfyui/api. See docs/providers/comfyui.md.

It has one graphics card, no keys and no safety system. Unlike a real one it keeps its jobs over a restart.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from providers.sandbox.comfyui_rules import Refused, Workflow, nodes
from providers.sandbox.house import House
from providers.sandbox.job import Doom, Job, State
from providers.sandbox.links import clip_answer
from providers.sandbox.media import form_of
from providers.sandbox.order import Order, job_of, key_of, take
from providers.sandbox.responses import json_of
from providers.sandbox.traffic import record_of
from providers.sandbox.wire import Asked, Wire

VENDOR = "comfyui"
VERSION = "0.3.66"
# Nobody has a key, so that everything belongs to one.
SECRET = "local"  # noqa: S105 it opens nothing
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
USUAL_FPS = 24.0
GIB = 2**30
FAILURES = {
    "refuse": ("RuntimeError", "The node refused its input."),
    "fail": ("torch.OutOfMemoryError", "Allocation on device 0 would exceed allowed memory. (out of memory)"),
    "broken": ("RuntimeError", "The clip could not be drawn."),
}
Answer = Callable[[House, Request], Awaitable[Response]]


def routes(house: House) -> list[BaseRoute]:
    """Every route twice, as ComfyUI has them."""

    def at(path: str, answer: Answer, method: str) -> Route:
        return Route(path, functools.partial(answer, house), methods=[method])

    here = [
        at("/prompt", _prompt, "POST"),
        at("/prompt", _remaining, "GET"),
        at("/queue", _queue, "GET"),
        at("/queue", _change_queue, "POST"),
        at("/interrupt", _interrupt, "POST"),
        at("/history/{id}", _history, "GET"),
        at("/view", _view, "GET"),
        at("/upload/image", _upload, "POST"),
        at("/system_stats", _stats, "GET"),
        at("/object_info", _object_info, "GET"),
        at("/object_info/{name}", _object_info, "GET"),
    ]
    return [Mount(f"/{VENDOR}/api", routes=here), Mount(f"/{VENDOR}", routes=here)]


# The queue.


async def _prompt(house: House, request: Request) -> Response:
    body = json_of(await request.body())
    try:
        prompt_id = _id_in(body)
        graph = body.get("prompt")
        if not isinstance(graph, dict):
            raise Refused("no_prompt", "No prompt provided", "No prompt provided")
        workflow = Workflow(graph, lambda name: _kept(house, name).exists())
    except Refused as refused:
        return JSONResponse(refused.body, 400)
    job = job_of(_order(house, prompt_id, workflow), house.store)
    take(house, request, job)
    return JSONResponse({"prompt_id": prompt_id, "number": job.extra["number"], "node_errors": {}})


def _id_in(body: dict[str, Any]) -> str:
    told = body.get("prompt_id")
    if told is None:
        return str(uuid.uuid4())
    if not isinstance(told, str) or not UUID.fullmatch(told):
        words = "prompt_id must be a UUID string in canonical lowercase hyphenated form"
        raise Refused("invalid_prompt_id", "prompt_id must be a valid UUID", words)
    return told


def _order(house: House, prompt_id: str, workflow: Workflow) -> Order:
    size = [workflow.first(name) for name in ("width", "height")]
    fps = float(workflow.first("fps") or USUAL_FPS)
    picture = workflow.first("image")
    content = _kept(house, picture).read_bytes() if isinstance(picture, str) else b""
    seed = workflow.first("seed", "noise_seed")
    # An id that was there before is run again, as ComfyUI does, and the newest of the name is told of.
    known = house.engine.job(prompt_id) is not None
    return Order(
        vendor=VENDOR,
        secret=SECRET,
        id=str(uuid.uuid4()) if known else prompt_id,
        mode="image_to_video" if content else "text_to_video",
        model=str(workflow.first("unet_name", "ckpt_name") or "workflow"),
        prompt=workflow.text("positive"),
        size=(int(size[0] or 512), int(size[1] or 512)),
        seconds=round(float(workflow.first("length") or 1) / fps, 3),
        estimated=0,
        negative=workflow.text("negative"),
        seed=seed if isinstance(seed, int) else None,
        image=content,
        token=prompt_id,
        # One graphics card for all models, and no safety system.
        extra={
            "lane": "gpu",
            "takes_any_prompt": True,
            "graph": dict(workflow.graph),
            "number": len(_jobs(house)),
        },
    )


def _jobs(house: House) -> list[Job]:
    return house.store.jobs_of(key_of(VENDOR, SECRET))


def _item(job: Job) -> list[Any]:
    graph = job.extra["graph"]
    saving = [name for name, node in graph.items() if nodes()[node["class_type"]]["output_node"]]
    return [job.extra["number"], job.token, graph, {"create_time": int(job.created_at * 1000)}, saving]


async def _queue(house: House, request: Request) -> Response:
    open_jobs = [job for job in _jobs(house) if not job.is_over]
    return JSONResponse(
        {
            "queue_running": [_item(job) for job in open_jobs if job.state is not State.THROTTLED],
            "queue_pending": [_item(job) for job in open_jobs if job.state is State.THROTTLED],
        }
    )


async def _remaining(house: House, request: Request) -> Response:
    waiting = sum(not job.is_over for job in _jobs(house))
    return JSONResponse({"exec_info": {"queue_remaining": waiting}})


async def _change_queue(house: House, request: Request) -> Response:
    body = json_of(await request.body())
    gone = body.get("delete")
    names = gone if isinstance(gone, list) else []
    for job in _jobs(house):
        if job.state is State.THROTTLED and (body.get("clear") or job.token in names):
            _end(house, job, "deleted")
    return Response(status_code=200)


async def _interrupt(house: House, request: Request) -> Response:
    """Without an id whatever runs is interrupted; with one that job, where it is the one that runs."""
    wanted = json_of(await request.body()).get("prompt_id")
    for job in _jobs(house):
        running = not job.is_over and job.state is not State.THROTTLED
        if running and (not wanted or job.token == wanted):
            _end(house, job, "interrupted")
    return Response(status_code=200)


def _end(house: House, told: Job, how: str) -> None:
    job = house.engine.job(told.id) or told
    job.extra["ended"] = how
    house.engine.cancel(job, charged=False)


# What came of it.


async def _history(house: House, request: Request) -> Response:
    job = house.engine.job_by_token(VENDOR, key_of(VENDOR, SECRET), request.path_params["id"])
    if job is None or not job.is_over or job.extra.get("ended") == "deleted":
        return JSONResponse({})
    call = record_of(request).call
    entry: dict[str, Any] = {"prompt": _item(job), "outputs": {}, "status": _status(job), "meta": {}}
    if job.state is State.SUCCEEDED and not house.faults.take(call, "empty_output"):
        entry["outputs"] = _outputs(job)
    if strange := house.faults.take(call, "unknown_status"):
        entry["status"]["status_str"] = strange.options["status"]
    return JSONResponse({job.token: entry})


def _outputs(job: Job) -> dict[str, Any]:
    file = {"filename": f"retake_{job.id}_.mp4", "subfolder": "video", "type": "output"}
    name = next(
        name for name, node in job.extra["graph"].items() if nodes()[node["class_type"]]["output_node"]
    )
    return {name: {"images": [file], "animated": [True]}}


def _status(job: Job) -> dict[str, Any]:
    at = {"prompt_id": job.token, "timestamp": int((job.finished_at or 0) * 1000)}
    messages: list[list[Any]] = [["execution_start", at]]
    if job.state is State.SUCCEEDED:
        messages += [["execution_cached", {**at, "nodes": []}], ["execution_success", at]]
    elif job.state is State.CANCELLED:
        messages.append(["execution_interrupted", {**at, **_node(job), "executed": []}])
    else:
        error = {"exception_message": job.failure, "exception_type": job.failure_code, "traceback": []}
        messages.append(["execution_error", {**at, **_node(job), "executed": [], **error}])
    done = job.state is State.SUCCEEDED
    return {"status_str": "success" if done else "error", "completed": done, "messages": messages}


def _node(job: Job) -> dict[str, str]:
    """The node at which it ended: the one that draws."""
    for name, node in job.extra["graph"].items():
        if "Sampler" in node["class_type"]:
            return {"node_id": name, "node_type": node["class_type"]}
    return {"node_id": "", "node_type": ""}


async def _view(house: House, request: Request) -> Response:
    name = request.query_params.get("filename", "")
    if not name or name.startswith("/") or ".." in name:
        return Response(status_code=400)
    found = UUID.search(name)
    job = house.engine.job(found[0]) if found else None
    right = request.query_params.get("type", "output") == "output"
    right &= request.query_params.get("subfolder", "") == "video"
    answer = clip_answer(job) if job is not None and job.vendor == VENDOR and right else None
    return answer or Response(status_code=404)


# Beside the queue.


async def _upload(house: House, request: Request) -> Response:
    form = await form_of(request)
    image = form.files.get("image")
    if image is None or not image.name:
        return Response(status_code=400)
    folder, kind = form.texts.get("subfolder", ""), form.texts.get("type") or "input"
    name = f"{folder}/{image.name}" if folder else image.name
    if ".." in name or name.startswith("/") or kind not in {"input", "temp", "output"}:
        return Response(status_code=400)
    _kept(house, name).write_bytes(image.content)
    return JSONResponse({"name": image.name, "subfolder": folder, "type": kind})


def _kept(house: House, name: str) -> Path:
    """Where an uploaded picture is; its name is a stranger's and makes no path."""
    return house.store.uploads / f"{VENDOR}-{hashlib.sha256(name.encode()).hexdigest()}"


async def _stats(house: House, request: Request) -> Response:
    device = {"name": "cuda:0 Sandbox RTX", "type": "cuda", "index": 0}
    memory = {"vram_total": 24 * GIB, "vram_free": 20 * GIB}
    memory |= {f"torch_{name}": size for name, size in memory.items()}
    system = {"os": "linux", "comfyui_version": VERSION, "python_version": "3.12", "argv": ["main.py"]}
    return JSONResponse({"system": system, "devices": [device | memory]})


async def _object_info(house: House, request: Request) -> Response:
    wanted = request.path_params.get("name")
    return JSONResponse(
        {
            name: {
                "input": {"required": facts["required"], "optional": facts["optional"]},
                "output": facts["output"],
                "output_node": facts["output_node"],
                "name": name,
            }
            for name, facts in nodes().items()
            if wanted in {None, name}
        }
    )


def _doom(kind: str, code: str) -> Doom:
    usual, words = FAILURES["refuse" if kind == "prompt" else kind]
    return Doom(code or usual, words)


def _job_in(asked: Asked) -> str | None:
    found = UUID.search(asked.path) or UUID.search(asked.query.get("filename", ""))
    return found and found[0]


def _model_in(asked: Asked) -> str:
    """The file that a workflow loads first: what is drawn with."""
    found = re.search(r'"(?:unet|ckpt)_name": "([^"]+)"', json.dumps(asked.body.get("prompt") or {}))
    return found[1] if found else ""


def _key_of(headers: Headers) -> str:
    return SECRET


WIRE = Wire(
    name=VENDOR,
    routes=routes,
    doom=_doom,
    creations=(("POST", r"^/comfyui(/api)?/prompt$"),),
    polls=(("GET", r"^/comfyui(/api)?/history/"), ("GET", r"^/comfyui(/api)?/queue$")),
    downloads=(("GET", r"^/comfyui(/api)?/view$"),),
    job_in=_job_in,
    model_in=_model_in,
    key_of=_key_of,
    slots=1,
)
