"""Veo on Vertex AI, Google's cloud: https://cloud.google.com/vertex-ai. See docs/providers/veo.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import quote

import httpx

from providers.addresses import Resolver, resolve
from providers.base import Files, path_part
from providers.contract import (
    DownloadedFile,
    GenerationRequest,
    JobState,
    KeyStatus,
    Memory,
    Output,
    ProviderJob,
    WebhookEvent,
)
from providers.errors import AuthFailed, JobNotFound, LinkExpired, NotConfigured, Unsupported
from providers.google_errors import GoogleProvider
from providers.google_operations import Clip, job_of, operation_of
from providers.google_token import forget, read_service_account, token_of
from providers.options import read_http_options
from providers.veo_body import LABEL, body_of

# What Google's own library speaks; the pages of the models that are generally available also show v1.
VERSION = "v1beta1"
LOCATION = "us-central1"
STORAGE_URL = "https://storage.googleapis.com"
# Google's samples wait 10 s each time and name no limit. Paced polls are fewer, and closer near the end.
POLL_SECONDS = 3.0
# The location becomes a part of a host's name, and the project a part of a path.
_LOCATION = re.compile(r"[a-z][a-z0-9-]{1,39}")
_PROJECT = re.compile(r"[a-z0-9][a-z0-9:.-]{1,99}")
_STORAGE = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,220}(/\S*)?")
_OBJECT = re.compile(r"gs://([a-z0-9][a-z0-9._-]{1,220})/(.+)", re.DOTALL)
_OPERATION = re.compile(
    r"projects/([^/]+)/locations/([^/]+)/publishers/google/models/([^/]+)/operations/[^/]+"
)


def host_of_location(location: str) -> str:
    """The address that serves a location, by the rule of Google's own library."""
    if location == "global":
        return "https://aiplatform.googleapis.com"
    if location in {"us", "eu"}:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"


