"""Names from providers are data: whatever they hold, a page shows it as it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from integrations.ui.text import NOTHING, ago, apart, count, duration, line, plain

HOSTILE = (
    "**bold** _it_ ~~gone~~ `code`", "# heading", "> quote", "- list", "1. list", "[link](javascript:alert(1))",
    "![pixel](http://evil.example/x.png)", "<img src=x onerror=alert(1)>", "<b>b</b> &amp; &#60;", "$x^2$ $$y$$",
    ":material/home: :smile: :red[x] :gray-badge[y]", "| a | b |\n|---|---|", "[^1] [a]: http://evil.example",
    "back\\slash", "***", "    indented code", "<https://evil.example>", '=HYPERLINK("x")',
)  # fmt: skip


def read(markdown: str) -> str:
    """What a reader of the Markdown sees, if nothing in it means anything."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown.replace(NOTHING, ""))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_punctuation_keeps_its_meaning_and_nothing_is_lost(text: str) -> None:
    shown = plain(text)

    assert read(shown) == " ".join(text.split())
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", shown.replace(NOTHING, ""))
    assert not re.search(r"[!-/:-@\[-`{-~]", bare)


@pytest.mark.parametrize("text", ["https://evil.example", "HTTP://evil.example/x?a=1", "www.evil.example", "a@b.co"])
def test_an_address_in_a_name_is_taken_apart_so_that_it_does_not_become_a_link(text: str) -> None:
    pieces = [re.sub(r"\\(.)", r"\1", piece) for piece in plain(f"see {text} there").split(NOTHING)]

    assert len(pieces) > 1
    assert not [each for each in pieces if re.search(r"https?://[-.\w]|www\.|[-.\w+]@[-\w]", each, re.IGNORECASE)]


@pytest.mark.parametrize("text", ["a -> b", "a <- b", "a <-> b", "a -- b", "a >= b", "a <= b", "a ~= b"])
def test_what_streamlit_would_draw_as_an_arrow_is_taken_apart(text: str) -> None:
    pieces = [re.sub(r"\\(.)", r"\1", piece) for piece in plain(text).split(NOTHING)]

    assert "".join(pieces) == text
    assert not [each for each in pieces if re.search(r"->|<-|--|>=|<=|~=", each)]


@pytest.mark.parametrize("text", [
    ":streamlit:", "a:streamlit:streamlit:", ":material_home:", ":material/home:", ":smile: :+1:", "::a-b::", "x:y:z",
])  # fmt: skip
def test_what_streamlit_would_draw_as_a_logo_an_icon_or_an_emoji_is_taken_apart(text: str) -> None:
    pieces = [re.sub(r"\\(.)", r"\1", piece) for piece in plain(text).split(NOTHING)]

    assert "".join(pieces) == text
    assert not [each for each in pieces if re.search(r":[\w+/-]+:", each)]


def test_a_time_of_day_and_a_sentence_with_a_colon_stay_in_one_piece() -> None:
    assert NOTHING not in plain("Deals: 14:03, see below")


def test_texts_that_read_alike_are_told_apart_and_none_is_lost() -> None:
    alike = ["A  name", "A name", "A name (2)", "long " * 40 + "1", "long " * 40 + "2"]

    shown = [read(label) for label in apart(alike)]

    assert shown[:3] == ["A name", "A name (2)", "A name (2) (2)"]
    assert len(set(shown)) == 5 and shown[4] == f"{shown[3]} (2)"


def test_lines_and_tabs_become_one_line_and_a_long_name_is_cut() -> None:
    assert line("a\n\n# b\tc\u2028d  e") == "a # b c d e"
    assert line("x" * 130) == "x" * 119 + "…"
    assert len(read(plain("*" * 500, longest=300))) == 300


def test_an_ordinary_name_stays_as_it_is() -> None:
    assert plain("مراجعة 東京 naïve 🚀 Zürich") == "مراجعة 東京 naïve 🚀 Zürich"
    assert plain("") == ""


def test_times_and_numbers_are_for_people() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    spans = {5: "just now", 60: "a minute ago", 7_300: "2 hours ago", 86_400: "a day ago", 900_000: "10 days ago"}

    assert {seconds: ago(now - timedelta(seconds=seconds), now) for seconds in spans} == spans
    assert ago(None) == "never"
    assert (count(1, "item"), count(1240, "item"), count(2, "base")) == ("1 item", "1,240 items", "2 bases")
    assert (duration(-1), duration(8.9), duration(125)) == ("0 s", "8 s", "2 min 5 s")
