"""Addresses, ways out of a refused design, and what two designs have in common."""

from dataclasses import replace

import pytest

from marketplace.design import (
    DEFAULT,
    EVERY,
    ChargeType,
    Dashboard,
    Design,
    FeePayer,
    LossOwner,
    Onboarding,
)
from marketplace.design.rules import Verdict, judge
from marketplace.errors import Conflict
from marketplace.guide import atlas, built, options, prompt, report

REFUSED = replace(DEFAULT, fee_payer=FeePayer.SELLER)


def test_every_design_has_an_address_that_leads_back_to_it() -> None:
    for design in EVERY:
        assert options.read(options.address(design)) == (design, ())
        assert options.from_short(options.short(design)) == design


def test_an_empty_address_is_this_shop() -> None:
    assert options.read({}) == (DEFAULT, ())


def test_an_unknown_value_is_named_and_the_rest_is_kept() -> None:
    design, unknown = options.read({"charge": "direkt", "dashboard": "full", "colour": "red"})
    assert design == replace(DEFAULT, dashboard=Dashboard.FULL)
    assert [(it.question.name, it.value) for it in unknown] == [("charge", "direkt")]


@pytest.mark.parametrize("text", ["", "hosted", "a-b-c-d-e-f", "-----", "hosted-express"])
def test_what_is_no_design_is_none(text: str) -> None:
    assert options.from_short(text) is None


def test_a_refused_option_stays_visible_with_its_rule() -> None:
    fees = next(question for question in options.QUESTIONS if question.name == "fees")
    seller, platform = options.offers(DEFAULT, fees)
    assert seller.obstacle is not None
    assert seller.obstacle.id == "losses-need-fees"
    assert platform.taken
    assert platform.obstacle is None


def test_every_design_that_cannot_be_built_is_near_to_one_that_can() -> None:
    for design in EVERY:
        out = options.ways_out(design)
        if judge(design).can_be_built:
            assert out == []
        else:
            assert len(out) == 3
            assert all(judge(near).can_be_built for near in out)
            assert len(options.differences(design, out[0])) <= 2


def test_the_nearest_way_out_changes_as_little_as_possible() -> None:
    nearest = options.ways_out(REFUSED)[0]
    assert [question.name for question in options.differences(REFUSED, nearest)] == ["fees"]


def test_there_is_no_prompt_for_what_cannot_be_built() -> None:
    for design in EVERY:
        if not judge(design).can_be_built:
            with pytest.raises(Conflict, match="There is no prompt"):
                prompt.prompt(report.guide(design))
    with pytest.raises(Conflict, match="losses-need-fees"):
        prompt.prompt(report.guide(REFUSED))


def test_the_shop_says_of_itself_that_it_runs_here() -> None:
    assert built.described_only(DEFAULT) == []


def test_what_is_taken_out_of_a_registry_is_only_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two enums share the word `platform`; neither may stand in for the other.
    monkeypatch.setattr(built, "_OTHERS", (*Dashboard, *FeePayer, LossOwner.STRIPE))
    assert [question.name for question in built.described_only(DEFAULT)] == ["losses"]


def test_every_preset_can_be_built() -> None:
    assert all(judge(preset.design).verdict is Verdict.ALLOWED for preset in atlas.PRESETS)


def test_the_tables_show_every_design_once() -> None:
    shown = [
        cell.design
        for api in type(DEFAULT.accounts_api)
        for line in atlas.table(api)
        for cell in line.cells
    ]
    assert sorted(map(options.short, shown)) == sorted(map(options.short, EVERY))
    assert sum(atlas.counts().values()) == 216


def test_a_comparison_marks_what_differs_and_only_that() -> None:
    direct = replace(DEFAULT, charge_type=ChargeType.DIRECT)
    rows = report.compare(report.guide(DEFAULT), report.guide(direct))
    told = {row.title for row in rows if row.differs}
    assert {"Charge type", "Refunds", "Disputes"} <= told
    assert not {"Onboarding", "Losses", "Verdict"} & told
    same = report.compare(report.guide(DEFAULT), report.guide(DEFAULT))
    assert not [row for row in same if row.differs]


def test_data_and_text_say_the_same() -> None:
    design: Design = replace(DEFAULT, onboarding=Onboarding.EMBEDDED)
    guide = report.guide(design)
    data = report.as_json(guide)
    text = prompt.markdown(guide)
    assert f"Verdict: {data['verdict']}" in text
    for step in data["steps"]:
        assert step["title"] in text
    for rule in data["rules"]:
        assert rule["id"] in text
    for request in data["requests"]:
        assert request["python"] in text
