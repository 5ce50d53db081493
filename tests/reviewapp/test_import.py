"""The import: what is handed in, what is shown, and that exactly this is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from reviewapp.forms.imports import pack, unpack
from reviewapp.models import AuditEntry, Project, Shot, User
from reviewapp.shotlist.decoding import MAX_BYTES
from reviewapp.shotlist.lines import BadValue, EngineNames, read_engine
from tests.cast import signed_in
from tests.reviewapp.stages import asked

HEADER = "code,sequence,prompt,duration\n"


def hand_in(client: Any, project: Project, text: str) -> Any:
    return client.post(reverse("shot-import", args=[project.slug]), {"text": text})


def upload(client: Any, project: Project, data: bytes, name: str = "shots.csv") -> Any:
    return client.post(reverse("shot-import", args=[project.slug]), {"file": SimpleUploadedFile(name, data)})


def confirm(client: Any, project: Project, preview: Any) -> Any:
    data = {key: preview.context[key] for key in ("packed", "fingerprint")}
    return client.post(reverse("shot-import-apply", args=[project.slug]), data)


def counts(preview: Any) -> dict[str, int]:
    return {group["kind"]: group["count"] for group in preview.context["groups"]}


def codes(project: Project) -> list[str]:
    return list(project.shots.values_list("code", flat=True))


def test_it_shows_everything_and_writes_nothing_before_the_confirmation(shot: Shot, alice: User) -> None:
    text = HEADER + f"{shot.code},SQ010,Another boat.,5\nNEW1,SQ010,A lighthouse.,\nBAD,,,x\n"
    preview = hand_in(signed_in(alice), shot.project, text)
    page = preview.content.decode()
    assert counts(preview) == {"new": 1, "changed": 1, "unchanged": 0, "wrong": 1}
    assert "<del>A red boat crosses the harbour" in page
    assert "<ins>Another boat.</ins>" in page
    assert "The prompt is missing." in page
    assert "Import 2 shots, leave out 1 wrong line" in page
    assert codes(shot.project) == [shot.code]
    shot.refresh_from_db()
    assert shot.prompt.startswith("A red boat")


def test_the_confirmation_does_exactly_what_was_shown(shot: Shot, alice: User) -> None:
    client = signed_in(alice)
    text = HEADER + f"{shot.code.lower()},SQ020,Another boat.,2;5\n0010,SQ010,A lighthouse.,\n".replace(
        ";", "."
    )
    answer = confirm(client, shot.project, hand_in(client, shot.project, text))
    assert answer.headers["Location"] == reverse("shot-list", args=[shot.project.slug])
    shot.refresh_from_db()
    assert (shot.code, shot.sequence, shot.prompt) == ("SQ010_SH0010", "SQ020", "Another boat.")
    assert shot.duration_s == Decimal("2.50")
    made = Shot.objects.get(code="0010")
    assert (made.duration_s, made.aspect) == (shot.project.duration_s, shot.project.aspect)
    assert (
        AuditEntry.objects.get(action="imported shots", by=alice).detail == "1 new, 1 changed, 0 wrong of 2"
    )


def test_it_never_deletes_a_shot_that_the_file_has_not(make_shot: Callable[..., Shot], alice: User) -> None:
    first, second = make_shot(), make_shot()
    client = signed_in(alice)
    confirm(client, first.project, hand_in(client, first.project, HEADER + f"{first.code},,New words.,\n"))
    assert codes(first.project) == [first.code, second.code]


def test_a_new_line_takes_its_place_behind_the_line_before_it(
    make_shot: Callable[..., Shot], alice: User
) -> None:
    first, second = make_shot(), make_shot()
    client = signed_in(alice)
    text = f"code,prompt\n{first.code},{'x'}\nBETWEEN,x\n{second.code},x\nLAST,x\n"
    confirm(client, first.project, hand_in(client, first.project, text))
    assert codes(first.project) == [first.code, "BETWEEN", second.code, "LAST"]


def test_a_list_that_changed_since_the_preview_is_shown_anew(shot: Shot, alice: User) -> None:
    client = signed_in(alice)
    preview = hand_in(client, shot.project, HEADER + f"{shot.code},SQ010,Another boat.,5\n")
    Shot.objects.update(prompt="Somebody else was here.")
    answer = confirm(client, shot.project, preview)
    assert answer.status_code == 409
    assert "has changed since this preview" in answer.content.decode()
    assert "Somebody else was here." in answer.content.decode()
    shot.refresh_from_db()
    assert shot.prompt == "Somebody else was here."
    confirm(client, shot.project, answer)
    shot.refresh_from_db()
    assert shot.prompt == "Another boat."


def test_a_second_confirmation_finds_nothing_left_to_do(project: Project, alice: User) -> None:
    client = signed_in(alice)
    preview = hand_in(client, project, "code,prompt\nA,b\n")
    confirm(client, project, preview)
    assert confirm(client, project, preview).status_code == 409
    assert codes(project) == ["A"]


def test_it_points_out_another_prompt_for_a_shot_with_clips(shot: Shot, alice: User) -> None:
    asked(shot, alice)
    preview = hand_in(signed_in(alice), shot.project, f"code,prompt\n{shot.code},Another.\n")
    assert "clips of the old prompt" in preview.content.decode()


def test_the_wrong_lines_come_back_as_csv_with_their_reasons(project: Project, alice: User) -> None:
    client = signed_in(alice)
    preview = hand_in(client, project, "code,prompt\nA,\nB,fine\n=x,y\n")
    data = {key: preview.context[key] for key in ("packed", "fingerprint")}
    answer = client.post(reverse("shot-import-wrong", args=[project.slug]), data)
    lines = answer.content.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "line,reason,code,prompt"
    assert lines[1].startswith("2,The prompt is missing.,A")
    assert "'=x" in lines[2]
    assert "B,fine" not in "".join(lines)
    assert "attachment" in answer.headers["Content-Disposition"]


def test_what_was_exported_is_unchanged_when_it_comes_in_again(
    make_shot: Callable[..., Shot], alice: User
) -> None:
    make_shot(code="0010", prompt="=1+1 boats, “two”;\nnext line", acceptance="a\r\nb", duration_s="2.50")
    make_shot(prompt="'quoted", negative_prompt="-minus", sequence="", model="veo3.1")
    make_shot(provider="runway", model="gen3a_turbo")
    make_shot(routing="cheapest")
    client, project = signed_in(alice), Project.objects.get()
    exported = client.get(reverse("export-shots", args=[project.slug]))
    preview = upload(client, project, exported.content)
    assert counts(preview) == {"new": 0, "changed": 0, "unchanged": 4, "wrong": 0}
    assert "Nothing to import" in preview.content.decode()


@pytest.mark.parametrize(
    ("cells", "columns"),
    [
        (",", ("", "", "")),
        ("gen4.5,", ("chosen", "runway", "gen4.5")),
        ("Runway Gen-4.5,", ("chosen", "runway", "gen4.5")),
        ("RUNWAY/GEN4.5,", ("chosen", "runway", "gen4.5")),
        ("gen4.5,Runway", ("chosen", "runway", "gen4.5")),
        ("policy:cheapest_4k,", ("cheapest_4k", "", "")),
        ("The cheapest,", ("cheapest", "", "")),
    ],
)
def test_a_model_may_be_written_in_every_way_that_names_it(
    project: Project, alice: User, cells: str, columns: tuple[str, str, str]
) -> None:
    client = signed_in(alice)
    preview = hand_in(client, project, f"code,prompt,Model,Provider\nA,A boat.,{cells}\n")
    assert counts(preview)["new"] == 1, preview.content.decode()
    confirm(client, project, preview)
    shot = Shot.objects.get()
    assert (shot.routing, shot.provider, shot.model) == columns


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("nano,", "There is no model “nano” to choose."),
        ("gen4.5,kling", "There is no model “gen4.5” of kling to choose."),
        ("gen4.5,nobody", "There is no provider “nobody”."),
        (",runway", "names the provider “runway” and no model of it"),
    ],
)
def test_a_model_that_is_not_there_is_said_at_its_line(
    project: Project, alice: User, cells: str, words: str
) -> None:
    preview = hand_in(signed_in(alice), project, f"code,prompt,model,provider\nA,A boat.,{cells}\n")
    assert counts(preview)["wrong"] == 1
    assert words in preview.content.decode()


def test_a_name_of_several_models_is_not_guessed() -> None:
    names = EngineNames({"veo": ("google/veo", "fal/veo")}, {"fal": "fal"})
    with pytest.raises(BadValue, match="may mean google/veo or fal/veo"):
        read_engine("Veo", "", names)
    assert read_engine("Veo", "FAL", names) == "fal/veo"


def test_a_list_can_give_a_shots_model_back_to_the_project(
    make_shot: Callable[..., Shot], alice: User
) -> None:
    shot = make_shot(provider="runway", model="veo3.1")
    client = signed_in(alice)
    preview = hand_in(
        client, shot.project, f"code,prompt,model\n{shot.code},{shot.prompt.replace(',', '')},\n"
    )
    confirm(client, shot.project, preview)
    shot.refresh_from_db()
    assert (shot.routing, shot.provider, shot.model) == ("", "", "")


def test_under_a_policy_a_line_that_no_model_can_make_is_said(project: Project, alice: User) -> None:
    Project.objects.update(routing="cheapest")
    preview = hand_in(signed_in(alice), project, HEADER + "A,,A boat.,5\nB,,A boat.,900\n")
    assert preview.context["unmakeable"] == 1
    assert "do not make clips of this length" in preview.content.decode()


def test_the_template_can_be_imported(project: Project, alice: User) -> None:
    client = signed_in(alice)
    template = client.get(reverse("shot-import-template", args=[project.slug]))
    assert counts(upload(client, project, template.content))["new"] == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04" + b"\x00" * 300, "not a CSV file"),
        (b"a,b\n1,2\n", "code and prompt are missing. Found: “a”, “b”"),
        (b"x" * (MAX_BYTES + 1), "more than 5 MB"),
        (b'code,prompt\nA,"' + b"x" * 200_000 + b'"', "cannot be read as CSV"),
    ],
)
def test_a_wrong_file_is_said_at_the_field(project: Project, alice: User, data: bytes, words: str) -> None:
    answer = upload(signed_in(alice), project, data)
    assert answer.status_code == 422
    assert words in answer.context["form"].errors["file"][0]


def test_what_was_pasted_wrongly_stays_in_the_field(project: Project, alice: User) -> None:
    answer = hand_in(signed_in(alice), project, "shot,lens\nA,35\n")
    assert answer.status_code == 422
    assert "“lens”" in answer.context["form"].errors["text"][0]
    assert "A,35" in answer.content.decode()


def test_nothing_at_all_is_said_kindly(project: Project, alice: User) -> None:
    answer = hand_in(signed_in(alice), project, "  ")
    assert "Choose a CSV file or paste the list." in answer.context["form"].errors["file"]


@pytest.mark.parametrize("packed", ["", "x", "eJw=", pack("code,prompt\nA,b\n")[:-8]])
def test_a_broken_preview_imports_nothing(project: Project, alice: User, packed: str) -> None:
    client = signed_in(alice)
    for name in ("shot-import-apply", "shot-import-wrong"):
        answer = client.post(
            reverse(name, args=[project.slug]), {"packed": packed, "fingerprint": "0" * 64}, follow=True
        )
        assert "arrived incomplete" in answer.content.decode()
    assert not Shot.objects.exists()


def test_a_packed_bomb_is_not_unpacked() -> None:
    assert len(unpack(pack("a" * 60_000_000))) == MAX_BYTES + 1


@pytest.mark.parametrize("name", ["shot-import-apply", "shot-import-wrong", "shot-import"])
def test_a_reviewer_may_not_and_a_stranger_finds_nothing(
    project: Project, bob: User, charlie: User, name: str
) -> None:
    data = {"packed": pack("code,prompt\nA,b\n"), "fingerprint": "x", "text": "code,prompt\nA,b\n"}
    assert signed_in(bob).post(reverse(name, args=[project.slug]), data).status_code == 403
    assert signed_in(charlie).post(reverse(name, args=[project.slug]), data).status_code == 404
    assert not Shot.objects.exists()


def test_five_thousand_lines_are_previewed_and_written_quickly(project: Project, alice: User) -> None:
    client = signed_in(alice)
    text = HEADER + "".join(
        f"SH{n:05d},SQ{n // 50},A red boat crosses the harbour at dawn.,5\n" for n in range(5000)
    )
    preview = hand_in(client, project, text)
    assert len(preview.content) < 400_000
    began = time.process_time()
    assert confirm(client, project, preview).status_code == 302
    assert time.process_time() - began < 3
    changed = text.replace("dawn", "dusk")
    began = time.process_time()
    assert confirm(client, project, hand_in(client, project, changed)).status_code == 302
    assert time.process_time() - began < 6
    assert project.shots.filter(prompt__contains="dusk").count() == 5000


def test_what_the_model_cannot_make_is_said_before_it_is_imported(shot: Shot, alice: User) -> None:
    text = HEADER + f"{shot.code},SQ010,A red boat.,99\nNEW1,SQ010,{'long ' * 300},5\nNEW2,SQ010,A boat.,5\n"
    client = signed_in(alice)
    preview = hand_in(client, shot.project, text)
    page = preview.content.decode()
    assert preview.context["unmakeable"] == 2
    assert "2 lines ask for what the model cannot make. They are imported" in page
    assert page.count("preview__caution") == 2
    confirm(client, shot.project, preview)
    assert shot.project.shots.count() == 3
