"""The station that hands mails over to the mail server, step by step: it always knows how far it came."""

from __future__ import annotations

import logging
import re
import smtplib
import time
from contextlib import suppress
from email.utils import parseaddr
from typing import Final, cast

from django.conf import settings
from django.core.mail import SafeMIMEMultipart
from django.core.mail.backends.smtp import EmailBackend

from jobs import heart
from reviewapp import letters, mailing
from reviewapp.env import MailServer
from reviewapp.models import Mail

logger = logging.getLogger(__name__)

# What is left then is due still, and asked for again within seconds; others use this cluster too.
LONGEST_RUN_S: Final = 60.0
OK, GO_AHEAD = 250, 354


class ServerTrouble(Exception):
    """The server cannot be used now, whatever the mail; the sentence says why."""


def send_mails() -> None:
    """Gather what is due and send it over one connection."""
    with heart.working("notify"):
        server: MailServer | None = settings.MAIL_SERVER
        if server is None:
            return
        mailing.gather()
        smtp: smtplib.SMTP | None = None
        over_at = time.monotonic() + LONGEST_RUN_S
        while time.monotonic() < over_at and (mail := mailing.take()) is not None:
            try:
                text = _text(mail)
                if text is None:
                    continue
                smtp = smtp or _connected(server)
                smtp = smtp if _hand_over(smtp, mail, text) else None
            except ServerTrouble as trouble:
                # The sentence is the server's or our own; neither holds the password.
                logger.warning("mail waits: %s", trouble)
                mailing.put_off_all(mail, str(trouble))
                break
        if smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()


def _text(mail: Mail) -> bytes | None:
    """The whole mail as it goes over the wire; None when there is nothing to send."""
    try:
        letter = letters.letter(mail)
    except UnicodeError:
        mailing.address_refused(mail, f"The address {mail.address} cannot be written for a mail server.")
        return None
    if letter is None:
        mailing.not_needed(mail)
        return None
    return cast(SafeMIMEMultipart, letter.message()).as_bytes(linesep="\r\n")


def _connected(server: MailServer) -> smtplib.SMTP:
    backend = EmailBackend(
        host=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        use_tls=server.tls == "starttls",
        use_ssl=server.tls == "ssl",
        timeout=settings.EMAIL_TIMEOUT,
    )
    try:
        backend.open()
        assert isinstance(backend.connection, smtplib.SMTP)  # noqa: S101  `open` has made it or raised.
        backend.connection.ehlo_or_helo_if_needed()
    except smtplib.SMTPResponseException as error:
        raise ServerTrouble(_said(error.smtp_code, error.smtp_error)) from error
    except (smtplib.SMTPException, OSError) as error:
        where = f"{server.host}:{server.port}"
        raise ServerTrouble(f"The mail server {where} cannot be reached: {error}"[:280]) from error
    return backend.connection


def _hand_over(smtp: smtplib.SMTP, mail: Mail, text: bytes) -> bool:
    """One mail through one open connection; whether the connection can be used for the next.

    Until the text leaves, whatever happens means that the mail was not taken. From then on only the server's
    answer says so, and without one nobody knows.
    """
    try:
        if not _envelope(smtp, mail):
            return True
    except (smtplib.SMTPException, OSError) as error:
        smtp.close()
        raise ServerTrouble(f"The mail server broke off: {error}") from error
    if not mailing.begin(mail):
        # Somebody else has it by now: leaving in the middle means that this one does not count.
        smtp.close()
        return False
    try:
        smtp.send(_with_end(text))
        code, words = smtp.getreply()
    except (smtplib.SMTPException, OSError) as error:
        smtp.close()
        mailing.lost(mail, f"The mail server gave no answer: {error}.")
        return False
    _close(mail, code, _said(code, words))
    return True


def _envelope(smtp: smtplib.SMTP, mail: Mail) -> bool:
    """Sender, receiver, and the word that the text may come. False when the server takes this mail not."""
    code, words = smtp.mail(letters.envelope_address(parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
    if code != OK:
        raise ServerTrouble(_said(code, words))
    code, words = smtp.rcpt(letters.envelope_address(mail.address))
    if code not in (OK, 251):
        smtp.rset()
        if code == 421:
            raise ServerTrouble(_said(code, words))
        (mailing.put_off if code < 500 else mailing.address_refused)(mail, _said(code, words))
        return False
    code, words = smtp.docmd("DATA")
    if code != GO_AHEAD:
        smtp.rset()
        if code == 421:
            raise ServerTrouble(_said(code, words))
        (mailing.put_off if code < 500 else mailing.refused)(mail, _said(code, words))
        return False
    return True


def _close(mail: Mail, code: int, said: str) -> None:
    if code == OK:
        mailing.sent(mail, said)
    elif code < 500:
        # A clear no is an answer as well: it was not taken, and may be later.
        mailing.put_off(mail, said)
    else:
        mailing.refused(mail, said)


def _with_end(text: bytes) -> bytes:
    """The text with its lone dots doubled and the dot that ends it, as RFC 5321 section 4.5.2 says."""
    lines = re.sub(rb"(?m)^\.", b"..", text)
    return lines.rstrip(b"\r\n") + b"\r\n.\r\n"


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return letters.one_line(f"The mail server said {code} {text}")[:280]
