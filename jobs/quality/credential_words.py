"""What the codes of content credentials mean, in words for people: those of C2PA 2.2 and of IPTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

# https://cv.iptc.org/newscodes/digitalsourcetype/
_SOURCES: Final = {
    "trainedAlgorithmicMedia": "made by a trained model",
    "compositeWithTrainedAlgorithmicMedia": "put together with parts that a trained model made",
    "compositeSynthetic": "put together with parts that a program made",
    "compositeCapture": "put together from several recordings",
    "composite": "put together from several works",
    "algorithmicMedia": "made by a program that was not trained",
    "algorithmicallyEnhanced": "a recording that a program changed",
    "dataDrivenMedia": "made by a program from data",
    "digitalCapture": "recorded with a digital camera",
    "computationalCapture": "recorded with a camera that computes its pictures",
    "digitalCreation": "drawn by a person with a computer",
    "digitalArt": "drawn by a person with a computer",
    "humanEdits": "changed by a person",
    "minorHumanEdits": "changed a little by a person",
    "screenCapture": "recorded from a screen",
    "virtualRecording": "recorded in a virtual scene",
    "negativeFilm": "digitised from film",
    "positiveFilm": "digitised from film",
    "print": "digitised from a print",
}
UNTRUSTED: Final = "signingCredential.untrusted"
# The first that fits is said, so what weighs most stands first.
_FAILURES: Final = {
    "The file was changed after it was signed.": (
        "assertion.bmffHash", "assertion.dataHash", "assertion.boxesHash", "assertion.collectionHash",
    ),
    "What the credentials say was changed after it was signed.": (
        "assertion.hashedURI", "assertion.missing", "assertion.undeclared", "claim.missing",
        "claim.hardBindings",
    ),
    "The signer's certificate was withdrawn.": (
        "signingCredential.ocsp.revoked", "signingCredential.revoked",
    ),
    "The signer's certificate had run out.": ("signingCredential.expired", "claimSignature.outsideValidity"),
    "The signature does not fit the credentials.": ("claimSignature",),
    "The signer's certificate is none for content credentials.": ("signingCredential.invalid",),
    "The signer is not known here.": (UNTRUSTED,),
    "The time of the signature does not check out.": ("timeStamp",),
    "What the credentials say of an earlier version does not check out.": ("ingredient", "manifest"),
    "The credentials use a kind of signature that is not known here.": ("algorithm",),
}  # fmt: skip


def source_kind(address: str) -> str:
    """What a digital source type says of how the work came to be; empty for one that is not known here."""
    return _SOURCES.get(address.rstrip("/").rsplit("/", 1)[-1], "")


def why_not(codes: Sequence[str]) -> str:
    """The gravest of what failed, as a sentence."""
    for sentence, beginnings in _FAILURES.items():
        if any(code.startswith(beginnings) for code in codes):
            return sentence
    return "The credentials do not check out."
