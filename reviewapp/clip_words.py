"""What a clip's page says of its file: what the browser plays of it, and what it says of its origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reviewapp.models import Clip, Playable

CODECS: Final = {
    "h264": "H.264",
    "hevc": "HEVC",
    "av1": "AV1",
    "vp8": "VP8",
    "vp9": "VP9",
    "prores": "ProRes",
    "mpeg4": "MPEG-4",
    "mpeg2video": "MPEG-2",
    "mjpeg": "Motion JPEG",
}
# Decoders have one name for each family; which of it a file is, its type says.
_CONTAINERS: Final = {
    ("mov", "video/mp4"): "MP4",
    ("mov", "video/quicktime"): "MOV",
    ("matroska", "video/webm"): "WebM",
    ("matroska", "video/x-matroska"): "Matroska",
}
# Where the signer's name can be believed.
SIGNED: Final = ("trusted", "valid")
_STATES: Final = {
    "trusted": "trusted",
    "valid": "valid, signer not known here",
    "invalid": "broken",
    "none": "none",
    "unread": "not read",
}


def codec_words(codec: str) -> str:
    return CODECS.get(codec, codec.upper())


@dataclass(frozen=True)
class FileWords:
    """What people read of one clip's file."""

    clip: Clip

    @property
    def playing(self) -> str:
        """What is played in place of the original; empty while it is the original itself."""
        original = codec_words(self.clip.codec) or "another format"
        if self.clip.cannot_be_played:
            return (
                f"Browsers do not play {original}, and no copy could be made. The original can be downloaded."
            )
        if self.clip.plays == Playable.COPY:
            return f"Playing an H.264 copy; the original is {original}."
        if self.clip.plays == Playable.REMUX:
            return "Playing the original’s own pictures and sound, in a container that starts sooner."
        return ""

    @property
    def playing_short(self) -> str:
        """The same in a word, for the slate."""
        if self.clip.cannot_be_played:
            return "no copy"
        return {Playable.COPY: "copy", Playable.REMUX: "remux"}.get(Playable(self.clip.plays), "")

    @property
    def format(self) -> str:
        """Container and codec of the original; empty where they are not known."""
        family = self.clip.container
        container = _CONTAINERS.get((family, self.clip.content_type), family.upper())
        return " · ".join(filter(None, (container, codec_words(self.clip.codec))))

    @property
    def credentials_state(self) -> str:
        return str(self.clip.credentials.get("state", "")) or "unread"

    @property
    def credentials(self) -> str:
        """The state of the original's content credentials in one line, with who signed them."""
        told, state = self.clip.credentials, self.credentials_state
        signer = told.get("signer") or told.get("issuer")
        words = _STATES.get(state, state)
        return f"{words.split(',')[0]}, signed by {signer}" if signer and state in SIGNED else words

    @property
    def credentials_why(self) -> str:
        """Why they are not trusted, or were not read, as a sentence; empty where there is nothing to say."""
        return str(self.clip.credentials.get("why", ""))

    @property
    def credentials_details(self) -> list[tuple[str, str]]:
        """What the file itself says of who made it and how, each with its name."""
        told = self.clip.credentials
        rows = (("Model named", "model"), ("Tool named", "tool"), ("Says it is", "source"))
        return [(name, str(told[key])) for name, key in rows if told.get(key)]
