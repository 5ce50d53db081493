"""A ComfyUI server of the studio's own: http://127.0.0.1:8188. See docs/providers/comfyui.md."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import httpx

from providers.addresses import Resolver, resolve
from providers.answers import cause_in_words, json_object
from providers.base import HttpProvider, path_part
from providers.comfyui_body import filled, prompt_id_of, values_of, workflow_of
from providers.comfyui_read import (
    REFUSALS,
    failure_of,
    files_of,
    health_of,
    outputs_of,
    place_of,
    refusal_words,
    state_of,
)
from providers.contract import GenerationRequest, JobState, KeyStatus, Media, ProviderJob, WebhookEvent
from providers.errors import (
    AnswerLost,
    AuthFailed,
    InvalidRequest,
    JobNotFound,
    ProviderError,
    Unsupported,
    VendorUnavailable,
)
from providers.media import at_most, inputs_of, picture_type, refuse_priced, unsupported
from providers.options import read_http_options, secret_option

BASE_URL = "http://127.0.0.1:8188"
POLL_SECONDS = 2.0
# ComfyUI takes 100 MB in one call unless it was started otherwise.
MAX_PICTURE = 100_000_000
OWN_FIELDS = frozenset({"prompt", "prompt_id"})


class ComfyUIProvider(HttpProvider):
    """Workflows of the catalogue on a server of our own. Options: see `read_http_options`; `private_hosts`
    has to name the server where its address is private; `api_key` is a bearer token for a proxy before it.

    The order's id is made of our own mark, so that a lost answer can be looked up.
    """

    name = "comfyui"
    label = "ComfyUI"
    keyed_downloads = True

    def __init__(
        self,
        options: Mapping[str, Any],
        client: httpx.AsyncClient | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        given = options.get("api_key")
        self._api_key = secret_option(options, "api_key", self.label) if given else ""
        http = read_http_options(options, base_url=BASE_URL, poll_seconds=POLL_SECONDS)
        super().__init__(http, (self._api_key,) if self._api_key else (), client, resolver)

    async def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._api_key}"} if self._api_key else {}

    async def submit(self, request: GenerationRequest) -> ProviderJob:
        """Check, hand over the pictures, then put the workflow into the queue."""
        chosen = self.checked(request)
        refuse_priced(request.extra, OWN_FIELDS)
        workflow, inputs = workflow_of(chosen, request), inputs_of(request)
        files = {field: _file(field, media) for field, media in inputs.items()}
        # Filled once with the files' names of ours, so that a wrong workflow is found before any upload.
        ours = {field: name for field, (name, _, _) in files.items()}
        self.encode({**filled(workflow, values_of(chosen, request, ours)), **request.extra})
        pictures = {field: await self._upload(file) for field, file in files.items()}
        prompt_id = prompt_id_of(request.client_token)
        graph = filled(workflow, values_of(chosen, request, pictures))
        answer = await self.send_paid("/prompt", {"prompt": graph, "prompt_id": prompt_id, **request.extra})
        told = self.job_named(answer.get("prompt_id"))
        return ProviderJob(id=told, state=JobState.QUEUED, poll_after_s=self.http.poll_seconds)

    async def poll(self, job_id: str) -> ProviderJob:
        """Where the job stands. The history knows what is over, the queue what is not."""
        entry = await self._entry(job_id)
        if entry is None:
            state = await self._place(job_id)
            if state is not None:
                return ProviderJob(id=job_id, state=state, poll_after_s=self.http.poll_seconds)
            # It may have ended between the two questions.
            entry = await self._entry(job_id)
        if entry is None:
            raise JobNotFound(
                "ComfyUI knows no such job. It forgets its jobs when it is restarted, and a job that was "
                "taken out of the queue leaves no trace."
            )
        return self._over(job_id, entry)

    async def cancel(self, job_id: str) -> bool:
        """Take a waiting job out of the queue, or interrupt it while it is the one that runs."""
        state: JobState | None = JobState.UNKNOWN
        try:
            state = (await self.poll(job_id)).state
            if state is JobState.QUEUED:
                await self.send_free("POST", "/queue", {"delete": [job_id]})
                # It may have begun in between; None says that it is gone from the queue.
                state = await self._place(job_id)
            if state is JobState.RUNNING:
                await self.send_free("POST", "/interrupt", {"prompt_id": job_id})
            elif state is not None:
                return False
            return (await self.poll(job_id)).state is not JobState.SUCCEEDED
        except JobNotFound:
            # What was taken out of the queue leaves no trace; what was unknown before was never ours to stop.
            return state is None

    async def find(self, client_token: str) -> ProviderJob | None:
        """The job that was ordered with this mark of ours; None where ComfyUI has none."""
        try:
            return await self.poll(prompt_id_of(client_token))
        except JobNotFound:
            return None

    async def check_key(self) -> KeyStatus:
        """Whether the server answers, and how much room its graphics card has."""
        try:
            sentence = health_of(await self.free_json("GET", "/system_stats"))
        except AuthFailed as exc:
            return KeyStatus(ok=False, sentence=str(exc))
        if sentence is None:
            raise self.nonsense()
        return KeyStatus(ok=True, sentence=self.scrubbed(sentence))

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """ComfyUI sends none."""
        raise Unsupported("ComfyUI has no webhooks; its jobs are polled.")

    # Words.

    def answer_lost(self, why: str, status: int | None = None) -> AnswerLost:
        return AnswerLost(
            f"The request went out to {self.label}, and {why}. The clip may be in its queue. It costs "
            "nothing, but it is not sent again by itself.",
            status=status,
        )

    def words_of(self, response: httpx.Response) -> str:
        return refusal_words(json_object(response))[1] or super().words_of(response)

    def refusal(self, response: httpx.Response, words: str) -> ProviderError | None:
        """What is wrong with a workflow, in the words of its nodes."""
        if response.status_code != 400:
            return None
        kind = refusal_words(json_object(response))[0]
        meaning = REFUSALS.get(kind, "it does not take the order")
        return InvalidRequest(
            f"ComfyUI refuses the order: {meaning}. {words}",
            status=response.status_code,
            vendor_words=words,
        )

    # The inner steps.

    async def _entry(self, job_id: str) -> Mapping[str, Any] | None:
        """What the history says of the job; None while it is not over."""
        answer = await self.free_json("GET", f"/history/{path_part(job_id)}")
        entry = answer.get(job_id)
        if entry is None and not answer:
            return None
        if not isinstance(entry, dict):
            raise self.nonsense()
        return entry

    async def _place(self, job_id: str) -> JobState | None:
        try:
            return place_of(await self.free_json("GET", "/queue"), job_id)
        except TypeError:
            raise self.nonsense() from None

    def _over(self, job_id: str, entry: Mapping[str, Any]) -> ProviderJob:
        state, told = state_of(entry)
        files = files_of(entry)
        outputs = outputs_of(files, self.http.base_url) if state is JobState.SUCCEEDED else ()
        code = words = ""
        if state is JobState.SUCCEEDED and not outputs:
            if not files:
                raise self.nonsense()
            state, code = JobState.FAILED, "no_video"
            words = "The workflow ended and saved no video. It needs a node that does, such as Save Video."
        elif state is JobState.FAILED:
            code, words = failure_of(entry)
        return ProviderJob(
            id=job_id,
            state=state,
            progress=1.0 if state is JobState.SUCCEEDED else None,
            outputs=outputs,
            failure_code=self.scrubbed(code),
            failure_words=self.scrubbed(words),
            poll_after_s=self.http.poll_seconds if state is JobState.UNKNOWN else None,
            vendor_status=self.scrubbed(told),
        )

    async def _upload(self, file: tuple[str, bytes, str]) -> str:
        """Hand a picture over; its name for the workflow."""
        headers = await self.headers()
        try:
            # The name is made of the content: what is overwritten is the same file.
            response = await self._send_form("/upload/image", headers, {"overwrite": "true"}, {"image": file})
        except Exception as exc:  # noqa: BLE001 transports raise more than httpx's tree; nothing was ordered yet
            raise VendorUnavailable(
                f"A picture could not be handed to {self.label}: {cause_in_words(exc)}. Nothing was ordered."
            ) from None
        if response.status_code >= 500:
            raise VendorUnavailable(
                f"{self.label} did not take the picture ({response.status_code}). Nothing was ordered.",
                **self.facts(response),
            )
        if response.status_code >= 300:
            raise self.rejection(response)
        answer = json_object(response) or {}
        name, folder = answer.get("name"), answer.get("subfolder")
        if not isinstance(name, str) or not name:
            raise self.nonsense(response.status_code)
        return f"{folder}/{name}" if isinstance(folder, str) and folder else name


def _file(field: str, media: Media) -> tuple[str, bytes, str]:
    """A picture's name, bytes and type. The server fetches nothing, so that a link is no use to it."""
    if field not in {"first_frame", "last_frame"}:
        raise unsupported(field, "The workflows take a first and a last frame only.")
    if media.url:
        raise unsupported(field, "ComfyUI takes pictures as files and not as links.")
    content_type = picture_type(field, media, "ComfyUI")
    at_most(field, media, "ComfyUI", MAX_PICTURE)
    digest = hashlib.sha256(media.data).hexdigest()[:32]
    return f"retake_{digest}.{content_type.rpartition('/')[2]}", media.data, content_type
