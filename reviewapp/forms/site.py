"""The admin's forms: people and providers' keys. A secret goes in and never comes out again."""

from __future__ import annotations

import ipaddress
from typing import Any, cast
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from providers import registry
from reviewapp.keyring import KeyFacts
from reviewapp.models import ProviderKey, User

_IPV6_INTERNET = ipaddress.ip_network("2000::/3")
ONCE_MORE = "For safety this is never shown again, not even here. Enter it once more when the rest is right."


def _secret_input(autocomplete: str) -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": autocomplete, "spellcheck": "false"})


class DetailsForm(forms.Form):
    """What is known about a person; everything else follows from what they do."""

    full_name = forms.CharField(
        max_length=150, label="Full name", help_text="As colleagues read it beside a decision."
    )
    email = forms.EmailField(required=False, label="Email")

    def clean_full_name(self) -> str:
        return " ".join(str(self.cleaned_data["full_name"]).split())


class PasswordForm(forms.Form):
    """A new password for somebody else, who should change it after the first sign-in."""

    password = forms.CharField(
        label="New password",
        widget=_secret_input("new-password"),
        help_text=password_validators_help_text_html(),
        strip=False,
    )

    def __init__(self, *args: Any, person: User | None = None, **kwargs: Any) -> None:
        self.person = person
        super().__init__(*args, **kwargs)

    def _candidate_person(self) -> User | None:
        return self.person

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if password := data.get("password"):
            try:
                validate_password(password, self._candidate_person())
            except ValidationError as error:
                self.add_error("password", error)
            if self.errors and "password" not in self.errors:
                self.add_error("password", ONCE_MORE)
        return data


class PersonForm(DetailsForm, PasswordForm):
    """A new person, with a first password that the admin hands over."""

    username = forms.CharField(
        max_length=150,
        label="Sign-in name",
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        help_text="Letters, digits and @ . + - _ only. It cannot be changed later.",
    )
    field_order = ("username", "full_name", "email", "password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = "First password"

    def _candidate_person(self) -> User:
        data = self.cleaned_data
        return User(
            username=data.get("username", ""),
            first_name=data.get("full_name", ""),
            email=data.get("email", ""),
        )

    def clean_username(self) -> str:
        name = str(User.normalize_username(self.cleaned_data["username"]))
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(f"Somebody already signs in as {name}. Choose another name.")
        return name


class KeyForm(forms.Form):
    """One account at one provider."""

    name = forms.CharField(
        max_length=80, help_text="How colleagues recognise this account, such as “Runway, studio”."
    )
    provider = forms.ChoiceField()
    secret = forms.CharField(
        label="Key",
        max_length=10_000,
        widget=_secret_input("off"),
        help_text="Kept encrypted. It can be replaced later and never be read back.",
    )
    base_url = forms.CharField(
        label="Address",
        max_length=300,
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://", "inputmode": "url"}),
        help_text="Empty means the provider's own address. Fill it in for a gateway with the same format.",
    )
    field_order = ("name", "provider", "secret", "base_url")

    def __init__(self, *args: Any, key: ProviderKey | None = None, **kwargs: Any) -> None:
        self.key = key
        if key is not None:
            kwargs.setdefault(
                "initial", {"name": key.name, "provider": key.provider, "base_url": key.base_url}
            )
        super().__init__(*args, **kwargs)
        choices = [(name, registry.label(name)) for name in registry.names()]
        if key is not None and key.provider not in registry.names():
            choices.append((key.provider, registry.label(key.provider)))
        cast(forms.ChoiceField, self.fields["provider"]).choices = choices
        if key is not None:
            self.fields["secret"].required = False
            self.fields["secret"].label = "New key"
            ends = f" (ends in {key.last_four})" if key.last_four else ""
            self.fields["secret"].help_text = f"Leave it empty to keep the stored key{ends}."

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        namesake = ProviderKey.objects.filter(name__iexact=name).first()
        if namesake is not None and namesake != self.key:
            raise ValidationError(f"There is already a key called {name}. Choose another name.")
        return name

    def clean_secret(self) -> str:
        secret = str(self.cleaned_data["secret"]).strip()
        if secret:
            try:
                ProviderKey().set_credentials({"api_key": secret})
            except ValueError:
                raise ValidationError(
                    "This is a masked key, with its middle left out. Copy the whole key at the provider."
                ) from None
        return secret

    def clean_base_url(self) -> str:
        return check_base_url(str(self.cleaned_data["base_url"]).strip().rstrip("/"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors and data.get("secret"):
            self.add_error("secret", ONCE_MORE)
        return data

    def facts(self) -> KeyFacts:
        data = self.cleaned_data
        return KeyFacts(
            name=data["name"], provider=data["provider"], base_url=data["base_url"], secret=data["secret"]
        )


def check_base_url(url: str) -> str:
    """The address, or a ValidationError that says what is wrong with it.

    Only the text is judged, and nothing is looked up: a page must not wait for a name server.
    """
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise ValidationError(
            "This is not a web address. Write it like https://gateway.example.com/v1."
        ) from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ValidationError("Write the whole address, beginning with https://.")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValidationError(
            "Leave out names, passwords and everything from a ? or # on; the key has its own field."
        )
    authority = f"{host}:{port or (443 if parts.scheme == 'https' else 80)}"
    if authority in {name.lower() for name in settings.PRIVATE_HOSTS}:
        return url
    if parts.scheme != "https":
        raise ValidationError(
            "Only https:// is allowed: the key would travel readable to everyone on the way."
        )
    if _is_private(host):
        raise ValidationError(
            f"{host} is inside a private network. If it is meant, whoever runs this site must name "
            f"{authority} in RETAKE_PRIVATE_HOSTS first."
        )
    return url


def _is_private(host: str) -> bool:
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        # 127.1, 2130706433 and 0x7f.1 are addresses to the system, though not to the careful reader above.
        looks_numeric = last.isdigit() or last.startswith("0x")
        return (
            looks_numeric or "." not in host.rstrip(".") or last in {"localhost", "local", "internal", "lan"}
        )
    # IPv6 has several ways to wrap an IPv4 address, which may be a private one; nobody's gateway needs them.
    wrapped = ip.version == 6 and (ip not in _IPV6_INTERNET or bool(ip.sixtofour or ip.teredo))
    return wrapped or not ip.is_global or ip.is_multicast
