"""The producer's pages: projects, shots, generating, import and export."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from reviewapp.views import (
    exports,
    generate,
    imports,
    inputs,
    learned,
    ledger,
    outgoing,
    projects,
    rescue,
    shots,
    uncertain,
)

shot_urls: list[URLPattern | URLResolver] = [
    path("", shots.shot_detail, name="shot-detail"),
    path("edit/", shots.shot_edit, name="shot-edit"),
    path("offer/", shots.shot_offer, name="shot-offer"),
    path("inputs/", inputs.input_add, name="input-add"),
    path("inputs/clip/", inputs.input_use_clip, name="input-use-clip"),
    path("inputs/<int:pk>/remove/", inputs.input_remove, name="input-remove"),
    path("inputs/<int:pk>/move/", inputs.input_move, name="input-move"),
    path("hold/", shots.shot_hold, name="shot-hold"),
    path("omit/", shots.shot_omit, name="shot-omit"),
    path("split/", rescue.shot_split, name="shot-split"),
    path("one-more-round/", rescue.shot_more, name="shot-more"),
]

receiver_urls: list[URLPattern | URLResolver] = [
    path("", outgoing.receiver, name="receiver"),
    path("edit/", outgoing.receiver_edit, name="receiver-edit"),
    path("test/", outgoing.receiver_test, name="receiver-test"),
    path("enabled/", outgoing.receiver_enabled, name="receiver-enabled"),
    path("secret/", outgoing.receiver_secret, name="receiver-secret"),
    path("remove/", outgoing.receiver_remove, name="receiver-remove"),
    path("deliveries/<int:pk>/again/", outgoing.delivery_again, name="delivery-again"),
]

project_urls: list[URLPattern | URLResolver] = [
    path("", shots.shot_list, name="shot-list"),
    path("rows/", shots.shot_rows, name="shot-rows"),
    path("new-shot/", shots.shot_new, name="shot-new"),
    path("new-shot/offer/", shots.shot_offer, name="shot-new-offer"),
    path("shots/<str:code>/", include(shot_urls)),
    path("generate/", generate.generate, name="generate"),
    path("generate/quote/", generate.generate_quote, name="generate-quote"),
    path("import/", imports.import_shots, name="shot-import"),
    path("import/apply/", imports.import_apply, name="shot-import-apply"),
    path("import/wrong-lines.csv", imports.import_wrong, name="shot-import-wrong"),
    path("import/template.csv", imports.import_template, name="shot-import-template"),
    path("export/shots.csv", exports.export_shots, name="export-shots"),
    path("export/clips.zip", exports.export_clips, name="export-clips"),
    path("uncertain/", uncertain.project_calls, name="project-uncertain"),
    path("ledger/", ledger.project_ledger, name="project-ledger"),
    path("ledger/lines.csv", ledger.project_ledger_csv, name="project-ledger-csv"),
    path("settings/", projects.project_settings, name="project-settings"),
    path("learned/", learned.project_learned, name="project-learned"),
    path("learned/accept/", learned.finding_accept, name="finding-accept"),
    path("receivers/", outgoing.receivers_list, name="receiver-list"),
    path("receivers/new/", outgoing.receiver_new, name="receiver-new"),
    path("receivers/<uuid:uid>/", include(receiver_urls)),
    path("members/", projects.member_add, name="member-add"),
    path("members/<int:pk>/role/", projects.member_role, name="member-role"),
    path("members/<int:pk>/remove/", projects.member_remove, name="member-remove"),
]

candidate_urls: list[URLPattern | URLResolver] = [
    path("accept/", rescue.candidate_accept, name="candidate-accept"),
    path("again/", rescue.candidate_again, name="candidate-again"),
    path("made/", uncertain.candidate_made, name="candidate-made"),
    path("not-made/", uncertain.candidate_not_made, name="candidate-not-made"),
]

producer_urls: list[URLPattern | URLResolver] = [
    # The list stands where every project's pages stand below it, so that the menu marks it on all of them.
    path("p/", projects.project_list, name="project-list"),
    path("p/new/", projects.project_new, name="project-new"),
    path("p/new/offer/", projects.project_offer, name="project-offer"),
    path("p/<slug:slug>/", include(project_urls)),
    path("c/<uuid:uid>/", include(candidate_urls)),
]
