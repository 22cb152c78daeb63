"""Joining reports into incidents: measured on labelled days, indifferent to order, and explained."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.consensus import summarise
from extractors.daytimes import hours_apart, told_hours
from extractors.gazetteer import Gazetteer
from extractors.grouping import Report
from extractors.incidents import Formed, Incident, form
from extractors.likeness import relation
from extractors.packs import default_packs
from extractors.records import Evidence, Launch

sys.path.insert(0, str(Path(__file__).parent))
from labelled_days import Day, days

PLACES = Gazetteer(default_packs())
ALL_DAYS = days()
AT = datetime(2031, 3, 4, 1, 0, tzinfo=UTC)


def formed(reports: Iterable[Report]) -> Formed:
    return form(reports, gazetteer=PLACES)


def by_launch(result: Formed) -> dict[str, str]:
    return {m.report.launch_id: incident.anchor for incident in result.incidents for m in incident.members}


def pair_counts(chosen: Sequence[Day]) -> tuple[int, int, int]:
    """Pairs of reports rightly joined, wrongly joined, and wrongly kept apart."""
    right = wrong = missed = 0
    for day in chosen:
        found = by_launch(formed(day.reports))
        for a, b in combinations(sorted(day.labels), 2):
            one = day.labels[a] == day.labels[b] != "-"
            joined = a in found and found[a] == found.get(b)
            right, wrong, missed = right + (one and joined), wrong + (joined and not one), missed + (one and not joined)
    return right, wrong, missed


def report(name: str, *, minutes: int = 0, source: str = "Harbour Wire", origin: str = "", **changes: object) -> Report:
    words = "North Korea fired a missile."
    launch = Launch(
        "L1", "PRK", "North Korea", date(2031, 3, 4), "day", None, "ballistic_missile", None, 2, 2, None, None, None,
        None, "conducted", "lead", evidence=(Evidence(0, len(words), words),),
    )  # fmt: skip
    at = AT + timedelta(minutes=minutes)
    return Report(f"{name}:L1", name, origin or name, source, words, at, at.date(), replace(launch, **changes))  # type: ignore[arg-type]


def only(reports: Iterable[Report]) -> Incident:
    (incident,) = formed(reports).incidents
    return incident


def test_joining_of_labelled_days() -> None:
    assert len(ALL_DAYS) >= 100
    right, wrong, missed = pair_counts(ALL_DAYS)
    f1 = 2 * right / (2 * right + wrong + missed)
    assert f1 >= 0.95, f"pairwise F1 {f1:.3f}: {right} right, {wrong} wrong, {missed} missed"


def test_no_incident_joins_two_sides() -> None:
    everything = [r for day in ALL_DAYS for r in day.reports]
    for incident in formed(everything).incidents:
        assert len({m.report.launch.country for m in incident.members}) == 1


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(ALL_DAYS), st.randoms(use_true_random=False))
def test_order_of_arrival_is_of_no_account(day: Day, shuffler: random.Random) -> None:
    shuffled = list(day.reports)
    shuffler.shuffle(shuffled)
    assert formed(shuffled) == formed(day.reports)


def test_days_formed_together_are_as_formed_alone() -> None:
    """What lies beyond the margin of a day has no say in it."""
    together = by_launch(formed(r for day in ALL_DAYS for r in day.reports))
    for country in ("PRK", "IRN"):
        for day in ALL_DAYS:
            mine = [r for r in day.reports if r.launch.country == country and r.launch.date_precision == "day"]
            alone = by_launch(formed(mine))
            assert {k: v for k, v in together.items() if k in alone} == alone


def test_a_claimants_correction_supersedes_and_late_repeats_do_not_revive() -> None:
    incident = only(
        [
            report("a", attribution="Joint Chiefs"),
            report("b", minutes=60, source="Capital Post", attribution="Joint Chiefs", count_min=3, count_max=3),
            report("c", minutes=90, source="Bay Times", attribution="Joint Chiefs"),
        ]
    )
    assert (incident.summary.count_min, incident.summary.count_low, incident.summary.count_high) == (3, 3, 3)
    counts = [c for c in incident.summary.claims if c.field == "count"]
    assert [(c.value, c.superseded_at, c.sources) for c in counts] == [
        ("2", AT + timedelta(minutes=60), 2),
        ("3", None, 1),
    ]


def test_copies_are_one_source() -> None:
    incident = only(
        [
            report("wire"),
            *(report(f"copy{n}", minutes=n + 1, source=f"Site {n}", origin="wire") for n in range(5)),
            report("own", minutes=30, source="Capital Post", count_min=3, count_max=3),
            report("other", minutes=40, source="Bay Times", count_min=3, count_max=3),
        ]
    )
    assert (incident.summary.articles, incident.summary.sources) == (8, 3)
    assert incident.summary.count_min == 3
    assert (incident.summary.first_source, incident.summary.next_source) == ("Harbour Wire", "Capital Post")
    assert incident.summary.next_reported_at == AT + timedelta(minutes=30)


def test_figures_have_a_median_and_a_spread() -> None:
    figures = ((300.0, "A"), (350.0, "B"), (340.0, "C"))
    incident = only([report(s, source=s, distance_km=km, minutes=n) for n, (km, s) in enumerate(figures)])
    assert (incident.summary.distance_km, incident.summary.distance_low_km, incident.summary.distance_high_km) == (
        340.0, 300.0, 350.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "apart"),
    [("in the evening", 4 * 60), ("before dawn", 0), ("overnight", 0), ("from night to dawn", None)],
)
def test_parts_of_the_day_go_round_the_clock(text: str, apart: int | None) -> None:
    hours = told_hours(text)
    assert (hours and hours_apart(hours, (4 * 60, 12 * 60))) == apart


def test_a_correction_takes_its_report_along_and_two_corrections_take_none() -> None:
    wrong = report("a", weapon_class="srbm")
    right = report("b", minutes=60, weapon_class="cruise_missile", evidence=(Evidence(0, 11, "Correction."),))
    other = report("c", minutes=90, source="Bay Times", weapon_class="cruise_missile")
    again = replace(right, launch_id="b:L2")
    assert len(formed([wrong, right, other]).incidents) == 1
    assert formed([wrong, right, again, other]) == formed([again, other, right, wrong])
    uncorrected = replace(right, launch=replace(right.launch, evidence=()))
    assert len(formed([wrong, uncorrected, other]).incidents) == 2


def test_reasons_are_told_for_what_is_joined_and_what_is_not() -> None:
    result = formed(
        [
            report("a", time_local="07:10", launch_site="Sunan"),
            report("b", minutes=5, time_local="07:12"),
            report("c", minutes=600, time_local="17:00", launch_site="Wonsan"),
        ]
    )
    first, second = result.incidents
    member = next(m for m in first.members if m.report.article_id == "b")
    assert "launch times 07:10 and 07:12 agree" in [reason.words for reason in member.reasons]
    (apart,) = second.apart
    assert apart.other == first.anchor
    assert any("Sunan and Wonsan lie" in reason.words for reason in apart.reasons)


@pytest.mark.parametrize(
    ("broad", "within", "beyond"),
    [("California", "Vandenberg", "Cape Canaveral"), ("Odisha", "Abdul Kalam Island", "Pokhran")],
)
def test_a_site_lies_in_its_region_however_large(broad: str, within: str, beyond: str) -> None:
    """Regions differ in extent by a factor of ten."""
    told = [report(n, source=n, launch_site=site) for n, site in (("a", broad), ("b", within))]
    assert len(formed(told).incidents) == 1
    told += [report("c", source="c", launch_site=beyond)]
    assert [len(i.members) for i in formed(told).incidents] == [2, 1]


def test_a_plan_becomes_the_launch() -> None:
    plan = report("plan", minutes=-3000, status="planned", weapon_class="space_launch_vehicle", count_min=None)
    flight = report("flight", date=date(2031, 3, 6), weapon_class="space_launch_vehicle", status="failed")
    incident = only([plan, flight])
    assert incident.summary.status == "failed"
    assert [(m.report.article_id, m.how) for m in incident.members] == [("plan", "plan"), ("flight", "report")]
    assert only([plan]).summary.status == "planned"


def test_a_month_with_two_fitting_launches_leaves_the_recall_out() -> None:
    launches = [report("a"), report("b", minutes=20000, date=date(2031, 3, 18))]
    recall = report("r", minutes=90000, date=date(2031, 3, 1), date_precision="month", role="background")
    assert formed([*launches, recall]).left_out == ("r:L1",)
    assert [m.how for m in only([launches[0], recall]).members] == ["report", "recall"]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("srbm", "srbm", "same"),
        ("missile", "icbm", "broader"),
        ("srbm", "mrbm", "near"),
        ("srbm", "icbm", "conflict"),
        ("attack_drone", "ballistic_missile", "conflict"),
        ("space_launch_vehicle", "ballistic_missile", "near"),
    ],
)
def test_class_relations(a: str, b: str, expected: str) -> None:
    assert relation(a, b) == relation(b, a) == expected  # type: ignore[arg-type]


def test_summary_of_claims_that_disagree_on_class_takes_the_most_specific() -> None:
    reports = [
        report("a", source="A", weapon_class="missile"),
        report("b", source="B", weapon_class="ballistic_missile"),
        report("c", source="C", weapon_class="srbm"),
    ]
    assert summarise(reports, gazetteer=PLACES).weapon_class == "srbm"


def test_a_thousand_reports_of_one_day_finish() -> None:
    reports = [
        report(f"r{n}", source=f"S{n % 40}", minutes=n, count_min=n % 7, count_max=n % 7, launch_site=f"Place {n % 9}")
        for n in range(1000)
    ]
    assert sum(len(i.members) for i in formed(reports).incidents) == 1000
