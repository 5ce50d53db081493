"""What a key of the sandbox is made of, vendor by vendor: for the demo, and for tests of the whole app.

Each opens the sandbox of one folder and nothing anywhere else.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from providers.sandbox.google_account import service_account
from providers.sandbox.store import Store

Credentials = Mapping[str, str]


def _runway(store: Store, url: str) -> Credentials:
    return {"api_key": f"key_{secrets.token_hex(64)}"}


def _veo(store: Store, url: str) -> Credentials:
    return {"service_account": json.dumps(service_account(store, url))}


def _gemini(store: Store, url: str) -> Credentials:
    return {"api_key": f"AIza{secrets.token_hex(16)}"}


def _kling(store: Store, url: str) -> Credentials:
    return {"api_key": secrets.token_hex(24)}


def _runcrate(store: Store, url: str) -> Credentials:
    return {"api_key": f"rc_live_{secrets.token_hex(16)}"}


def _fal(store: Store, url: str) -> Credentials:
    return {"api_key": f"{secrets.token_hex(8)}:{secrets.token_hex(16)}"}


def _comfyui(store: Store, url: str) -> Credentials:
    return {}


def _sora(store: Store, url: str) -> Credentials:
    return {"api_key": f"sk-{secrets.token_hex(24)}"}


def _luma(store: Store, url: str) -> Credentials:
    return {"api_key": f"luma-{secrets.token_hex(24)}"}


# By the catalogue's names: the path below the sandbox's root, and what a fresh key consists of.
ACCOUNTS: Mapping[str, tuple[str, Callable[[Store, str], Credentials]]] = {
    "runway": ("/runway", _runway),
    "veo": ("/vertex", _veo),
    "gemini": ("/google", _gemini),
    "kling": ("/kling", _kling),
    "runcrate": ("/runcrate", _runcrate),
    "fal": ("/fal", _fal),
    "comfyui": ("/comfyui", _comfyui),
    "sora": ("/openai/v1", _sora),
    "luma": ("/luma", _luma),
}


def fresh_account(vendor: str, folder: Path, url: str) -> tuple[str, Credentials]:
    """The address of a vendor in the sandbox at `url` whose data are in `folder`, and a fresh key of it."""
    path, make = ACCOUNTS[vendor]
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(folder)
    try:
        return f"{url}{path}", make(store, url)
    finally:
        store.close()
