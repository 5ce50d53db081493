"""The station that pushes notices to people's browsers, encrypted for each and signed with our key."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from py_vapid import Vapid02
from pywebpush import WebPusher, WebPushException

from jobs import heart, outward
from providers.addresses import Resolver, resolve
from reviewapp import push
from reviewapp.models import Notice, PushSubscription

logger = logging.getLogger(__name__)

LONGEST_RUN_S: Final = 60.0
# The services take a signature for a day at most; an hour is enough for a call.
SIGNED_FOR_S: Final = 3600
# The service has forgotten this browser, or its person has switched us off in it.
GONE: Final = frozenset({404, 410})


def send_push(resolver: Resolver = resolve) -> None:
    """Push what is due; what is left when the time is over is due still, and called for within seconds."""
    with heart.working("notify"):
        over_at = time.monotonic() + LONGEST_RUN_S
        while time.monotonic() < over_at and (notice := push.take()) is not None:
            _push(notice, resolver)


def _push(notice: Notice, resolver: Resolver) -> None:
    browsers = push.browsers_for(notice)
    answers = asyncio.run(_send_all(notice, browsers, resolver))
    waits: list[float] = []
    reached = False
    for browser, answer in zip(browsers, answers, strict=True):
        if isinstance(answer, outward.Answer) and answer.is_ok:
            push.arrived(browser)
            reached = True
        elif isinstance(answer, outward.Answer) and answer.status in GONE:
            push.gone(browser)
        elif isinstance(answer, outward.Answer) and answer.status < 500 and answer.status != 429:
            # The service will never take this message: trying again would change nothing.
            logger.warning("%s refused a push: %s", urlsplit(browser.endpoint).hostname, answer.status)
            push.failed(browser)
        else:
            push.failed(browser)
            waits.append((answer.retry_after_s or 0.0) if isinstance(answer, outward.Answer) else 0.0)
    if waits:
        push.later(notice, max(waits))
    else:
        push.done(notice, reached=reached)


async def _send_all(
    notice: Notice, browsers: list[PushSubscription], resolver: Resolver
) -> list[outward.Answer | outward.NotSent]:
    return list(await asyncio.gather(*(_send(notice, browser, resolver) for browser in browsers)))


async def _send(
    notice: Notice, browser: PushSubscription, resolver: Resolver
) -> outward.Answer | outward.NotSent:
    keys = {"p256dh": browser.p256dh, "auth": browser.auth}
    content = json.dumps(push.payload(notice)).encode()
    try:
        packed = WebPusher({"endpoint": browser.endpoint, "keys": keys}).encode(content)["body"]
    except (WebPushException, ValueError):
        # Keys that are none: the browser's word is checked when it comes, and this one was not its own.
        return outward.Answer(410, "", None)
    try:
        return await outward.post(browser.endpoint, packed, _headers(notice, browser), resolver=resolver)
    except outward.NotSent as error:
        logger.warning("a push was not sent: %s", error)
        return error


def _headers(notice: Notice, browser: PushSubscription) -> dict[str, str]:
    """Source: RFC 8030 (TTL, Urgency, Topic), RFC 8188 (encoding) and RFC 8292 (VAPID)."""
    parts = urlsplit(browser.endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + SIGNED_FOR_S,
        "sub": settings.PUSH_CONTACT,
    }
    # Its own check of `sub` refuses addresses with a path; ours is in the settings.
    vapid = Vapid02.from_raw(settings.VAPID_KEY.encode())
    vapid.conf = {"no-strict": True}
    signed: dict[str, str] = vapid.sign(claims)
    return signed | {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(push.lives_s(notice.event, timezone.now())),
        "Urgency": push.urgency(notice.event),
        "Topic": push.topic(notice.event),
    }
