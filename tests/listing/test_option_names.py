"""An option that is renamed stays the option that rows were stored with."""

from __future__ import annotations

from integrations.listing.tagged.option_names import FIRST, OptionNames

HIGH, LOW = {"id": "1", "name": "High"}, {"id": "2", "name": "Low"}


def test_a_renamed_option_is_known_by_its_first_name() -> None:
    names = OptionNames({})
    assert names.learn("c", [HIGH, LOW]) == [HIGH, LOW]
    urgent = {"id": "1", "name": "Urgent"}
    assert names.learn("c", [urgent, LOW]) == [{**urgent, FIRST: "High"}, LOW]
    assert names.recall("c", [LOW, urgent]) == [LOW, {**urgent, FIRST: "High"}]
    assert names.recall("another", [LOW, urgent]) == [LOW, urgent]


def test_a_first_name_that_another_option_has_by_now_is_given_up() -> None:
    names = OptionNames({})
    names.learn("c", [HIGH, LOW])
    swapped = [{"id": "1", "name": "Low"}, {"id": "2", "name": "High"}]
    assert names.learn("c", swapped) == swapped


def test_what_is_no_option_stays_as_it_is() -> None:
    names = OptionNames({})
    for content in (None, "High", 3, [], [None, "High"], {}, {"name": "High"}, {"id": "1"}, {"id": "1", "name": None}):
        assert names.recall("c", content) == content