class VeoProvider(GoogleProvider):
    """Options: see `read_http_options`; `service_account` (JSON), `project`, `location`, `storage_uri`, and
    `storage_url`, the host of the buckets.
    """

    name = "veo"
    label = LABEL

    def __init__(
        self,
        options: Mapping[str, Any],
        client: httpx.AsyncClient | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        self._account = read_service_account(options, self.label)
        self._project = _named(options, "project", _PROJECT) or self._account.project
        self._location = _named(options, "location", _LOCATION) or LOCATION
        self._storage_uri = _named(options, "storage_uri", _STORAGE)
        self._storage_url = _storage_url(options)
        if not _PROJECT.fullmatch(self._project):
            raise NotConfigured(
                f"{self.label} needs the option “project”, as the service account names none. "
                "Nothing was sent."
            )
        http = read_http_options(
            options, base_url=host_of_location(self._location), poll_seconds=POLL_SECONDS
        )
        super().__init__(http, self._account.secrets, client, resolver)

    @property
    def elsewhere(self) -> bool:
        """Each location has a host of its own, and all of them are Google's."""
        return self.http.base_url != host_of_location(self._location)

    async def headers(self) -> dict[str, str]:
        token = await token_of(self._account, self.client, self.http, self.resolver)
        # From here on no text may show it either.
        self._secrets = (*self._account.secrets, token)
        return {"Authorization": f"Bearer {token}"}

    async def submit(self, request: GenerationRequest) -> ProviderJob:
        """Check, then send the one paid call."""
        chosen = self.checked(request)
        body = body_of(chosen, request, self._storage_uri)
        answer = await self.send_paid(
            f"{self._place()}/publishers/google/models/{path_part(chosen.id)}:predictLongRunning", body
        )
        name = answer.get("name")
        if not isinstance(name, str) or not _OPERATION.fullmatch(name):
            raise self.answer_lost("its answer names no job")
        return ProviderJob(id=name, state=JobState.QUEUED, poll_after_s=self.http.poll_seconds)

    async def poll(self, job_id: str) -> ProviderJob:
        """Where the operation stands; without a bucket the finished clip is inside the answer."""
        found = _OPERATION.fullmatch(job_id)
        if found is None:
            raise JobNotFound(f"{self.label} knows no such job: its id is not one of Vertex AI's.")
        project, location, model = map(path_part, found.groups())
        path = f"/{VERSION}/projects/{project}/locations/{location}/publishers/google/models/{model}"
        answer = await self.free_json("POST", f"{path}:fetchPredictOperation", {"operationName": job_id})
        operation = operation_of(answer)
        if operation is None:
            raise self.nonsense()
        outputs = tuple(self._output(index, clip) for index, clip in enumerate(operation.clips))
        job = job_of(job_id, operation, outputs, self.http.poll_seconds)
        return self.with_scrubbed_words(job)

    async def cancel(self, job_id: str) -> bool:
        """Vertex AI has no call for it."""
        return False

    async def find(self, client_token: str) -> ProviderJob | None:
        """Vertex AI takes no mark of ours and lists no operations of Veo."""
        raise self.cannot_look_up("the logs and the bucket in Google's console")

    async def check_key(self) -> KeyStatus:
        """Fetch a token and look at the location; both cost nothing."""
        try:
            await self.send_free("GET", self._place())
        except AuthFailed as exc:
            return KeyStatus(ok=False, sentence=str(exc))
        return KeyStatus(
            ok=True,
            sentence=f"The service account works for the project {self._project} in {self._location}. Google "
            "does not tell what is left of a quota or a budget.",
        )

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """Vertex AI sends none."""
        raise Unsupported(f"{self.label} has no webhooks; its jobs are polled.")

    def is_job_call(self, path: str) -> bool:
        return path.endswith(":fetchPredictOperation")

    async def download(self, output: Output, sink: BinaryIO, memory: Memory | None = None) -> DownloadedFile:
        """Out of the bucket, with the token to the storage's host alone; see `Fetcher.fetch`."""
        if output.data:
            return await super().download(output, sink, memory)
        try:
            return await self._fetch(output, sink, memory)
        except LinkExpired as expired:
            # No wrong byte has reached the sink, and a token that has just run out is no lost file.
            if expired.status != 401 or not forget(self._account):
                raise
        return await self._fetch(output, sink, memory)

    async def send_paid(
        self, path: str, body: Mapping[str, Any], files: Files | None = None
    ) -> dict[str, Any]:
        """As everywhere; a refused token, which has taken nothing, is changed for a fresh one once."""
        try:
            return await super().send_paid(path, body, files)
        except AuthFailed as refused:
            if refused.status != 401 or not forget(self._account):
                raise
        return await super().send_paid(path, body, files)

    async def send_free(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """As everywhere, with the same second chance for a token."""
        try:
            return await super().send_free(method, path, body)
        except AuthFailed as refused:
            if refused.status != 401 or not forget(self._account):
                raise
        return await super().send_free(method, path, body)

    async def _fetch(self, output: Output, sink: BinaryIO, memory: Memory | None) -> DownloadedFile:
        keyed = self.fetcher(self._storage_url, await self.headers())
        return await keyed.fetch(output.url, sink, memory)

    def _place(self) -> str:
        return f"/{VERSION}/projects/{path_part(self._project)}/locations/{path_part(self._location)}"

    def _output(self, index: int, clip: Clip) -> Output:
        """An object in a bucket is fetched through the storage's JSON API.

        https://cloud.google.com/storage/docs/json_api/v1/objects/get
        """
        found = _OBJECT.fullmatch(clip.uri)
        if clip.uri and found is None:
            raise self.nonsense()
        url = ""
        if found is not None:
            bucket, name = (quote(part, safe="") for part in found.groups())
            url = f"{self._storage_url}/storage/v1/b/{bucket}/o/{name}?alt=media"
        return Output(url=url, data=clip.data, content_type=clip.content_type, index=index)


def _named(options: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    """A text option in the form it must have; empty where it was left out."""
    value = options.get(name) or ""
    if not isinstance(value, str) or (value.strip() and not form.fullmatch(value.strip())):
        raise NotConfigured(
            f"The option “{name}” of {LABEL} is not written as Google writes it. Nothing was sent."
        )
    return value.strip()


def _storage_url(options: Mapping[str, Any]) -> str:
    told = dict(options) | {"base_url": options.get("storage_url")}
    try:
        return read_http_options(told, base_url=STORAGE_URL, poll_seconds=POLL_SECONDS).base_url
    except NotConfigured as wrong:
        raise NotConfigured(str(wrong).replace("base_url", "storage_url")) from None
