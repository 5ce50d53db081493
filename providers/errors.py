"""What can go wrong with a vendor, and what it means for a retry and for money.

ProviderError
├── Unsupported            the model cannot express the request; nothing was sent
├── NotConfigured          an option (key, base URL) is missing or malformed; nothing was sent
├── NotPrepared            this machine could not put the call together; nothing was sent
├── NeverSent              the connection could not be made; surely nothing was spent
├── Rejected               the vendor answered and took nothing
│   ├── InvalidRequest     400: the request itself is wrong; the same request will be refused again
│   ├── AuthFailed         401, 403: the key is refused
│   ├── OutOfCredit        the account cannot pay
│   ├── ContentRefused     the safety system said no before anything was made
│   ├── JobNotFound        404 on a job: it never existed, was deleted, or has expired
│   └── RateLimited        429 before acceptance; see `retry_after`
├── VendorUnavailable      5xx or a broken answer to a call that spends nothing (poll, download, check_key)
├── AnswerLost             the answer to a PAID call was lost: the vendor may or may not have taken it
├── WebhookInvalid         a webhook whose signature, age or body is not acceptable
└── DownloadFailed         the output could not be fetched whole
    ├── LinkExpired        poll again for a fresh link
    ├── ForbiddenHost      the link leads to a private address or a scheme other than http(s)
    ├── TooLarge           over the configured size
    └── NotAVideo          the answer is a page, an error text or an archive
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Some hosts write a moment where a wait belongs, which is one of decades: nobody is left alone for longer.
LONGEST_WISH_S: Final = 6 * 3600.0


@dataclass(frozen=True)
class FieldIssue:
    """One field the vendor (or the catalogue) complains of: our field name and a sentence."""

    field: str
    message: str


class ProviderError(Exception):
    """Base of every failure that leaves this room.

    `permanent`: the same call will fail again, so nobody should retry it unchanged.
    `may_have_spent`: money may be gone; the call must never be repeated by itself.
    `retry_after`: the vendor's own wish in seconds, where it gave one, and never more than six hours.
    `vendor_words`: the vendor's text, already stripped of secrets, for a person to read.
    """

    permanent = True
    may_have_spent = False

    def __init__(
        self,
        message: str,
        *,
        vendor_words: str = "",
        retry_after: float | None = None,
        status: int | None = None,
        issues: tuple[FieldIssue, ...] = (),
    ) -> None:
        super().__init__(message)
        self.vendor_words = vendor_words
        self.retry_after = retry_after
        self.status = status
        self.issues = issues

    @property
    def retry_after(self) -> float | None:
        return self._retry_after

    @retry_after.setter
    def retry_after(self, seconds: float | None) -> None:
        self._retry_after = None if seconds is None else min(seconds, LONGEST_WISH_S)


class Unsupported(ProviderError):
    """The model or vendor cannot express this; raised before any money is spent."""


class NotConfigured(ProviderError):
    """An option the provider needs is missing or malformed."""


class NotPrepared(ProviderError):
    """What the call needs could not be read here: the storage is away, say. It is no vendor's doing."""

    permanent = False


class NeverSent(ProviderError):
    """The connection was never made."""

    permanent = False


class Rejected(ProviderError):
    """The vendor answered and surely took nothing."""


class InvalidRequest(Rejected):
    """The vendor refuses the request as written."""


class AuthFailed(Rejected):
    """The key is refused or not entitled."""


class OutOfCredit(Rejected):
    """The account cannot pay for this."""


class ContentRefused(Rejected):
    """The vendor's safety system refused the request before making anything."""


class JobNotFound(Rejected):
    """The vendor knows no such job."""


class RateLimited(Rejected):
    """Too many requests or the daily limit; nothing was taken."""

    permanent = False


class VendorUnavailable(ProviderError):
    """The vendor is down or spoke nonsense on a call that spends nothing."""

    permanent = False


class AnswerLost(ProviderError):
    """A paid call went out and no usable answer came back."""

    permanent = True
    may_have_spent = True


class WebhookInvalid(ProviderError):
    """A webhook that must not be believed, not even as a hint."""


class DownloadFailed(ProviderError):
    """The output could not be fetched whole; asking again may help."""

    permanent = False


class LinkExpired(DownloadFailed):
    """The link is no longer good; a fresh poll gives another."""


class ForbiddenHost(DownloadFailed):
    """The link leads where this application must not go."""

    permanent = True


class TooLarge(DownloadFailed):
    """The file is larger than the configured limit."""

    permanent = True


class NotAVideo(DownloadFailed):
    """What came is no video: an HTML page, a JSON error, an archive."""

    permanent = True
