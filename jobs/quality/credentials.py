"""The content credentials of a file: who signed it, what made it, and whether it is as it was signed.

Read from the vendor's own bytes, as every copy loses them. Nothing is ever asked of the network: credentials
that are kept elsewhere are not fetched, and no revocation is looked up.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

from jobs.quality import crossing, guarded
from jobs.quality.credential_words import UNTRUSTED, source_kind, why_not
from jobs.quality.report import NotPlayable

State = Literal["trusted", "valid", "invalid", "none", "unread"]
_STATES: Final[Mapping[str, State]] = {"Trusted": "trusted", "Valid": "valid", "Invalid": "invalid"}
_OFFLINE: Final = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"allowed_network_hosts": []},
}
_NOTHING: Final = "The file carries no content credentials."
# What credentials are kept under in a file (an MP4's own box, JUMBF elsewhere), or named by elsewhere.
_SIGNS: Final = (bytes.fromhex("d8fec3d61b0e483c92975828877ec481"), b"jumb", b"dcterms:provenance")
_LONGEST: Final = 120
WALL_S: Final = 20.0


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a file says of its origin, and whether that can be believed.

    `trusted`: as it was signed, by a signer that this site trusts. `valid`: as it was signed, by someone.
    `invalid`: what it says is not to be believed. `none`: it says nothing. `unread`: nobody could look.
    `why` is a sentence, empty where there is nothing to explain. The rest is the file's own word, and empty
    where it has none: `signer` and its `issuer` (the organisation), the `tool` that wrote it, the `model`
    that made it, `source` (how it came to be, in words), `made_at` as written there (ISO 8601). `manifests`
    counts the versions that it knows of itself.
    """

    state: State
    why: str = ""
    signer: str = ""
    issuer: str = ""
    tool: str = ""
    model: str = ""
    source: str = ""
    made_at: str = ""
    manifests: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def read_apart(
    path: Path,
    content_type: str,
    anchors: tuple[str, ...] = (),
    *,
    before_exec: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """`read` in the guarded child, as `Clip.credentials` keeps it: whatever the file does, there is an
    answer.
    """
    order = {"path": path, "content_type": content_type, "anchors": anchors}
    try:
        if not _mentions_any(path):
            return Credentials(state="none", why=_NOTHING).to_json()
        answer = guarded.call("credentials", order, reads=[path], wall_s=WALL_S, before_exec=before_exec)
        return _rebuilt(answer).to_json()
    except (NotPlayable, guarded.NotBegun, OSError, TypeError, ValueError, KeyError, AttributeError):
        return Credentials(state="unread", why="The content credentials could not be read.").to_json()


def _rebuilt(answer: Any) -> Credentials:
    """What the child says, made fit for a page once more: one that was taken over may say anything."""
    found = crossing.from_json(Credentials, answer)
    if found.state not in get_args(State):
        raise ValueError("there is no such state")
    texts: dict[str, Any] = {
        name: _plain(text) for name, text in asdict(found).items() if isinstance(text, str)
    }
    return replace(found, **texts)


def _mentions_any(path: Path) -> bool:
    """Whether the bytes have any sign of credentials; most files have none, and need no child to say so."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return any(content.find(sign) >= 0 for sign in _SIGNS)


def read(path: Path, content_type: str, anchors: tuple[str, ...] = ()) -> Credentials:
    """The credentials of a file. `anchors` are certificates in PEM whose signers this site trusts.

    A native library parses what may be hostile: call it in the guarded child (`read_apart`).
    """
    try:
        import c2pa
    except ImportError:
        return Credentials(
            state="unread", why="Content credentials are read once the optional parts are installed."
        )
    told = dict(_OFFLINE) | ({"trust": {"user_anchors": "\n".join(anchors)}} if anchors else {})
    try:
        with (
            c2pa.Context(c2pa.Settings.from_dict(told)) as context,
            path.open("rb") as file,
            c2pa.Reader(content_type, file, context=context) as reader,
        ):
            return _credentials(json.loads(reader.json()))
    except c2pa.C2paError.ManifestNotFound:
        return Credentials(state="none", why=_NOTHING)
    except c2pa.C2paError.NotSupported:
        return Credentials(state="none", why="Files of this kind carry no content credentials.")
    except c2pa.C2paError as error:
        elsewhere = str(error).startswith("Remote")
        kept = "The file's content credentials are kept elsewhere, and are not fetched."
        return Credentials(state="unread", why=kept if elsewhere else "The content credentials are damaged.")
    except (KeyError, TypeError, ValueError, AttributeError):
        return Credentials(state="unread", why="The content credentials have a form that is not known here.")


def _credentials(store: Mapping[str, Any]) -> Credentials:
    manifests = store["manifests"]
    active = manifests[store["active_manifest"]]
    signed = active.get("signature_info") or {}
    codes = list(_failures(store.get("validation_results") or {}))
    state = _STATES[store["validation_state"]]
    # The tool that wrote last speaks for the file; how it came to be may stand in an earlier version.
    actions = [action for one in [active, *manifests.values()] for action in _actions(one)]
    created = next((action for action in actions if source_kind(_text(action, "digitalSourceType"))), {})
    return Credentials(
        state=state,
        why="" if state == "trusted" else why_not([code for code in codes if code != UNTRUSTED] or codes),
        signer=_text(signed, "common_name"),
        issuer=_text(signed, "issuer"),
        tool=_tool(active),
        model=_named(created.get("softwareAgent")),
        source=source_kind(_text(created, "digitalSourceType")),
        made_at=_text(signed, "time") or _text(created, "when"),
        manifests=len(manifests),
    )


def _failures(results: Mapping[str, Any]) -> Iterator[str]:
    """The codes of all that failed, of the file itself first and of earlier versions after."""
    deltas = [delta.get("validationDeltas") or {} for delta in results.get("ingredientDeltas") or []]
    for one in [results.get("activeManifest") or {}, *deltas]:
        for failure in one.get("failure") or []:
            yield str(failure.get("code", ""))


def _actions(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for assertion in manifest.get("assertions") or []:
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            yield from assertion["data"].get("actions") or []


def _tool(manifest: Mapping[str, Any]) -> str:
    generators = manifest.get("claim_generator_info") or [manifest.get("claim_generator")]
    return _named(generators[0])


def _named(agent: object) -> str:
    """A name with its version, from either of the two forms that there are."""
    if isinstance(agent, Mapping):
        return _plain(f"{agent.get('name') or ''} {agent.get('version') or ''}")
    return _plain(agent) if isinstance(agent, str) else ""


def _text(row: Mapping[str, Any], name: str) -> str:
    return _plain(str(row.get(name) or ""))


def _plain(text: str) -> str:
    """A stranger's word made fit for a line on a page."""
    clean = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(clean.split())[:_LONGEST]
