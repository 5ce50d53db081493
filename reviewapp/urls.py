"""Every page's address. A room's pages stand together; names are noun-verb."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView, PasswordChangeView
from django.urls import URLPattern, URLResolver, include, path, reverse_lazy

from reviewapp.urls_producer import producer_urls
from reviewapp.urls_review import review_urls
from reviewapp.views import auth

account_urls: list[URLPattern | URLResolver] = [
    path("sign-in/", auth.SignIn.as_view(), name="login"),
    path("sign-in/demo/<slug:username>/", auth.demo_sign_in, name="demo-sign-in"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path(
        "password/",
        PasswordChangeView.as_view(success_url=reverse_lazy("home")),
        name="password-change",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", auth.home, name="home"),
    path("", include(account_urls)),
    path("", include(producer_urls)),
    path("", include(review_urls)),
]
