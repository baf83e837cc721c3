"""What a filter, a sort, sums by stage and month and a search take, beside DuckDB, polars and streamlit-extras.

Each gives the same answer from the same rows in memory: the first 1,000 rows of ten columns and how many there are,
or the sums. What is made once, the dashboard's texts for searching, is a line of its own.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa

from integrations import frames
from integrations.frames import Table
from integrations.model import Query
from integrations.model.query import Condition, Function, Grouping, Measure, Operator, Sort, Step

from .made import opened, plain, rows

SIZES = (10_000, 100_000, 1_000_000)
REPEATS = 5
SHOWN = ["name", *(f"field{number}" for number in range(9))]
FROM, WANTED = 50_000, "text 71"
LIMITS = {"filter + sort + group": 0.3, "search": 0.3}  # seconds, of 1,000,000 rows
GROUPS, AMOUNT = (Grouping("field0"), Grouping("field2", Step.MONTH)), Measure(Function.SUM, "field1")
Answers = dict[str, Callable[[], Any]]
WHERE = (Condition("field0", Operator.IS, "stage1"), Condition("field0", Operator.IS, "stage2"),
         Condition("field1", Operator.FROM, str(FROM)))  # fmt: skip


def measured() -> Iterator[str]:
    """Yields the lines of a table."""
    yield f"{'':22} {'rows':>9}  {'dashboard':>9} {'DuckDB':>9} {'polars':>9}  {'to the faster':>13}  {'limit':>6}"
    for size in SIZES:
        yield from _of_size(size)


def _of_size(size: int) -> Iterator[str]:
    made = rows(size)
    others = plain(made)
    table = opened(made).open("deal")
    table.prefetch([each.id for each in table.fields])
    began = time.perf_counter()
    texts = frames.search_texts(table)
    seconds = time.perf_counter() - began
    ours, duck, polar = _ours(table, texts), _duckdb(others), _polars(others)
    for what in ours:
        yield _line(what, size, *(_best(each[what]) for each in (ours, duck, polar)))
    yield f"{'texts for searching':22} {size:9,}  {seconds:8.2f}s, {texts.nbytes / 1e6:,.0f} MB; once a load"
    yield from _explorer(others, size, _best(ours["filter"]))
    gc.collect()


def _best(answer: Callable[[], Any]) -> float:
    """Returns the shortest of several times: what else the machine does only adds."""
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        answer()
        took.append(time.perf_counter() - began)
    return min(took)


def _line(what: str, size: int, ours: float, duck: float, polar: float) -> str:
    limit = LIMITS.get(what) if size == SIZES[-1] else None
    told = f"{limit * 1000:.0f} ms {'kept' if ours <= limit else 'MISSED'}" if limit else ""
    times = " ".join(f"{each * 1000:7.1f}ms" for each in (ours, duck, polar))
    return f"{what:22} {size:9,}  {times}  {f'× {ours / min(duck, polar):.2f}':>13}  {told:>6}".rstrip()


def _ours(table: Table, texts: frames.SearchTexts) -> Answers:
    def shown(query: Query) -> pd.DataFrame:
        return frames.shown(table, frames.apply(table, query, texts)[: frames.WINDOW_ROWS], SHOWN)

    def summed(query: Query) -> frames.Summary:
        return frames.summarise(table, frames.apply(table, query), replace(query, groups=GROUPS, measure=AMOUNT))

    newest, by_amount = Query(where=WHERE), (Sort("field1", True),)
    return {
        "filter": lambda: shown(newest),
        "sort": lambda: shown(Query(sort=by_amount)),
        "sort by a text": lambda: shown(Query(sort=(Sort("field6"),))),
        "group": lambda: summed(Query()),
        "filter + sort + group": lambda: (shown(Query(where=WHERE, sort=by_amount)), summed(newest)),
        "search": lambda: shown(Query(search=WANTED)),
        "search everything": lambda: frames.best(table, texts, WANTED, 4),
        "search, nothing found": lambda: frames.best(table, texts, "johnson", 4),
    }  # fmt: skip


def _duckdb(table: pa.Table) -> Answers:
    base = duckdb.connect()
    base.register("made", table)
    base.execute("CREATE TABLE deals AS SELECT * FROM made")
    stages = f"field0 IN ('stage1', 'stage2') AND field1 >= {FROM}"
    texts = [each.name for each in table.schema if each.type == pa.string() and each.name != "id"]

    def window(where: str, order: str = "last_modified_time DESC") -> Any:
        base.sql(f"SELECT {', '.join(SHOWN)} FROM deals WHERE {where} ORDER BY {order} LIMIT 1000").to_arrow_table()
        return base.execute(f"SELECT count(*) FROM deals WHERE {where}").fetchall()

    def sums(where: str) -> Any:
        return base.execute(
            f"SELECT field0, date_trunc('month', field2), sum(field1), count(*) FROM deals WHERE {where} GROUP BY ALL"
        ).fetchall()

    def search(wanted: str) -> Any:
        return window(" OR ".join(f"contains(lower({each}), '{wanted}')" for each in texts))

    return {
        "filter": lambda: window(stages),
        "sort": lambda: window("true", "field1 DESC"),
        "sort by a text": lambda: window("true", "lower(field6)"),
        "group": lambda: sums("true"),
        "filter + sort + group": lambda: (window(stages, "field1 DESC"), sums(stages)),
        "search": lambda: search(WANTED),
        "search everything": lambda: search(WANTED),
        "search, nothing found": lambda: search("johnson"),
    }


def _polars(table: pa.Table) -> Answers:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    stages = pl.col("field0").is_in(["stage1", "stage2"]) & (pl.col("field1") >= FROM)
    texts = [each.name for each in table.schema if each.type == pa.string() and each.name != "id"]

    def window(where: Any, by: Any = "last_modified_time", descending: bool = True) -> Any:
        found = frame.lazy().filter(where)
        return pl.collect_all([
            found.sort(by, descending=descending, nulls_last=True).head(1_000).select(SHOWN), found.select(pl.len()),
        ])  # fmt: skip

    def sums(where: Any) -> Any:
        months = pl.col("field2").dt.truncate("1mo")
        return frame.lazy().filter(where).group_by("field0", months).agg(pl.col("field1").sum(), pl.len()).collect()

    def search(wanted: str) -> Any:
        return window(
            pl.any_horizontal(pl.col(each).str.to_lowercase().str.contains(wanted, literal=True) for each in texts)
        )

    return {
        "filter": lambda: window(stages),
        "sort": lambda: window(True, "field1"),
        "sort by a text": lambda: window(True, pl.col("field6").str.to_lowercase(), False),
        "group": lambda: sums(True),
        "filter + sort + group": lambda: (window(stages, "field1"), sums(stages)),
        "search": lambda: search(WANTED),
        "search everything": lambda: search(WANTED),
        "search, nothing found": lambda: search("johnson"),
    }


def _explorer(table: pa.Table, size: int, ours: float) -> Iterator[str]:
    """Yields what `dataframe_explorer` takes for a filter by one column, without the lists that end it."""
    lists = [each.name for each in table.schema if pa.types.is_list(each.type)]
    frame = table.drop_columns(lists).to_pandas()
    took = explored(frame)
    yield f"{'dataframe_explorer':22} {size:9,}  {took * 1000:7.1f}ms for a filter by one column: × {took / ours:.1f}"


def explored(frame: pd.DataFrame) -> float:
    """Returns the seconds that streamlit-extras takes on a page for one filter; a filter column is chosen already."""
    from streamlit.testing.v1 import AppTest

    def page() -> None:
        import time

        import streamlit as st
        from streamlit_extras.dataframe_explorer import dataframe_explorer

        began = time.perf_counter()
        dataframe_explorer(st.session_state["frame"], case=False)
        st.session_state["took"] = time.perf_counter() - began

    app = AppTest.from_function(page, default_timeout=120)
    app.session_state["frame"] = frame
    app.run()
    app.multiselect[0].set_value(["field0"]).run()
    app.run()
    return float(app.session_state["took"])
