"""What a reviewer may send: a decision with its feedback, a note, a draft, an edited prompt."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from reviewapp import refine
from reviewapp.models import Candidate, Verdict
from reviewapp.notes import Feedback

MOST_WORDS = 2000


def _tag_choices() -> list[tuple[str, str]]:
    return [(tag, words) for tag, (_, words) in refine.REASON_TAGS.items()]


class FeedbackForm(forms.Form):
    """Tags, words and the frames they speak of: 0-based, the last one included."""

    tags = forms.MultipleChoiceField(required=False, choices=_tag_choices)
    text = forms.CharField(required=False, max_length=MOST_WORDS, strip=True)
    frame_in = forms.IntegerField(required=False, min_value=0)
    frame_out = forms.IntegerField(required=False, min_value=0)

    def __init__(self, *args: Any, candidate: Candidate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.candidate = candidate
        self.fields["text"].error_messages["max_length"] = (
            f"Please keep it under {MOST_WORDS} characters; yours has %(show_value)s."
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("frame_in"), cleaned.get("frame_out")
        if first is None and last is not None:
            raise ValidationError("A range needs its first frame.")
        if first is not None and last is not None and last < first:
            raise ValidationError("The range ends before it begins.")
        clip = getattr(self.candidate, "clip", None)
        frames = clip.frames if clip is not None else 0
        if frames and max(first or 0, last or 0) >= frames:
            raise ValidationError(f"The clip has {frames} frames; the range goes beyond its end.")
        return cleaned

    @property
    def feedback(self) -> Feedback:
        data = self.cleaned_data
        return Feedback(data["tags"], data["text"], data["frame_in"], data["frame_out"])


class DraftForm(FeedbackForm):
    """What has been typed so far; the verdict it was typed for is kept with it."""

    verdict = forms.ChoiceField(
        required=False, choices=[(Verdict.REJECT, "Reject"), (Verdict.CHANGES, "Needs changes")]
    )

    @property
    def verdict_asked(self) -> Verdict:
        return Verdict(self.cleaned_data.get("verdict") or Verdict.REJECT)


class DecisionForm(FeedbackForm):
    """A verdict on the revision that the page showed."""

    verdict = forms.ChoiceField(choices=Verdict.choices)
    revision = forms.IntegerField(min_value=0)
    all_of_shot = forms.BooleanField(required=False)

    @property
    def verdict_asked(self) -> Verdict:
        return Verdict(self.cleaned_data["verdict"])


class NoteForm(FeedbackForm):
    """A note needs words or a tag."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors and not cleaned.get("text") and not cleaned.get("tags"):
            self.add_error("text", "Write what you see, or choose a tag.")
        return cleaned


class PromptForm(forms.Form):
    """The next prompt as a person wants it. Its length is judged by the model's own limit, in the verb."""

    text = forms.CharField(required=False, max_length=20_000)
    negative_text = forms.CharField(required=False, max_length=10_000)
