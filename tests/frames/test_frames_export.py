"""A CSV holds exactly the frame, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pandas as pd
import pyarrow as pa
import pytest

from integrations.frames import Tables, apply, csv_rows, exported, filename, pack
from integrations.model import Item
from integrations.model.query import Query


def read(frame, **options):
    text = b"".join(csv_rows(frame, **options)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def written(value):
    """A cell as the file should have it, said a second time and more slowly."""
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        seconds = value.tz_convert("UTC").to_pydatetime().replace(microsecond=0, tzinfo=None)
        return f"{seconds.isoformat(' ')}Z"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.fixture
def odd_frame(odd_items, odd_schema):
    table = Tables([pack(odd_items, odd_schema)], odd_schema).open("rows")
    return exported(table, apply(table, Query()), [each.id for each in table.fields])


@pytest.fixture
def framed():
    """One item of which only what matters is said, with properties, as a file has it: the record's id is in front."""

    def make(name="A page", properties=None, **fields):
        table = Tables([pack([Item("1", "page", name, properties=properties or {}, **fields)])]).open("page")
        return exported(table, apply(table, Query()), ["name", *(each.id for each in table.own_fields), "updated"])

    return make


@pytest.mark.parametrize("chunk_rows", [1, 7, 200, 20_000])
def test_read_back_by_the_csv_module_it_equals_the_frame(odd_frame, chunk_rows):
    rows = read(odd_frame, raw=True, chunk_rows=chunk_rows)
    assert rows[0] == list(odd_frame.columns)
    columns = [list(odd_frame.iloc[:, position]) for position in range(odd_frame.shape[1])]
    assert rows[1:] == [[written(value) for value in row] for row in zip(*columns, strict=True)]


def test_defused_it_differs_by_apostrophes_alone(odd_frame):
    pairs = [
        pair
        for rows in zip(read(odd_frame), read(odd_frame, raw=True), strict=True)
        for pair in zip(*rows, strict=True)
    ]
    assert all(safe.replace("'", "") == raw.replace("'", "") for safe, raw in pairs)
    assert any(safe != raw for safe, raw in pairs)


def test_the_bytes_are_those_that_spreadsheets_expect(framed):
    when = datetime(2026, 11, 22, 14, 3, 0, 999999, tzinfo=UTC)
    result = framed('Ü "x",\n', {"n": -1.5, "t": True}, last_modified_time=when)
    assert b"".join(csv_rows(result)) == (
        b'\xef\xbb\xbf"Record ID","Name","n","t","Updated","Link"\r\n'
        b'"1","\xc3\x9c ""x"",\n",-1.5,"TRUE","2026-11-22 14:03:00Z",\r\n'
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
def test_text_that_could_be_a_formula_gets_an_apostrophe(framed, name):
    result = framed(name, {name: name})
    assert read(result)[1][1] == read(result)[1][2] == "'" + name
    assert read(result, raw=True)[1][1] == name


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
def test_nor_does_a_formula_inside_run_where_spreadsheets_split_at_semicolons(framed, name, safe):
    result = framed(name)
    assert read(result)[1][1] == safe
    assert read(result, raw=True)[1][1] == name


@pytest.mark.parametrize("dtype", ["object", "category", "string[pyarrow]", pd.ArrowDtype(pa.string())])
def test_text_is_defused_however_pandas_keeps_it(dtype):
    frame = pd.DataFrame({"Name": pd.Series(["=1", "x", "=1"], dtype=dtype)})
    assert read(frame) == [["Name"], ["'=1"], ["x"], ["'=1"]]
    assert read(frame, raw=True)[1:] == [["=1"], ["x"], ["=1"]]


def test_headings_are_defused_too(framed):
    result = framed(properties={"=1": 1})
    assert read(result)[0][2] == "'=1"
    assert read(result, raw=True)[0][2] == "=1"


@pytest.mark.parametrize("name", ["a=b", "1-2", "a@example.com", "'=1", "", " x", "a,=1", "a; b", "a\nb=1", '"=1"'])
def test_other_text_is_left_as_it_is(framed, name):
    assert read(framed(name))[1][1] == name


def test_negative_numbers_stay_numbers(framed):
    result = framed(properties={"i": -5, "f": -0.25, "text": "-5"})
    assert dict(zip(*read(result), strict=True)).items() >= {"i": "-5", "f": "-0.25", "text": "'-5"}.items()


def test_large_and_small_numbers_keep_all_their_digits(framed):
    numbers = {"large": 123123871234.33, "larger": -1e22, "small": 0.0000012, "whole": 9.0}
    assert dict(zip(*read(framed(properties=numbers)), strict=True)).items() >= {
        "large": "123123871234.33", "larger": f"-1{'0' * 22}", "small": "0.0000012", "whole": "9",
    }.items()  # fmt: skip


@pytest.mark.parametrize(
    ("time", "text"),
    [(datetime(1969, 12, 31, 23, 59, 59, 500000), "1969-12-31 23:59:59Z"), (datetime.min, "0001-01-01 00:00:00Z")],
)
def test_a_time_before_1970_is_cut_to_its_own_second(framed, time, text):
    assert text in read(framed(last_modified_time=time))[1]


def test_nothing_is_a_header(odd_frame):
    assert read(odd_frame.iloc[:0]) == [list(odd_frame.columns)]


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
