"""The producer's forms about what a shot starts from: files of their own, and clips that are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile

from reviewapp import inputs
from reviewapp.models import Candidate, ShotInput

Kind = ShotInput.Kind
ACCEPT = "image/png,image/jpeg,image/webp,video/mp4,video/quicktime,video/webm"
# More in one go is a slip of the hand.
MOST_FILES = inputs.MAX_REFERENCES


class Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several; several only where the role allows it."""

    widget = Files

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        given = data if isinstance(data, list) else [data] if data else []
        if not given:
            raise forms.ValidationError("Choose a file first.")
        if len(given) > MOST_FILES:
            raise forms.ValidationError(f"That are {len(given)} files; {MOST_FILES} at once is the most.")
        # An empty file is told of with the others, in words that fit its role.
        return [cast("UploadedFile[bytes]", one) for one in given]


class InputForm(forms.Form):
    """Files for one role. `facts` are what the files turned out to be, in the same order."""

    role = forms.ChoiceField(
        label="Use as",
        error_messages={
            "required": "Say what it is to be used as.",
            "invalid_choice": "The chosen model does not take this. Choose another use.",
        },
    )
    file = FilesField(label="Picture or clip", widget=Files(attrs={"accept": ACCEPT}))

    def __init__(self, *args: Any, offered: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = offered
        cast(forms.ChoiceField, self.fields["role"]).choices = list(offered.items())
        self.facts: list[inputs.Facts] = []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        files, role = data.get("file"), data.get("role")
        if not files or not role:
            return data
        if role != Kind.REFERENCE and len(files) > 1:
            self.add_error("file", f"A shot has one {Kind(role).label.lower()}. Choose one file.")
            return data
        for file in files:
            try:
                self.facts.append(inputs.read_facts(file, Kind(role)))
            except inputs.WrongFile as wrong:
                self.add_error("file", f"{file.name}: {wrong}")
        return data


class SourceClipForm(forms.Form):
    """One of the project's approved clips, to be edited."""

    clip = forms.ChoiceField(
        label="An approved clip of this project",
        error_messages={
            "required": "Choose a clip first.",
            "invalid_choice": "This clip is not approved any more. Choose another.",
        },
    )

    def __init__(self, *args: Any, clips: Iterable[Candidate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clips = {str(clip.uid): clip for clip in clips}
        listed = [("", "Choose a clip"), *((uid, clip.code) for uid, clip in self.clips.items())]
        cast(forms.ChoiceField, self.fields["clip"]).choices = listed

    def clean_clip(self) -> Candidate:
        return self.clips[self.cleaned_data["clip"]]
