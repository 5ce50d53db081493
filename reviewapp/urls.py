"""Every page's address. A room's pages stand together; names are verb-noun."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
