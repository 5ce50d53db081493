"""What people are told, and how they want to be told."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from reviewapp.views import notices

notice_urls: list[URLPattern | URLResolver] = [
    path("", notices.notice_list, name="notice-list"),
    path("bell/", notices.notice_bell, name="notice-bell"),
    path("seen/", notices.notice_all_seen, name="notice-all-seen"),
    path("<int:pk>/", notices.notice_open, name="notice-open"),
    path("choices/", notices.notice_choices, name="notice-choices"),
    path("choices/<slug:slug>/", notices.notice_choices_project, name="notice-choices-project"),
    path("choices/<slug:slug>/usual/", notices.notice_choices_usual, name="notice-choices-usual"),
    path("address/", notices.address_ask, name="address-ask"),
    path("address/<str:token>/", notices.address_confirm, name="address-confirm"),
    path("stop/<str:token>/", notices.mail_stop, name="mail-stop"),
]
