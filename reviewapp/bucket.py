"""An S3-compatible bucket as Django's storage: written whole, read in pieces, linked for minutes."""

from __future__ import annotations

import hashlib
import io
import os
from typing import IO, Any, Final, cast

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from django.core.files import File
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

MEGABYTE: Final = 1024 * 1024
# A file above it goes up in parts, of which no more than these are in memory at once.
PART_BYTES: Final = 8 * MEGABYTE
PARTS_AT_ONCE: Final = 2
READ_BYTES: Final = MEGABYTE
# Amazon takes at most 10,000 parts, so that the largest file here has 80 GB.


class Bucket(S3Storage):  # type: ignore[misc]  # django-storages brings no types.
    """Objects are private, as the bucket makes them: no access list is sent. An object is never replaced.

    Each request carries the checksum of its body under its signature, which every S3 server checks, so that
    no part can arrive otherwise than it was sent.
    """

    def __init__(self, **options: Any) -> None:
        given = {
            "client_config": Config(
                signature_version="s3v4",
                s3={"addressing_style": options.pop("addressing_style"), "payload_signing_enabled": True},
                # Newer checksums are unknown to many servers, and say no more than the signed one.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                connect_timeout=10,
                read_timeout=60,
                retries={"max_attempts": 4, "mode": "standard"},
            ),
            "transfer_config": _transfer(),
            "file_overwrite": False,
            "default_acl": None,
        }
        super().__init__(**(given | options))
        self._links: Any = None

    def get_default_settings(self) -> dict[str, Any]:
        return cast(dict[str, Any], super().get_default_settings()) | {"link_endpoint": None}

    def link(self, name: str, seconds: int, method: str = "GET", **answer: str) -> str:
        """An address under which a browser gets the file for so long, without a key.

        `answer` are headers of what it gets, by S3's names: ResponseContentType and alike.
        """
        if self._links is None:
            self._links = self._create_session().client(
                "s3",
                region_name=self.region_name,
                endpoint_url=self.link_endpoint,
                config=self.client_config,
                verify=self.verify,
            )
        params = {"Bucket": self.bucket_name, "Key": self._key(name), **answer}
        asked = "head_object" if method == "HEAD" else "get_object"
        return str(self._links.generate_presigned_url(asked, Params=params, ExpiresIn=seconds))

    def sha256(self, name: str) -> str:
        """The checksum that was written down with the object; "" where there is none."""
        return str(self._head(name)["Metadata"].get("sha256", ""))

    def _key(self, name: str) -> str:
        return str(self._normalize_name(clean_name(name)))

    def _head(self, name: str) -> dict[str, Any]:
        try:
            found = self.connection.meta.client.head_object(Bucket=self.bucket_name, Key=self._key(name))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise FileNotFoundError(f"There is no {name} in the bucket.") from error
            raise
        return cast(dict[str, Any], found)

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            return cast("File[bytes]", super()._open(name, mode))
        head = self._head(name)
        object_ = self.bucket.Object(self._key(name))
        reader: Any = io.BufferedReader(_Reader(object_, head["ContentLength"], head["ETag"]), READ_BYTES)
        return _Opened(reader, name, head["ContentLength"])

    def _save(self, name: str, content: File[bytes]) -> str:
        size, sha256 = _measured(content)
        params = self._get_write_parameters(self._key(name), content)
        params["Metadata"] = {**params.get("Metadata", {}), "sha256": sha256}
        object_ = self.bucket.Object(self._key(name))
        object_.upload_fileobj(_Uncloseable(content), ExtraArgs=params, Config=self.transfer_config)
        if (kept := self._head(name)["ContentLength"]) != size:
            self.delete(name)
            raise OSError(f"The bucket kept {kept} of {size} bytes of {name}.")
        return str(clean_name(name))


def _transfer() -> TransferConfig:
    config = TransferConfig(
        multipart_threshold=PART_BYTES,
        multipart_chunksize=PART_BYTES,
        max_concurrency=PARTS_AT_ONCE,
        max_io_queue=4,
    )
    # Boto's own figure is ten; it has no argument for it.
    config.max_in_memory_upload_chunks = PARTS_AT_ONCE
    return config


def _measured(content: File[bytes]) -> tuple[int, str]:
    """Size and checksum of a file, which stands at its beginning afterwards."""
    content.seek(0)
    size, found = 0, hashlib.sha256()
    while chunk := content.read(READ_BYTES):
        size += len(chunk)
        found.update(chunk)
    content.seek(0)
    return size, found.hexdigest()


class _Uncloseable:
    """A file that boto3 may read and not close: it belongs to whoever gave it."""

    def __init__(self, file: File[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        return bytes(self._file.read(size))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        """Not ours to close."""


class _Opened(File):  # type: ignore[type-arg]
    """An open object, with the size that it was found with."""

    def __init__(self, file: IO[bytes], name: str, size: int) -> None:
        super().__init__(file, name)
        self.size = size


class _Reader(io.RawIOBase):
    """An object read from where one stands, in one stream for as long as nobody seeks.

    A stream that breaks is opened once more where it stopped; an object that was replaced meanwhile is an
    error and never a mixture.
    """

    def __init__(self, object_: Any, size: int, etag: str) -> None:
        self._object, self._size, self._etag = object_, size, etag
        self._at = 0
        self._stream: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset != self._at:
            self._hang_up()
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self._size - self._at)
        if wanted <= 0:
            return 0
        try:
            chunk = self._more(wanted)
        except (BotoCoreError, HTTPClientError):
            self._hang_up()
            chunk = self._more(wanted)
        if not chunk:
            raise OSError("The bucket ended the file before its end.")
        view[: len(chunk)] = chunk
        self._at += len(chunk)
        return len(chunk)

    def _more(self, wanted: int) -> bytes:
        if self._stream is None:
            answer = self._object.get(Range=f"bytes={self._at}-", IfMatch=self._etag)
            self._stream = answer["Body"]
        return bytes(self._stream.read(wanted))

    def _hang_up(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def close(self) -> None:
        self._hang_up()
        super().close()
