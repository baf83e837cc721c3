"""A CSV holds exactly the frame, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pandas as pd
import pyarrow as pa
import pytest
from queries import narrowing

from integrations.frames.export import csv_rows, filename
from integrations.frames.query import apply


def read(frame, **options):
    text = b"".join(csv_rows(frame, **options)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def shown(value):
    """A cell as the file should have it, said a second time and more slowly."""
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        seconds = value.tz_convert("UTC").to_pydatetime().replace(microsecond=0, tzinfo=None)
        return f"{seconds.isoformat(' ')}Z"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value)


@pytest.fixture
def odd_frame(odd_items, framed):
    return framed(odd_items, ["Mixed", "Name", "Score"])


@pytest.mark.parametrize("chunk_rows", [1, 7, 200, 20_000])
def test_read_back_by_the_csv_module_it_equals_the_frame(odd_frame, chunk_rows):
    rows = read(odd_frame, raw=True, chunk_rows=chunk_rows)
    assert rows[0] == list(odd_frame.columns)
    columns = [list(odd_frame.iloc[:, position]) for position in range(odd_frame.shape[1])]
    assert rows[1:] == [[shown(value) for value in row] for row in zip(*columns, strict=True)]


def test_defused_it_differs_by_apostrophes_alone(odd_frame):
    pairs = [
        pair
        for rows in zip(read(odd_frame), read(odd_frame, raw=True), strict=True)
        for pair in zip(*rows, strict=True)
    ]
    assert all(safe.replace("'", "") == raw.replace("'", "") for safe, raw in pairs)
    assert any(safe != raw for safe, raw in pairs)


def test_a_filtered_frame_is_what_is_written(odd_frame):
    left = apply(odd_frame, narrowing(types=("contact",)), lambda places: None)
    assert 0 < len(left) < len(odd_frame)
    assert len(read(left)) == len(left) + 1
    assert {row[1] for row in read(left)[1:]} == {"Contact"}


def test_the_bytes_are_those_that_spreadsheets_expect(item, framed):
    when = datetime(2026, 11, 22, 14, 3, 0, 999999, tzinfo=UTC)
    result = framed(
        [item(name='Ü "x",\n', owner="", last_modified_time=when, properties={"n": -1.5, "t": True})], ["n", "t"]
    )
    assert b"".join(csv_rows(result)) == (
        b'\xef\xbb\xbf"Name","Type","Parent","Owner","Updated","Created","Link","n","t"\r\n'
        b'"\xc3\x9c ""x"",\n","Page",,"","2026-11-22 14:03:00Z",,,-1.5,"TRUE"\r\n'
    )


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t1",
        "\r1",
        " =1",
        "\ufeff=1",
        "\u200b\u00a0=1",
        "\0=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        '=HYPERLINK("http://x")',
        " \ttext",
    ],
)
def test_text_that_could_be_a_formula_gets_an_apostrophe(item, framed, name):
    result = framed([item(name=name, properties={name: name})], [name])
    assert read(result)[1][0] == read(result)[1][7] == "'" + name
    assert read(result, raw=True)[1][0] == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a;=1+1;b", "a;'=1+1;b"),
        ('a; "@x"', 'a; "\'@x"'),
        ("a\n-1\r\n+2\t=3", "a\n'-1\r\n'+2\t'=3"),
        ("\n=1", "\n'=1"),
        ("=1;=2", "'=1;'=2"),
        ("a;\u200b＝1", "a;\u200b'＝1"),
    ],
)
def test_nor_does_a_formula_inside_run_where_spreadsheets_split_at_semicolons(item, framed, name, safe):
    result = framed([item(name=name)])
    assert read(result)[1][0] == safe
    assert read(result, raw=True)[1][0] == name


@pytest.mark.parametrize("dtype", ["object", "category", "string[pyarrow]", pd.ArrowDtype(pa.string())])
def test_text_is_defused_however_pandas_keeps_it(dtype):
    frame = pd.DataFrame({"Name": pd.Series(["=1", "x", "=1"], dtype=dtype)})
    assert read(frame) == [["Name"], ["'=1"], ["x"], ["'=1"]]
    assert read(frame, raw=True)[1:] == [["=1"], ["x"], ["=1"]]


def test_headings_are_defused_too(item, framed):
    result = framed([item(properties={"=1": 1})], ["=1"])
    assert read(result)[0][7] == "'=1"
    assert read(result, raw=True)[0][7] == "=1"


@pytest.mark.parametrize("name", ["a=b", "1-2", "a@example.com", "'=1", "", " x", "a,=1", "a; b", "a\nb=1", '"=1"'])
def test_other_text_is_left_as_it_is(item, framed, name):
    assert read(framed([item(name=name)]))[1][0] == name


def test_negative_numbers_stay_numbers(item, framed):
    result = framed([item(properties={"i": -5, "f": -0.25, "text": "-5"})], ["i", "f", "text"])
    assert read(result)[1][7:] == ["-5", "-0.25", "'-5"]


def test_large_and_small_numbers_keep_all_their_digits(item, framed):
    numbers = {"large": 123123871234.33, "larger": -1e22, "small": 0.0000012, "whole": 9.0, "none": None}
    result = framed([item(id=name, name=name, properties={"n": n}) for name, n in numbers.items()], ["n"])
    written = {row[0]: row[7] for row in read(result)[1:]}
    assert written == {
        "large": "123123871234.33", "larger": f"-1{'0' * 22}", "small": "0.0000012", "whole": "9", "none": "",
    }  # fmt: skip


def test_a_time_before_1970_is_cut_to_its_own_second(item, framed):
    result = framed([item(creation_time=datetime(1969, 12, 31, 23, 59, 59, 500000), last_modified_time=datetime.min)])
    assert read(result)[1][4:6] == ["0001-01-01 00:00:00Z", "1969-12-31 23:59:59Z"]


def test_nothing_is_a_header(framed):
    assert read(framed([], ["p"])) == [["Name", "Type", "Parent", "Owner", "Updated", "Created", "Link", "p"]]


def test_it_comes_in_pieces_of_whole_rows(odd_frame):
    pieces = list(csv_rows(odd_frame, chunk_rows=50))
    assert len(pieces) == 1 + 4
    assert all(piece.endswith(b"\r\n") for piece in pieces)


@pytest.mark.parametrize(
    ("title", "filtered", "name"),
    [
        ("HubSpot", False, "hubspot-2026-11-22.csv"),
        ("HubSpot", True, "hubspot-filtered-2026-11-22.csv"),
        ("Café Übersicht", False, "cafe-ubersicht-2026-11-22.csv"),
        ('../../etc/"x"\r\n', False, "etc-x-2026-11-22.csv"),
        ("日本\ud800", False, "items-2026-11-22.csv"),
        ("x" * 500, False, "x" * 60 + "-2026-11-22.csv"),
    ],
)
def test_the_file_name_is_safe_everywhere(title, filtered, name):
    assert filename(title, date(2026, 11, 22), filtered) == name
