"""The review room's pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from reviewapp.views import review, review_notes, review_retake

review_urls: list[URLPattern | URLResolver] = [
    path("review/", review.review_queue, name="review-queue"),
    path("review/updates/", review.review_updates, name="review-updates"),
    path("review/<uuid:uid>/", review.review_room, name="review-room"),
    path("review/<uuid:uid>/decide/", review.review_decide, name="review-decide"),
    path("review/<uuid:uid>/draft/", review.review_draft, name="review-draft"),
    path("review/<uuid:uid>/preview/", review.review_preview, name="review-preview"),
    path("review/<uuid:uid>/notes/", review_notes.note_add, name="note-add"),
    path("review/<uuid:uid>/checks/", review_notes.note_check, name="note-check"),
    path("review/decisions/<int:pk>/undo/", review.decision_undo, name="decision-undo"),
    path("review/retakes/<int:pk>/card/", review_retake.retake_show, name="retake-card"),
    path("review/retakes/<int:pk>/send/", review_retake.retake_send, name="retake-send"),
    path("review/retakes/<int:pk>/confirm/", review_retake.retake_confirm, name="retake-confirm"),
    path("review/retakes/<int:pk>/pause/", review_retake.retake_pause, name="retake-pause"),
    path("review/retakes/<int:pk>/resume/", review_retake.retake_resume, name="retake-resume"),
    path("review/retakes/<int:pk>/edit/", review_retake.retake_edit, name="retake-edit"),
]
