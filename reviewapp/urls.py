"""Every page's address. A room's pages stand together; names are noun-verb."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from reviewapp.urls_notices import notice_urls
from reviewapp.urls_producer import producer_urls
from reviewapp.urls_review import review_urls
from reviewapp.views import (
    auth,
    health,
    hooks,
    keys,
    ledger,
    live,
    media,
    models,
    push,
    site,
    status,
    uncertain,
)

handler500 = "reviewapp.views.errors.broken"

account_urls: list[URLPattern | URLResolver] = [
    path("sign-in/", auth.SignIn.as_view(), name="login"),
    path("sign-in/demo/<slug:username>/", auth.demo_sign_in, name="demo-sign-in"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("password/", auth.ChangePassword.as_view(), name="password-change"),
]

site_urls: list[URLPattern | URLResolver] = [
    path("people/", site.people_list, name="people-list"),
    path("people/new/", site.person_add, name="person-add"),
    path("people/<int:pk>/", site.person, name="person"),
    path("people/<int:pk>/active/", site.person_active, name="person-active"),
    path("people/<int:pk>/admin/", site.person_admin, name="person-admin"),
    path("people/<int:pk>/password/", site.person_password, name="person-password"),
    path("keys/", keys.key_list, name="key-list"),
    path("keys/new/", keys.key_add, name="key-add"),
    path("keys/<int:pk>/", keys.key_edit, name="key-edit"),
    path("keys/<int:pk>/row/", keys.key_row, name="key-row"),
    path("keys/<int:pk>/enabled/", keys.key_enabled, name="key-enabled"),
    path("keys/<int:pk>/test/", keys.key_test, name="key-test"),
    path("keys/<int:pk>/delete/", keys.key_delete, name="key-delete"),
    path("costs/", site.costs, name="costs"),
    path("uncertain/", uncertain.site_calls, name="site-uncertain"),
    path("ledger/", ledger.site_ledger, name="site-ledger"),
    path("ledger/lines.csv", ledger.site_ledger_csv, name="site-ledger-csv"),
    path("audit/", site.audit_log, name="audit-log"),
    path("status/", status.status, name="site-status"),
]

media_urls: list[URLPattern | URLResolver] = [
    path("clip.mp4", media.clip, name="clip"),
    path("original", media.original, name="original"),
    path("small.mp4", media.small, name="small"),
    path("poster.jpg", media.poster, name="poster"),
    path("filmstrip.jpg", media.filmstrip, name="filmstrip"),
    path("filmstrip.vtt", media.filmstrip_index, name="filmstrip-index"),
]

hook_urls: list[URLPattern | URLResolver] = [
    path("<slug:provider>/", hooks.receive, name="webhook"),
    path("<slug:provider>/<str:token>/", hooks.receive, name="webhook-token"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", auth.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("live/", live.live, name="live"),
    path("sw.js", push.service_worker, name="service-worker"),
    path("push/on/", push.push_subscribe, name="push-subscribe"),
    path("push/off/", push.push_unsubscribe, name="push-unsubscribe"),
    path("push/<int:pk>/remove/", push.push_remove, name="push-remove"),
    path("notices/", include(notice_urls)),
    path("", include(account_urls)),
    path("site/", include(site_urls)),
    path("media/<uuid:uid>/", include(media_urls)),
    path("media/inputs/<int:pk>/", media.shot_input, name="shot-input"),
    path("models/", models.model_list, name="model-list"),
    path("hooks/", include(hook_urls)),
    path("", include(producer_urls)),
    path("", include(review_urls)),
]
