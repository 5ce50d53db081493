"""Where clips are kept, from one setting: a folder, or an S3-compatible bucket."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from django.core.exceptions import ImproperlyConfigured

NAME: Final = "RETAKE_MEDIA_URL"
FORM: Final = "s3://bucket/prefix?region=eu-central-1&endpoint=https://s3.example.org"
FOLDER: Final[dict[str, Any]] = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
STYLES: Final = ("path", "virtual")
ENCRYPTIONS: Final = ("AES256", "aws:kms", "aws:kms:dsse")
OPTIONS: Final = ("region", "endpoint", "public", "style", "encryption", "kms_key")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def storage(url: str, access_key: str = "", secret_key: str = "") -> dict[str, Any]:
    """The default storage as Django's STORAGES has it. Raises ImproperlyConfigured with one sentence.

    Without keys boto3 looks for them where it always does: its own variables, a profile, the machine's role.
    """
    if not url:
        return FOLDER
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.hostname or parts.username or parts.port:
        raise _wrong(f"it must be written {FORM}")
    if not _BUCKET.fullmatch(parts.netloc):
        raise _wrong(f"“{parts.netloc}” is no name of a bucket")
    if bool(access_key) != bool(secret_key):
        raise ImproperlyConfigured(
            "RETAKE_MEDIA_ACCESS_KEY and RETAKE_MEDIA_SECRET_KEY belong together, and one of them is empty."
        )
    told = _options(parts.query)
    endpoint = told.get("endpoint") or _amazon(told.get("region", ""))
    style = told.get("style") or ("path" if "endpoint" in told or "." in parts.netloc else "virtual")
    options = {
        "bucket_name": parts.netloc,
        "location": parts.path.strip("/"),
        "region_name": told.get("region", "us-east-1"),
        "endpoint_url": endpoint,
        "link_endpoint": told.get("public", endpoint),
        "addressing_style": style,
        "access_key": access_key or None,
        "secret_key": secret_key or None,
        "object_parameters": _encryption(told),
    }
    return {"BACKEND": "reviewapp.bucket.Bucket", "OPTIONS": options}


def link_origin(storage: dict[str, Any]) -> str:
    """The origin that browsers fetch from when they are sent to the bucket; "" for a folder."""
    if storage == FOLDER:
        return ""
    options = storage["OPTIONS"]
    scheme, _, host = options["link_endpoint"].partition("://")
    host = host.partition("/")[0]
    return (
        f"{scheme}://{host if options['addressing_style'] == 'path' else options['bucket_name'] + '.' + host}"
    )


def _options(query: str) -> dict[str, str]:
    told = parse_qs(query, keep_blank_values=True)
    for name, values in told.items():
        if name not in OPTIONS:
            raise _wrong(f"it has no option “{name}”; there are {', '.join(OPTIONS)}")
        if len(values) > 1 or not values[0]:
            raise _wrong(f"the option “{name}” must be given once and hold something")
    found = {name: values[0] for name, values in told.items()}
    for name in ("endpoint", "public"):
        if name in found:
            found[name] = _address(name, found[name])
    for name, allowed in (("style", STYLES), ("encryption", ENCRYPTIONS)):
        if found.get(name, allowed[0]) not in allowed:
            raise _wrong(f"the option “{name}” is one of {', '.join(allowed)}")
    return found


def _address(name: str, value: str) -> str:
    parts = urlsplit(value)
    plain = not (parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise _wrong(f"the option “{name}” must be an address such as https://s3.example.org")
    return value.rstrip("/")


def _amazon(region: str) -> str:
    if not region:
        raise _wrong("it must name a region, or the endpoint of another host than Amazon")
    if quote(region, safe="-") != region:
        raise _wrong(f"“{region}” is no region")
    return f"https://s3.{region}.amazonaws.com"


def _encryption(told: dict[str, str]) -> dict[str, str]:
    if "encryption" not in told:
        if "kms_key" in told:
            raise _wrong("the option “kms_key” needs encryption=aws:kms")
        return {}
    wanted = {"ServerSideEncryption": told["encryption"]}
    return wanted | ({"SSEKMSKeyId": told["kms_key"]} if "kms_key" in told else {})


def _wrong(why: str) -> ImproperlyConfigured:
    # The value itself is not repeated: somebody may have written a key into it.
    return ImproperlyConfigured(f"{NAME} cannot be used: {why}.")
