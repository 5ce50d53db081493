"""The review room's pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

review_urls: list[URLPattern | URLResolver] = []
