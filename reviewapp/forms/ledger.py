"""Which lines of the ledger somebody wants to see."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import Exists, OuterRef, Q

from reviewapp.models import LedgerEntry, Project, ProviderKey


class LedgerForm(forms.Form):
    """Every field may stay empty. What is wrong is said at its field, and no line is shown until it is
    mended.
    """

    shot = forms.CharField(required=False, max_length=40, label="Shot", strip=True)
    key = forms.ModelChoiceField(
        ProviderKey.objects.none(), required=False, label="Key", empty_label="Every key"
    )
    day = forms.DateField(
        required=False,
        label="Day (UTC)",
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "Write the day as 2026-11-20."},
    )
    kind = forms.ChoiceField(
        required=False, label="Kind", choices=[("", "Every kind"), *LedgerEntry.Kind.choices]
    )
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def __init__(self, data: Any, project: Project | None) -> None:
        super().__init__(data)
        self.project = project
        paid = LedgerEntry.objects.filter(key=OuterRef("pk"))
        if project is not None:
            paid = paid.filter(project=project)
        keys = cast("forms.ModelChoiceField[ProviderKey]", self.fields["key"])
        keys.queryset = ProviderKey.objects.filter(Exists(paid))
        # Its end would tell a producer more about an account than its name.
        keys.label_from_instance = lambda obj: obj.name  # type: ignore[method-assign]
        for field in self.fields.values():
            field.says_optional = False  # type: ignore[attr-defined]

    def where(self) -> Q:
        """The wanted lines; of one project where the page is a project's."""
        data = self.cleaned_data
        found = Q() if self.project is None else Q(project=self.project)
        if data["shot"]:
            found &= Q(shot__code__iexact=data["shot"])
        for name in ("key", "day", "kind"):
            if data[name]:
                found &= Q(**{name: data[name]})
        return found
