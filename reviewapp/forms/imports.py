"""The shot list as it is handed in: a file or pasted text, and the preview that is confirmed."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any

from django import forms

from reviewapp.shotlist.decoding import MAX_BYTES, Decoded, NotAShotList, decode


class ImportForm(forms.Form):
    """A CSV file, or its text pasted; `cleaned_data["decoded"]` is what was read."""

    file = forms.FileField(required=False, label="CSV file", allow_empty_file=True)
    text = forms.CharField(
        required=False,
        strip=False,
        label="Or paste it here",
        help_text="From a spreadsheet, copy the cells with their headings and paste them.",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        file, text = data.get("file"), str(data.get("text") or "")
        if file is None and not text.strip():
            if not self.errors:
                self.add_error("file", "Choose a CSV file or paste the list.")
            return data
        field = "file" if file is not None else "text"
        try:
            data["decoded"] = decode(file.read(MAX_BYTES + 1) if file is not None else _utf8(text))
        except NotAShotList as error:
            self.add_error(field, str(error))
        return data


class ApplyForm(forms.Form):
    """The previewed list, packed, and the mark of what it would do."""

    packed = forms.CharField(strip=False)
    fingerprint = forms.CharField(max_length=64)

    def clean_packed(self) -> Decoded:
        try:
            return decode(unpack(str(self.cleaned_data["packed"])))
        except (NotAShotList, ValueError) as error:
            raise forms.ValidationError("The preview has arrived incomplete.") from error


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def pack(text: str) -> str:
    """The list as it travels through the preview page and back: small, and untouched by how browsers treat
    line ends.
    """
    return base64.b64encode(zlib.compress(_utf8(text))).decode("ascii")


def unpack(packed: str) -> bytes:
    """Raises ValueError for anything that `pack` has not written; never unpacks more than a list may have."""
    try:
        data = base64.b64decode(packed, validate=True)
        unpacker = zlib.decompressobj()
        # One byte more than allowed, so that `decode` sees that it is too much.
        text = unpacker.decompress(data, MAX_BYTES + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError("not a packed list") from error
    if not unpacker.eof and len(text) <= MAX_BYTES:
        raise ValueError("a packed list that is cut off")
    return text
