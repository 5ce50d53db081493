"""A real mail server for the tests: it keeps what it is given, and fails in whatever way it is told."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.ports import free_port

OK = "250 OK"


class PostOffice:
    """What came, and what is answered. An empty answer cuts the connection."""

    def __init__(self) -> None:
        self.port = free_port()
        self.reset()

    def reset(self) -> None:
        self.messages: list[EmailMessage] = []
        self.receivers: list[str] = []
        self.asked = 0
        self.to_receiver: dict[str, str] = {}
        self.to_receivers = OK
        self.to_text = OK
        self.to_password = True

    def _believes(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=self.to_password, handled=self.to_password)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.asked += 1
        answer = self.to_receiver.get(address, self.to_receivers)
        if not answer:
            server.transport.abort()
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer or "421 gone"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.to_text in ("", OK):
            self.messages.append(email.message_from_bytes(envelope.content, policy=policy.default))
            self.receivers += envelope.rcpt_tos
        if not self.to_text:
            # Taken, and nobody is told.
            server.transport.abort()
        return self.to_text or "421 gone"

    @contextmanager
    def open(self) -> Iterator[None]:
        controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._believes,
            auth_require_tls=False,
        )
        controller.start()
        try:
            yield
        finally:
            controller.stop()


def text_of(message: EmailMessage) -> str:
    """The plain part, as a reader of plain mail sees it."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
