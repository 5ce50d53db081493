"""The producer's pages: projects, shots, generating."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

producer_urls: list[URLPattern | URLResolver] = []
