"""The station that tells other systems: signed webhooks and Slack-compatible messages, in order."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Final
from urllib.parse import urlsplit

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from jobs import heart, outward
from providers.addresses import Resolver, resolve
from providers.errors import WebhookInvalid
from providers.scrub import scrub
from providers.webhook_signature import sign_standard
from reviewapp import events, outgoing
from reviewapp.models import HookStyle, OutgoingDelivery, OutgoingHook
from reviewapp.secretbox import CannotDecrypt

# What is left then is called again at once; other receivers use this cluster too.
LONGEST_RUN_S: Final = 30.0
MOST_WORDS: Final = 200


def send_outgoing(hook_id: int, resolver: Resolver = resolve) -> None:
    """Send what is due for one receiver, oldest first, until nothing is or one was not taken."""
    with heart.working("notify"):
        hook = outgoing.hold(hook_id)
        if hook is None:
            return
        over_at = time.monotonic() + LONGEST_RUN_S
        try:
            while time.monotonic() < over_at and (row := outgoing.take(hook)) is not None:
                if not _send(hook, row, resolver):
                    break
        finally:
            outgoing.give_back(hook)


@sensitive_variables()
def _send(hook: OutgoingHook, row: OutgoingDelivery, resolver: Resolver) -> bool:
    """One delivery; whether the receiver took it."""
    try:
        open_hook = outgoing.opened(hook)
        content, headers = _message(hook, row, open_hook.secret)
        answer = asyncio.run(outward.post(open_hook.url, content, headers, resolver=resolver))
    except (CannotDecrypt, WebhookInvalid):
        _record(hook, row, None, "The stored address or secret cannot be read here. Enter it again.")
        return False
    except outward.NotSent as error:
        _record(hook, row, None, str(error))
        return False
    _record(hook, row, answer, _said(answer, open_hook))
    return answer.is_ok


@transaction.atomic
def _record(hook: OutgoingHook, row: OutgoingDelivery, answer: outward.Answer | None, said: str) -> None:
    """Write down what came of it; the project's producers are told when the receiver has stopped."""
    if answer is not None and answer.is_ok:
        outgoing.arrived(hook, row, said)
        return
    if answer is not None and answer.status == 410:
        stopped = outgoing.gone(hook, row, said)
    else:
        stopped = outgoing.failed(hook, row, said, answer.retry_after_s if answer else None)
    if stopped:
        events.receiver_stopped(hook, said)


def _message(hook: OutgoingHook, row: OutgoingDelivery, secret: str) -> tuple[bytes, dict[str, str]]:
    headers = {"Content-Type": "application/json"}
    if outgoing.style_of(hook) == HookStyle.SLACK:
        return json.dumps(outgoing.slack_message(row)).encode(), headers
    content = json.dumps(outgoing.message(row), ensure_ascii=False).encode()
    return content, headers | sign_standard(secret, outgoing.webhook_id(row), content, time.time())


def _said(answer: outward.Answer, open_hook: outgoing.Opened) -> str:
    """The receiver's own words, without what it may have repeated of its address and our secret."""
    parts = urlsplit(open_hook.url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    hidden = [open_hook.url, path, *(one for one in parts.path.split("/") if len(one) >= 8)]
    words = scrub(" ".join(answer.text.split()), (*hidden, parts.query, open_hook.secret))
    if 300 <= answer.status < 400:
        words = "Redirects are not followed; enter the address it leads to."
    return f"{answer.status} {words[:MOST_WORDS]}".strip()
