"""Reading what a vendor answers: which error it is, and in which words a person reads it.

The rule that matters most is in `check_paid_status`: only an answer that surely means "nothing was taken"
lets a paid call be repeated. Everything else is `AnswerLost`, because a repeated call may be paid twice.
"""

from __future__ import annotations

from typing import Any

import httpx

from providers.bounded import AnswerTooLarge
from providers.errors import (
    AnswerLost,
    AuthFailed,
    InvalidRequest,
    NeverSent,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Unsupported,
    VendorUnavailable,
)
from providers.retry_after import retry_after_s
from providers.scrub import scrub

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
# aiohttp's exceptions that mean "no connection was made", by name so that this room needs no aiohttp.
_AIOHTTP_NEVER_SENT = {"ClientConnectorError", "ConnectionTimeoutError", "NonHttpUrlClientError"}
_MOVED = {301, 307, 308}
# The answers that surely come instead of the work. Any other may come after it: 302 and 303 lead to what was
# made, 408 and 409 are about a call that was taken, 424 and 499 speak for somebody behind a gateway.
_TOOK_NOTHING = _MOVED | (set(range(400, 432)) - {408, 409, 424}) | {451}


class AnswerReader:
    """What the adapters share in reading answers. `secrets` are removed from every text."""

    label = ""
    _secrets: tuple[str, ...] = ()

    # What a vendor fills in.

    def refusal(self, response: httpx.Response, words: str) -> ProviderError | None:
        """The vendor's own reading of a 4xx answer that took nothing; None leaves it to the status."""
        return None

    def wait_of(self, response: httpx.Response) -> float | None:
        """The seconds the vendor asks to wait; some say it in the body and not in a header."""
        return retry_after_s(response.headers)

    # Words and errors.

    def scrubbed(self, text: object) -> str:
        """A vendor's text as a person may read it; anything that is no text becomes an empty one."""
        return scrub(text, self._secrets) if isinstance(text, str) else ""

    def answer_lost(self, why: str, status: int | None = None) -> AnswerLost:
        """The error of a paid call that may have been taken."""
        return AnswerLost(
            f"The request went out to {self.label}, and {why}. The clip may have been ordered and paid for, "
            "so it is not sent again by itself.",
            status=status,
        )

    def job_named(self, told: object) -> str:
        """The job's id in the answer to a paid call. Without one the order may be taken all the same."""
        if not isinstance(told, str) or not told:
            raise self.answer_lost("its answer names no job")
        return told

    def cannot_look_up(self, where: str) -> Unsupported:
        """The error where a vendor knows no mark of ours; `where` a person can see the jobs instead."""
        return Unsupported(
            f"{self.label} has no way to look a job up by our own mark. A person has to look at {where}."
        )

    def nonsense(self, status: int | None = None) -> VendorUnavailable:
        """The error of a free call whose answer makes no sense."""
        return VendorUnavailable(
            f"{self.label} gave an answer that makes no sense. Nothing was spent; it is asked again later.",
            status=status,
        )

    def paid_failure(self, exc: Exception) -> ProviderError:
        """What an exception in the middle of a paid call means for the money."""
        if isinstance(exc, ProviderError):
            # The client's own hooks have kept the request here.
            return exc
        if isinstance(exc, httpx.InvalidURL) or (
            isinstance(exc, _NEVER_SENT) and not _came_after_sending(exc)
        ):
            return NeverSent(
                f"{self.label} could not be reached: {cause_in_words(exc)}. "
                "Nothing was sent and nothing was spent."
            )
        return self.answer_lost(f"its answer was lost: {cause_in_words(exc)}")

    def check_paid_status(self, response: httpx.Response) -> None:
        """Raise unless the paid call was taken: a `Rejected` where it surely was not, else `AnswerLost`."""
        status = response.status_code
        if 200 <= status < 300:
            return
        if status not in _TOOK_NOTHING:
            error = self.answer_lost(f"it answered {status}", status)
            facts = self.facts(response)
            error.vendor_words, error.retry_after = facts["vendor_words"], facts["retry_after"]
            raise error
        raise self.rejection(response)

    def rejection(self, response: httpx.Response) -> ProviderError:
        """The error of an answer that took nothing."""
        facts = self.facts(response)
        special = self.refusal(response, facts["vendor_words"])
        if special is not None:
            return special
        status = response.status_code
        if status in _MOVED:
            return InvalidRequest(
                f"{self.label} says it lives at another address ({status}). Check the option “base_url”. "
                "Nothing was spent.",
                **facts,
            )
        if status in {401, 403}:
            return AuthFailed(f"{self.label} refuses the key ({status}). Nothing was spent.", **facts)
        if status == 402:
            return OutOfCredit(
                f"The account at {self.label} has too little credit. Nothing was spent.", **facts
            )
        if status == 429:
            return RateLimited(f"{self.label} asks for a pause (429). Nothing was spent.", **facts)
        return InvalidRequest(f"{self.label} refuses the request ({status}). Nothing was spent.", **facts)

    def facts(self, response: httpx.Response) -> dict[str, Any]:
        """What every error keeps of an answer."""
        return {
            "status": response.status_code,
            "retry_after": self.wait_of(response),
            "vendor_words": self.scrubbed(self.words_of(response)),
        }

    def words_of(self, response: httpx.Response) -> str:
        """The vendor's sentence in an error answer: the usual places in JSON, else the text itself."""
        answer = json_object(response)
        if answer is None:
            return response.text
        error = answer.get("error", answer.get("message"))
        if isinstance(error, dict):
            error = error.get("message")
        return error if isinstance(error, str) else ""


def _came_after_sending(exc: Exception) -> bool:
    """True when an error that looks like a failed connection may have struck after the request had left.

    The aiohttp transport reports a server that hangs up without answering as `ConnectTimeout`. Only its cause
    tells the difference, and taking it at its word would pay twice.
    """
    cause = exc.__cause__
    if cause is None or not type(cause).__module__.startswith("aiohttp"):
        return False
    return not any(kind.__name__ in _AIOHTTP_NEVER_SENT for kind in type(cause).__mro__)


def cause_in_words(exc: Exception) -> str:
    """Why a connection failed, in a person's words; what the libraries say may hold addresses and secrets."""
    if isinstance(exc, httpx.TimeoutException | TimeoutError):
        return "it took too long"
    if isinstance(exc, httpx.ConnectError | httpx.ProxyError):
        return "no connection could be made"
    if isinstance(exc, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return "its address is malformed"
    if isinstance(exc, AnswerTooLarge):
        return "its answer had no end"
    if isinstance(exc, httpx.NetworkError | httpx.RemoteProtocolError | ConnectionError):
        return "the connection broke"
    return "the connection failed in an unusual way"


def json_object(response: httpx.Response) -> dict[str, Any] | None:
    """The JSON object of an answer; None when it is anything else."""
    try:
        answer = response.json()
    except (ValueError, UnicodeError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
