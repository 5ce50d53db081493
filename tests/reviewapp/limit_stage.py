"""Keys with limits and rows that wait to be sent, moved by the line's own verbs."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

from providers.contract import JobState, Output, ProviderJob
from reviewapp import limits, line
from reviewapp.models import Candidate, PromptVersion, ProviderKey, Shot, Status
from reviewapp.models.projects import Author

names = count(1)


def make_key(**fields: object) -> ProviderKey:
    key = ProviderKey(name=f"key {next(names)}", provider="runway")
    key.set_credentials({"api_key": "key_" + "a" * 128})
    for name, value in fields.items():
        setattr(key, name, value)
    key.save()
    return key


def queued(shot: Shot, clips: int, **fields: object) -> list[Candidate]:
    """Rows that wait to be sent, oldest first."""
    version = PromptVersion.objects.create(
        shot=shot, number=shot.versions.count() + 1, text="A red boat.", author_kind=Author.PERSON
    )
    facts: dict[str, object] = {
        "shot": shot, "version": version, "status": Status.QUEUED, "provider": "runway", "model": "gen4.5",
        "duration_s": Decimal(5), "width": 1280, "height": 720, "estimate_usd": Decimal("0.1"),
    }  # fmt: skip
    return Candidate.objects.bulk_create(
        Candidate(slot=slot, **(facts | fields)) for slot in range(1, clips + 1)
    )


def under_way(key: ProviderKey) -> int:
    return Candidate.objects.filter(provider_key=key, status__in=limits.AT_THE_VENDOR).count()


def begin(row: Candidate) -> Candidate | None:
    return line.begin_submit(row.pk)


def accept(row: Candidate) -> None:
    line.submit_accepted(row, ProviderJob(id=f"job-{row.pk}-{row.attempt}", state=JobState.QUEUED))


def finish(row: Candidate) -> None:
    done = ProviderJob(
        id=row.provider_job_id,
        state=JobState.SUCCEEDED,
        outputs=(Output(url="https://example.org/clip.mp4"),),
    )
    line.record_polls([(Candidate.objects.whole().get(pk=row.pk), done)])
