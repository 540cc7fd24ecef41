"""Compositing periods: their first and last days, their names, and that they tile the calendar."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from processing.periods import KINDS, CompositingPeriod

days = st.dates(date(2015, 6, 23), date(2100, 12, 31))
kinds = st.sampled_from(KINDS)


@pytest.mark.parametrize(
    ("kind", "day", "first", "last", "title", "letter", "word"),
    [
        ("day", "2018-05-22", "2018-05-22", "2018-05-22", "22 May 2018", "D", "Daily"),
        ("dekad", "2023-08-10", "2023-08-01", "2023-08-10", "1-10 August 2023", "T", "Ten days"),
        ("dekad", "2023-08-11", "2023-08-11", "2023-08-20", "11-20 August 2023", "T", "Ten days"),
        ("dekad", "2023-08-31", "2023-08-21", "2023-08-31", "21-31 August 2023", "T", "Ten days"),
        ("dekad", "2023-02-21", "2023-02-21", "2023-02-28", "21-28 February 2023", "T", "Ten days"),
        ("month", "2024-02-10", "2024-02-01", "2024-02-29", "February 2024", "M", "Monthly"),
        ("month", "2018-12-31", "2018-12-01", "2018-12-31", "December 2018", "M", "Monthly"),
        ("quarter", "2023-08-11", "2023-07-01", "2023-09-30", "Q3 2023", "Q", "Quarterly"),
        ("quarter", "2023-12-31", "2023-10-01", "2023-12-31", "Q4 2023", "Q", "Quarterly"),
        ("year", "2018-06-01", "2018-01-01", "2018-12-31", "2018", "Y", "Yearly"),
    ],
)
def test_a_period_knows_its_days_and_names(kind, day, first, last, title, letter, word):
    period = CompositingPeriod.containing(kind, date.fromisoformat(day))
    assert (period.first_day.isoformat(), period.last_day.isoformat()) == (first, last)
    assert (period.title, period.letter, period.word) == (title, letter, word)


@given(kinds, days)
def test_the_period_that_contains_a_day_contains_it(kind, day):
    period = CompositingPeriod.containing(kind, day)
    assert period.first_day <= day <= period.last_day


@given(kinds, days)
def test_the_next_period_begins_on_the_day_after_the_last(kind, day):
    period = CompositingPeriod.containing(kind, day)
    assert period.next().first_day == period.last_day + timedelta(days=1)
    assert period.next().kind == kind


@given(kinds, days)
def test_every_day_of_a_period_names_the_same_period(kind, day):
    period = CompositingPeriod.containing(kind, day)
    assert CompositingPeriod.containing(kind, period.first_day) == period
    assert CompositingPeriod.containing(kind, period.last_day) == period


@given(kinds, days)
def test_only_the_first_day_may_be_given_as_the_start(kind, day):
    right = CompositingPeriod.containing(kind, day).first_day
    if day == right:
        assert CompositingPeriod(kind=kind, start=day).first_day == day
    else:
        with pytest.raises(ValidationError, match=f"starts on {right}"):
            CompositingPeriod(kind=kind, start=day)


@pytest.mark.parametrize("day", [date(2023, 8, d) for d in (1, 11, 21)])
def test_there_are_three_dekads_in_a_month(day):
    third = CompositingPeriod(kind="dekad", start=day).next().next().next()
    assert (third.first_day.month, third.first_day.day) == (9, day.day)


@pytest.mark.parametrize(
    "start",
    [1690848000, 1690848000.0, "1690848000", "2023-08-01T00:00:00", datetime(2023, 8, 1), "20230801", None, True],
)
def test_a_start_that_is_no_written_day_is_refused(start):
    with pytest.raises(ValidationError, match="YYYY-MM-DD"):
        CompositingPeriod(kind="month", start=start)
