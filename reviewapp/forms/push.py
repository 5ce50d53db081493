"""What a browser says of itself when push is switched on in it: checked before anything is kept."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode

from cryptography.hazmat.primitives.asymmetric import ec
from django import forms
from django.core.exceptions import ValidationError

from reviewapp.forms.addresses import check_receiver_url


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise ValidationError("This is no key of a browser.") from None


class SubscriptionForm(forms.Form):
    """An address at the browser's push service, and the keys that messages to it are encrypted with."""

    endpoint = forms.CharField(max_length=600)
    p256dh = forms.CharField(max_length=120)
    auth = forms.CharField(max_length=40)

    def clean_endpoint(self) -> str:
        return check_receiver_url(self.cleaned_data["endpoint"])

    def clean_p256dh(self) -> str:
        text: str = self.cleaned_data["p256dh"]
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(text))
        except ValueError:
            raise ValidationError("This is no key of a browser.") from None
        return text

    def clean_auth(self) -> str:
        text: str = self.cleaned_data["auth"]
        if len(_decoded(text)) != 16:
            raise ValidationError("This is no key of a browser.")
        return text
