"""Whatever goes wrong at a provider, at whichever call: the result is complete or says what it is not, nothing that
was there is lost, and it is whole again once the provider is well.

`make test` has every pair of provider, place, fault and history; `make soak` every combination.
"""

from __future__ import annotations

import itertools
import re

import pytest
from account import Account
from trouble import CURSORS, FAULTS, Wire

from integrations import providers
from integrations.sync.finish import SNAPSHOT_INCOMPLETE_NOTICE as KEPT

SLUGS = sorted(providers())
PLACES = ("first", "second", "middle", "late", "token")  # the last: the refresh of the token in the middle
HISTORIES = ("once", "lasting", "lasting from the first load on")
LOST = {  # a token endpoint that answers so may have spent the refresh token
    "502 with HTML", "504", "truncated", "truncated JSON", "malformed JSON", "JSON of something else", "HTML with 200",
    "slow", "reset",
}  # fmt: skip
RIGHTS = {"403", "404"}  # answers about rights: what they are about is left out by name
AS_SENT = {"duplicate cursor", "JSON of something else"}  # answers that are not asked for again
WHAT_TO_DO = re.compile(r"Refresh|Try again|Reconnect|Come back", re.IGNORECASE)

Case = tuple[str, str, str, str]
NUMBERED = list(itertools.product(*map(enumerate, (FAULTS, PLACES, SLUGS, HISTORIES))))


def case_of(numbered: tuple[tuple[int, str], ...]) -> Case:
    return tuple(name for _, name in numbered)


def possible(case: Case) -> bool:
    """The token endpoint knows no cursors and needs no clock, and the last calls of a load may have no further page."""
    fault, place = case[:2]
    return not (place == "token" and fault in (*CURSORS, "clock")) and not (place == "late" and fault in CURSORS)


EVERY = [case_of(each) for each in NUMBERED if possible(case_of(each))]
PAIRS = [
    case_of(each) for each in NUMBERED
    if possible(case_of(each))
    and (each[0][0] + each[1][0] + each[2][0]) % 3 == 0 and (each[0][0] + 2 * each[1][0] + each[3][0]) % 3 == 0
]  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "fault" in metafunc.fixturenames:
        cases = EVERY if metafunc.config.getoption("--soak") else PAIRS
        metafunc.parametrize(("fault", "place", "slug", "history"), cases, ids=[" - ".join(case) for case in cases])


def test_the_usual_cases_have_every_pair() -> None:
    def pairs(cases: list[Case]) -> set[tuple[tuple[int, str], tuple[int, str]]]:
        return {pair for case in cases for pair in itertools.combinations(enumerate(case), 2)}

    assert pairs(PAIRS) == pairs(EVERY) and len(PAIRS) < len(EVERY) / 8


@pytest.mark.whole
def test_a_fault_of_the_provider_costs_nothing_that_is_not_said(
    fault: str, place: str, slug: str, history: str, account: Account, wire: Wire
) -> None:
    if history == HISTORIES[2]:
        account.forget_rows()
    before = account.rows()
    lasting, call = history != "once", position(place, fault, account.calls)
    not_repeated = place == "token" and fault in LOST and account.provider.refresh_reuse == "revokes"
    wire.plan(fault, call, lasting, to_token=place == "token")
    load = account.load()
    met, shown = wire.met or wire.refused, account.rows()

    assert met, "the fault befell nobody"
    assert before <= shown <= account.everything
    if load.state == "complete":
        assert load.notes == () and (shown == account.everything or load.skipped)
    else:
        notes = set(load.notes) - {KEPT}
        assert notes and all(WHAT_TO_DO.search(note) for note in notes), notes
    if not lasting and fault not in RIGHTS | AS_SENT and not not_repeated:
        assert (load.state, shown) == ("complete", account.everything), load.notes
    assert account.usable != bool(not_repeated and wire.met), "who has to reconnect is told, and nobody else"
    if lasting:
        said = account.page()
        assert all(plain(note) in said for note in (*load.notes, *load.skipped))

    wire.plan()
    account.reconnect()
    load = account.load()
    assert (load.state, load.skipped, account.rows()) == ("complete", (), account.everything)


def position(place: str, fault: str, calls: int) -> int:
    """Which call of a load that takes so many; further pages come before the middle, when many are read at once."""
    middle = calls // 4 if fault in CURSORS else calls // 2
    return {"first": 0, "second": 1, "middle": middle, "late": calls * 3 // 5, "token": calls // 2}[place]


def plain(note: str) -> str:
    return note.replace("\\", "")
