"""Keys from the environment: a row stands for them, so that they have limits, health and a history as others
do. The secret stays where it is and is read when it is used.

Every long-lived process reads the environment once when it starts, which costs nothing where no such
variable is set and one query where one is.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

from providers import catalog
from providers.catalog import Vendor
from reviewapp import env, keyring
from reviewapp.credentials import lacking
from reviewapp.models import AuditEntry, ProviderKey

logger = logging.getLogger(__name__)

BASE_URL = "BASE_URL"
OWN = "the vendor's own"


def variables(vendor: Vendor) -> tuple[str, ...]:
    """The names that make up a key of this vendor, its credentials first."""
    parts = [credential.name.upper() for credential in vendor.credentials]
    return tuple(f"{env.KEY_PREFIX}{vendor.name.upper()}_{part}" for part in (*parts, BASE_URL))


def read_environment() -> None:
    """Make the rows agree with this process's variables. What is wrong with those is logged, by name only."""
    if not any(name.startswith(env.KEY_PREFIX) for name in os.environ):
        return
    for problem in problems():
        logger.error("%s", problem)
    try:
        known = {key.provider: key for key in ProviderKey.objects.filter(from_environment=True)}
        for vendor in catalog.vendors():
            values = env.key_values(vendor.name)
            if values and not _still_to_set(vendor):
                _agree(vendor, known.get(vendor.name), values)
    except DatabaseError as error:
        logger.error("the keys of the environment could not be noted: %s", type(error).__name__)


@sensitive_variables()
def _agree(vendor: Vendor, key: ProviderKey | None, values: Mapping[str, str]) -> None:
    base_url, mark = values.get(BASE_URL.lower(), "").rstrip("/"), _print_of(vendor, values)
    if key is None:
        _add(vendor, base_url, mark)
        return
    told = []
    if key.base_url != base_url:
        told.append(f"address: {key.base_url or OWN} → {base_url or OWN}")
    if key.secret_print and key.secret_print != mark:
        told.append("its secrets in the environment were changed")
    facts: dict[str, Any] = {"base_url": base_url, "secret_print": mark}
    facts |= {"account_changed_at": timezone.now()} if told else {}
    # Of several processes that start at once, one finds the row as it was and tells.
    found = ProviderKey.objects.filter(pk=key.pk, base_url=key.base_url, secret_print=key.secret_print)
    with transaction.atomic():
        if found.exclude(base_url=base_url, secret_print=mark).update(**facts) and told:
            AuditEntry.record(None, keyring.CHANGED_KEY, key.name, "; ".join(told))


@sensitive_variables()
def _print_of(vendor: Vendor, values: Mapping[str, str]) -> str:
    """What tells whether the secrets are still the same, and nothing else: it is made with the site's own
    secret and does not lead back.
    """
    secrets = {one.name: values.get(one.name, "") for one in vendor.credentials}
    return salted_hmac(
        "retake.environment_keys", json.dumps(secrets, sort_keys=True), algorithm="sha256"
    ).hexdigest()


def _add(vendor: Vendor, base_url: str, mark: str) -> None:
    name = f"{vendor.label} (environment)"
    if ProviderKey.objects.filter(name__iexact=name).exists():
        name = f"{name} 2"
    try:
        with transaction.atomic():
            ProviderKey.objects.create(
                name=name, provider=vendor.name, base_url=base_url, from_environment=True, secret_print=mark
            )
            AuditEntry.record(None, "added key", name, "from the environment")
    except IntegrityError:
        # Another process that starts at the same moment has made the very same row.
        return


def _still_to_set(vendor: Vendor) -> list[str]:
    """The variables without which those that are set make no whole key."""
    prefix = f"{env.KEY_PREFIX}{vendor.name.upper()}_"
    return [f"{prefix}{name.upper()}" for name in lacking(vendor, env.key_values(vendor.name))]


def problems() -> list[str]:
    """What is wrong with the variables of keys, as sentences without a value."""
    known = {name for vendor in catalog.vendors() for name in variables(vendor)}
    given = sorted(name for name in os.environ if name.startswith(env.KEY_PREFIX))
    told = []
    for name in given:
        if name.removesuffix("_FILE") not in known:
            told.append(f"{name} is no variable of any provider's key; docs/settings.md lists them.")
            continue
        try:
            env.secret(name.removesuffix("_FILE"))
        except ImproperlyConfigured as error:
            told.append(str(error))
    for vendor in catalog.vendors():
        if env.key_values(vendor.name) and (missing := _still_to_set(vendor)):
            told.append(f"{vendor.label}'s key in the environment is not whole: set {', '.join(missing)}.")
    return told
