"""A picture's size from its header: as real encoders write it, and as broken files have it."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.sniff import image_size

WRITERS = {
    "jpeg": ("mjpeg", "mjpeg", "yuvj420p", {}),
    "png": ("png", "image2pipe", "rgb24", {}),
    "webp": ("libwebp", "webp", "yuv420p", {}),
    "webp without loss": ("libwebp", "webp", "bgra", {"lossless": "1"}),
}


def picture(kind: str, width: int, height: int) -> bytes:
    """What an encoder makes of a grey picture."""
    codec, container, pixels, options = WRITERS[kind]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as target:
        stream: Any = target.add_stream(codec, rate=1, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        grey = np.full((height, width, 3), 128, np.uint8)
        frame = av.VideoFrame.from_ndarray(grey, format="rgb24").reformat(format=pixels)
        frame.pts = 0
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return buffer.getvalue()


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("sides", [(1280, 720), (720, 1280), (34, 18)])
def test_it_reads_what_an_encoder_wrote(kind: str, sides: tuple[int, int]) -> None:
    assert image_size(picture(kind, *sides)) == sides


def test_it_reads_the_extended_kind_of_webp() -> None:
    head = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00"
    sides = (1919).to_bytes(3, "little") + (1079).to_bytes(3, "little")
    assert image_size(head + sides) == (1920, 1080)


def test_it_reads_past_the_notes_and_the_padding_of_a_jpeg() -> None:
    whole = picture("jpeg", 640, 360)
    note = b"\xff\xe1" + (1002).to_bytes(2, "big") + bytes(1000)
    assert image_size(whole[:2] + note + b"\xff\xff" + whole[2:]) == (640, 360)


@pytest.mark.parametrize("kind", WRITERS)
def test_it_reads_nothing_from_half_a_header(kind: str) -> None:
    assert image_size(picture(kind, 640, 360)[:15]) is None


@given(start=st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF0000WEBPVP8L"]), rest=st.binary())
def test_it_survives_any_bytes(start: bytes, rest: bytes) -> None:
    found = image_size(start + rest)
    assert found is None or all(found)
