"""The form of a provider's key, built from what the catalogue says a key of that vendor consists of.

A secret goes in and never comes out again: no answer holds what was typed into such a field.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.html import escape
from django.views.decorators.debug import sensitive_variables

from providers.catalog import Credential, Vendor
from reviewapp.credentials import lacking
from reviewapp.forms.addresses import check_base_url
from reviewapp.forms.secrets import (
    SecretField,
    clean_secret,
    forget_name,
    lowered,
    missing_words,
    option_name,
    secret_name,
)
from reviewapp.forms.site import ONCE_MORE
from reviewapp.keyring import KeyFacts, Limits, kept_names, limits_of, stored_names
from reviewapp.models import BudgetMode, ProviderKey

# max_digits and the two after it are what Django calls a number that is too long.
_AMOUNT = dict.fromkeys(
    ("invalid", "min_value", "max_digits", "max_whole_digits", "max_decimal_places"),
    "Write an amount in US dollars from 0 up, such as 120.50.",
)
_COUNT = dict.fromkeys(("invalid", "min_value", "max_value"), "Write a whole number from 1 to 100,000.")


class LimitsForm(forms.Form):
    """What one account may do. It is all there is to change about a key from the environment."""

    budget_usd = forms.DecimalField(
        label="Budget, $",
        required=False,
        min_value=0,
        max_digits=10,
        decimal_places=2,
        error_messages=_AMOUNT,
        help_text="For all time. Empty: no budget of its own.",
    )
    daily_budget_usd = forms.DecimalField(
        label="Daily budget, $",
        required=False,
        min_value=0,
        max_digits=10,
        decimal_places=2,
        error_messages=_AMOUNT,
        help_text="For the calls of one day, which begins at midnight UTC. Empty: none.",
    )
    budget_mode = forms.ChoiceField(
        label="At a budget",
        choices=BudgetMode.choices,
        required=False,
        initial=BudgetMode.CAP,
        error_messages={"invalid_choice": "Choose observe, warn or cap."},
        help_text="Holds for both budgets. Under a cap, clips without room wait for it.",
    )
    concurrency = forms.IntegerField(
        label="Clips at once", required=False, min_value=1, max_value=100_000, error_messages=_COUNT
    )
    requests_per_minute = forms.IntegerField(
        label="New clips a minute", required=False, min_value=1, max_value=100_000, error_messages=_COUNT
    )

    def __init__(
        self, *args: Any, vendor: Vendor | None = None, key: ProviderKey | None = None, **kwargs: Any
    ) -> None:
        self.vendor, self.key = vendor, key
        if key is not None:
            kwargs["initial"] = vars(limits_of(key)) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        usual = (
            ("concurrency", vendor.concurrency if vendor else None),
            ("requests_per_minute", vendor.requests_per_minute if vendor else None),
        )
        for name, limit in usual:
            words = _usual_words(vendor, limit)
            self.fields[name].help_text = f"Empty: {words}."

    def clean_budget_mode(self) -> str:
        now = self.key.budget_mode if self.key is not None else BudgetMode.CAP
        return str(self.cleaned_data["budget_mode"] or now)

    def limits(self) -> Limits:
        return Limits(**{name: self.cleaned_data[name] for name in LimitsForm.base_fields})

    def limit_fields(self) -> list[BoundField]:
        return [self[name] for name in LimitsForm.base_fields]


class KeyForm(LimitsForm):
    """One account at one vendor."""

    name = forms.CharField(
        max_length=80,
        help_text="How colleagues recognise this account, such as “Studio, second unit”.",
        error_messages={"required": "Give the account a name."},
    )
    base_url = forms.CharField(
        label="Address",
        max_length=300,
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://", "inputmode": "url"}),
        error_messages={"required": "Give the address of a gateway that speaks the format."},
    )

    def __init__(self, *args: Any, vendor: Vendor, key: ProviderKey | None = None, **kwargs: Any) -> None:
        self.stored = stored_names(key) if key is not None else frozenset[str]()
        if key is not None:
            own = {option_name(one): key.options.get(one.name, "") for one in vendor.credentials}
            kwargs["initial"] = {"name": key.name, "base_url": key.base_url} | own
        super().__init__(*args, vendor=vendor, key=key, **kwargs)
        self.its_vendor = vendor
        self.closed = vendor.is_retired(date.today())
        address = self.fields["base_url"]
        address.required = self.closed
        address.help_text = self._address_words()
        for one in vendor.credentials:
            self._add_credential(one)

    def _address_words(self) -> str:
        if self.closed:
            return "Of a gateway that speaks the same format."
        if self.its_vendor.free:
            return f"Where your own server answers. Empty: {self.its_vendor.base_url}."
        return f"Empty: {self.its_vendor.base_url}. Fill it in for a gateway with the same format."

    def _add_credential(self, one: Credential) -> None:
        """A field that is empty for a secret, and shows what is not."""
        if not one.secret:
            self.fields[option_name(one)] = forms.CharField(
                label=one.label,
                help_text=one.help,
                required=one.required,
                max_length=300,
                error_messages={"required": missing_words(one)},
            )
            return
        stored = one.name in self.stored
        words = self._stored_words(one) if stored else one.help
        self.fields[secret_name(one)] = SecretField(one, stored=stored, help_text=words)
        if stored and not lacking(self.its_vendor, self.stored - {one.name}):
            self.fields[forget_name(one)] = forms.BooleanField(
                label=f"Remove the stored {lowered(one.label)}", required=False
            )

    def _stored_words(self, one: Credential) -> str:
        first = next((each.name for each in self.its_vendor.credentials if each.name in self.stored), "")
        last_four = self.key.last_four if self.key and one.name == first else ""
        ends = f", ends in {escape(last_four)}" if last_four else ""
        return f"Stored{ends}. Leave this empty to keep it."

    @property
    def secrets(self) -> list[Credential]:
        return [one for one in self.its_vendor.credentials if one.secret]

    def account_fields(self) -> list[BoundField]:
        """The credentials in the vendor's order, each with its box to remove it."""
        names = [
            name
            for one in self.its_vendor.credentials
            for name in (secret_name(one), option_name(one), forget_name(one))
        ]
        return [self[name] for name in names if name in self.fields]

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        namesake = ProviderKey.objects.filter(name__iexact=name).first()
        if namesake is not None and namesake != self.key:
            raise ValidationError(f"There is already a key called {name}. Choose another name.")
        return name

    def clean_base_url(self) -> str:
        url = check_base_url(str(self.cleaned_data["base_url"]).strip().rstrip("/"))
        if self.closed and _origin(url) == _origin(self.its_vendor.base_url):
            raise ValidationError(self.its_vendor.retired_words)
        return url

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.typed = {}
        for one in self.secrets:
            try:
                if value := clean_secret(one, str(data.get(secret_name(one)) or "")):
                    self.typed[one.name] = value
            except ValidationError as error:
                self.add_error(secret_name(one), error)
        # Beside whatever else is wrong, so that nobody is sent back twice.
        if not any(secret_name(one) in self.errors for one in self.secrets):
            self._insist_on_a_whole_key()
        if self.errors:
            for one in self.secrets:
                if one.name in self.typed and secret_name(one) not in self.errors:
                    self.add_error(secret_name(one), ONCE_MORE)
        return data

    def _insist_on_a_whole_key(self) -> None:
        kept = [
            name
            for name in kept_names(self.its_vendor, self.stored, self.typed)
            if name not in self._forgotten()
        ]
        # An address that was refused changes nothing yet.
        address = self.cleaned_data.get("base_url", self.key.base_url if self.key else "")
        elsewhere = self.key is not None and _origin(address or self.its_vendor.base_url) != _origin(
            self.key.base_url or self.its_vendor.base_url
        )
        for one in self.secrets:
            if elsewhere and one.name in kept:
                # Whoever may change an address could else have the key, which nobody may read, sent to them.
                self.add_error(
                    secret_name(one),
                    "The address is another one now, and a stored key is only ever sent where it was entered "
                    "for. Enter it again.",
                )
        for name in lacking(self.its_vendor, [*kept, *self.typed]):
            self.add_error(f"secret_{name}", self._needed(name))

    def _needed(self, name: str) -> str:
        one = next(each for each in self.its_vendor.credentials if each.name == name)
        group = one.either.partition(":")[0]
        if not group:
            return missing_words(one)
        ways: dict[str, list[str]] = {}
        for each in self.its_vendor.credentials:
            if each.either.partition(":")[0] == group:
                ways.setdefault(each.either, []).append(each.label)
        return f"Enter {', or '.join(' and '.join(labels) for labels in ways.values())}."

    def _forgotten(self) -> frozenset[str]:
        return frozenset(one.name for one in self.secrets if self.cleaned_data.get(forget_name(one)))

    def facts(self) -> KeyFacts:
        data = self.cleaned_data
        options = {
            one.name: data[option_name(one)]
            for one in self.its_vendor.credentials
            if not one.secret and data[option_name(one)]
        }
        return KeyFacts(
            name=data["name"],
            provider=self.its_vendor.name,
            base_url=data["base_url"],
            secrets=self.typed,
            forget=self._forgotten(),
            options=options,
            limits=self.limits(),
        )


def _usual_words(vendor: Vendor | None, limit: int | None) -> str:
    """What an empty limit means."""
    if vendor is not None and vendor.free:
        return f"{limit}" if limit else "no limit"
    return f"the vendor's usual {limit}" if limit else "no limit of ours; the vendor says when to wait"


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)
