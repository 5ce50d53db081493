"""Reading, planning and writing the shot list's file, without a database."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapp.shotlist import lines, planning, table, writing
from reviewapp.shotlist.decoding import MAX_BYTES, NotAShotList, decode
from reviewapp.shotlist.lines import Value
from reviewapp.shotlist.planning import Existing, Kind, Plan

NAMES = lines.EngineNames(
    {"gen4.5": ("runway/gen4.5",), "runway gen-4.5": ("runway/gen4.5",)}, {"runway": "runway"}
)
HEADER = "code,prompt\n"


def read(data: bytes | str) -> list[lines.Line]:
    text = decode(data.encode() if isinstance(data, str) else data).text
    return lines.read_lines(table.read_table(text), NAMES)


def shot(pk: int = 1, code: str = "SH0010", generated: bool = False, **values: Value) -> Existing:
    given_values: dict[str, Value] = {
        "sequence": "",
        "prompt": "A boat.",
        "negative_prompt": "",
        "duration_s": Decimal("5.00"),
        "aspect": "16:9",
        "engine": "",
        "acceptance": "",
    }
    return Existing(pk, code, given_values | values, generated)


def plan(text: str, *shots: Existing) -> Plan:
    return planning.plan(read(text), {entry.code.lower(): entry for entry in shots})


# --- encodings and what is no text ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_it_reads_unicode_however_it_is_written(encoding: str) -> None:
    (line,) = read("code,prompt\nSH0010,Ein grünes Boot\n".encode(encoding))
    assert (line.code, line.values["prompt"]) == ("SH0010", "Ein grünes Boot")


def test_it_reads_windows_text_and_says_so() -> None:
    decoded = decode("code,prompt\nSH0010,Café\n".encode("cp1252"))
    assert "Café" in decoded.text
    assert "Windows-1252" in decoded.notices[0]


def test_it_says_nothing_about_good_unicode() -> None:
    assert decode(b"code,prompt\nA,b\n").notices == ()


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"PK\x03\x04", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0", "spreadsheet"),
        (b"%PDF-1.7", "PDF"),
        (b"\x00\x00\x00\x20ftypisom", "video"),
        (b"\x1a\x45\xdf\xa3", "video"),
        (b"\x89PNG\r\n", "picture"),
        (b"\x1f\x8b\x08", "packed"),
        (bytes(range(256)), "not text"),
    ],
)
def test_it_refuses_other_files_by_name(head: bytes, word: str) -> None:
    with pytest.raises(NotAShotList, match=word):
        decode(head + b"\x00\x01" * 200)


def test_it_refuses_what_is_too_large_or_empty() -> None:
    with pytest.raises(NotAShotList, match="5 MB"):
        decode(b"a" * (MAX_BYTES + 1))
    with pytest.raises(NotAShotList, match="empty"):
        decode(b" \r\n\t\n")


def test_it_refuses_too_many_lines() -> None:
    with pytest.raises(NotAShotList, match="20,000"):
        read(HEADER + "A,b\n" * 20_001)


# --- columns ---


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_it_finds_the_delimiter(delimiter: str) -> None:
    (line,) = read(delimiter.join(["Code", "Prompt", "Duration"]) + "\n" + delimiter.join(["A", "b", "5"]))
    assert line.values == {"prompt": "b", "duration_s": Decimal(5)}


def test_it_keeps_commas_of_a_semicolon_file_in_the_text() -> None:
    (line,) = read("code;prompt\nA;one, two, three\n")
    assert line.values["prompt"] == "one, two, three"


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Shot Code", "code"),
        ("SHOT", "code"),
        ("seq", "sequence"),
        ("Description", "prompt"),
        ("negative_prompt", "negative_prompt"),
        ("Length", "duration_s"),
        ("seconds", "duration_s"),
        ("Ratio", "aspect"),
        ("criteria", "acceptance"),
        ("director's notes", None),
    ],
)
def test_it_knows_headings_by_many_names(heading: str, column: str | None) -> None:
    assert table.column_of(heading) == column


def test_it_names_a_column_it_does_not_know() -> None:
    found = table.read_table("code,prompt,Lens,colour\nA,b,35,red\n")
    assert "“Lens”, “colour”" in found.notices[0]
    assert found.rows[0].cells == {"code": "A", "prompt": "b"}


def test_it_names_a_column_that_stands_twice_and_takes_the_first() -> None:
    found = table.read_table("code,prompt,description\nA,first,second\n")
    assert "twice" in found.notices[0]
    assert found.rows[0].cells["prompt"] == "first"


def test_it_says_which_columns_are_missing_and_what_it_found() -> None:
    with pytest.raises(NotAShotList, match=r"column prompt is missing\. Found: “Code”, “Lens”"):
        read("Code,Lens\nA,35\n")


def test_it_says_that_cells_stand_beyond_the_header() -> None:
    found = table.read_table("code,prompt\nA,one, two\n")
    assert "line 2" in found.notices[0]


# --- lines ---


def test_it_keeps_codes_as_text() -> None:
    assert [line.code for line in read(HEADER + "0010,b\n010,b\n")] == ["0010", "010"]


def test_it_numbers_lines_as_an_editor_does_across_quoted_breaks_and_empty_lines() -> None:
    found = read('code,prompt\nA,"one\ntwo"\n\n,,\nB,b\n')
    assert [(line.number, line.code) for line in found] == [(2, "A"), (6, "B")]
    assert found[0].values["prompt"] == "one\ntwo"


@pytest.mark.parametrize(
    ("text", "seconds"), [("5", "5"), ("2,5", "2.5"), ("2.5", "2.5"), ("8 s", "8"), ("4 Sec", "4")]
)
def test_it_reads_seconds_as_people_write_them(text: str, seconds: str) -> None:
    assert lines.read_seconds(text) == Decimal(seconds)


@pytest.mark.parametrize("text", ["five", "0", "-1", "1e3", "nan", "1000", "5:00", "٥x"])
def test_it_refuses_other_durations(text: str) -> None:
    with pytest.raises(lines.BadValue):
        lines.read_seconds(text)


@pytest.mark.parametrize("code", ["", "../x", "a b", "a/b", ".", "-A", "ü1", "x" * 61, "a\x00"])
def test_it_refuses_codes_that_are_none(code: str) -> None:
    with pytest.raises(lines.BadValue):
        lines.read_code(code)


def test_it_flags_a_doubled_code_with_both_lines() -> None:
    first, second = read(HEADER + "sh1,b\nSH1,c\n")
    assert first.problems == ("The code sh1 stands on lines 2 and 3.",)
    assert second.problems == ("The code SH1 stands on lines 2 and 3.",)
    many = read(HEADER + "sh1,b\n" * 8)
    assert many[0].problems == ("The code sh1 stands on lines 2, 3, 4, 5, 6 and 3 more.",)


def test_it_parts_criteria_at_bars_and_breaks() -> None:
    (line,) = read('code,prompt,criteria\nA,b,"one | two\nthree"\n')
    assert line.values["acceptance"] == "one\ntwo\nthree"


def test_it_leaves_an_empty_duration_open_and_refuses_an_empty_prompt() -> None:
    (line,) = read("code,prompt,duration\nA,,\n")
    assert line.values == {}
    assert line.problems == ("The prompt is missing.",)


def test_it_takes_a_model_by_id_or_label_in_any_case_and_refuses_others() -> None:
    first, second, third = read("code,prompt,model\nA,b,GEN4.5\nB,b,runway gen-4.5\nC,b,nano9\n")
    assert (first.values["engine"], second.values["engine"]) == ("runway/gen4.5", "runway/gen4.5")
    assert third.problems == ("There is no model “nano9” to choose. The page Models lists them all.",)


# --- planning ---


def test_it_sorts_lines_into_new_changed_unchanged_and_wrong() -> None:
    made = plan(HEADER + "SH0010,A boat.\nsh0020,Another.\nNEW,x\nBAD,\n", shot(), shot(2, "SH0020"))
    assert [line.kind for line in made.lines] == [Kind.UNCHANGED, Kind.CHANGED, Kind.NEW, Kind.WRONG]
    assert made.lines[1].code == "SH0020"
    assert [(c.label, c.old, c.new) for c in made.lines[1].changes] == [("prompt", "A boat.", "Another.")]


def test_it_points_out_another_prompt_for_a_shot_with_clips() -> None:
    (line,) = plan(HEADER + "SH0010,Another.\n", shot(generated=True)).lines
    assert "old prompt" in line.cautions[0]
    assert plan(HEADER + "SH0010,Another.\n", shot()).lines[0].cautions == ()


def test_a_column_that_the_file_has_not_changes_nothing() -> None:
    (line,) = plan(HEADER + "SH0010,A boat.\n", shot(sequence="SQ010", acceptance="red")).lines
    assert line.kind == Kind.UNCHANGED


def test_the_fingerprint_changes_with_what_would_be_done() -> None:
    text = HEADER + "SH0010,Another.\n"
    assert plan(text, shot()).fingerprint == plan(text, shot()).fingerprint
    assert plan(text, shot()).fingerprint != plan(text, shot(prompt="A ship.")).fingerprint
    assert plan(text, shot()).fingerprint != plan(text).fingerprint


# --- writing ---


def test_it_guards_what_a_spreadsheet_would_run() -> None:
    text = writing.csv_text(["a"], [["=1+1"], ["+1"], ["-1"], ["@x"], ["safe"], ["'=x"]])
    assert text.split("\r\n")[1:-1] == ["'=1+1", "'+1", "'-1", "'@x", "safe", "''=x"]


def test_wrong_lines_come_back_with_number_and_reason_and_can_be_mended() -> None:
    text = "code,prompt\nBAD,\n,x\n"
    found = table.read_table(text)
    wrong = plan(text).of(Kind.WRONG)
    out = decode(writing.wrong_lines_csv(found.header, wrong).encode()).text
    assert out.splitlines()[0] == "line,reason,code,prompt"
    assert out.splitlines()[1].startswith("2,The prompt is missing.,BAD")
    mended = plan(out.replace("BAD,", "BAD,mended"))
    assert mended.lines[0].kind == Kind.NEW


def test_the_template_can_be_imported() -> None:
    (line,) = read(writing.template_csv())
    assert line.problems == ()


def test_five_thousand_lines_take_no_time() -> None:
    text = HEADER + "".join(
        f"SH{number:05d},A red boat crosses the harbour at dawn\n" for number in range(5000)
    )
    began = time.process_time()
    assert plan(text).counts["new"] == 5000
    assert time.process_time() - began < 2


# --- whatever comes ---


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    try:
        planning.plan(read(data), {})
    except NotAShotList:
        return


@given(st.text(max_size=300))
def test_no_text_crashes_the_reader(text: str) -> None:
    try:
        planning.plan(
            read(("code,prompt,duration,aspect,model,criteria\n" + text).encode("utf-8", "replace")), {}
        )
    except NotAShotList:
        return


# What forms and the reader let into the database: one kind of line end, and no character that is no text.
WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cc", "Cs"])
    | st.just("\n"),
    max_size=60,
).map(str.strip)


@given(
    prompt=WORDS.filter(bool),
    negative=WORDS,
    acceptance=WORDS,
    sequence=WORDS.map(lambda text: " ".join(text.split())[:40].strip()),
    seconds=st.decimals(min_value="0.01", max_value="999.99", places=2),
)
def test_what_was_exported_comes_in_again_unchanged(
    prompt: str, negative: str, acceptance: str, sequence: str, seconds: Decimal
) -> None:
    values: dict[str, Value] = {
        "prompt": prompt,
        "negative_prompt": negative,
        "acceptance": acceptance,
        "sequence": sequence,
        "duration_s": seconds,
    }
    there = Existing(1, "SH0010", {**shot().values, **values}, False)
    text = writing.shot_list_csv([{"code": there.code, **there.values}])
    made = planning.plan(read(text), {there.code.lower(): there})
    assert [line.kind for line in made.lines] == [Kind.UNCHANGED], made.lines


@given(st.text(max_size=30))
def test_unguard_gives_back_what_guard_was_given(cell: str) -> None:
    assert table.unguard(table.guard(cell)) == cell
