"""Plots put numbers where they belong, say the finding, and let no text out of its place."""

import re

import pytest

from web.plots import (
    Bar,
    Event,
    Interval,
    Point,
    Target,
    Tick,
    bars,
    heat,
    line,
    progress,
    sparkline,
    ticks,
    verdict,
    whisker,
    whiskers,
    wide_whisker,
)
from web.plots.heat import RIGHT_TINTS, WRONG_TINTS, tint_of
from web.plots.svg import Scale, element


def test_a_scale_maps_ends_to_ends_and_holds_what_lies_outside() -> None:
    scale = Scale(80, 100, 0, 200)
    assert [scale(80), scale(90), scale(100), scale(70), scale(110)] == [0, 100, 200, 0, 200]


def test_a_scale_without_extent_puts_its_value_in_the_middle() -> None:
    assert Scale(5, 5, 0, 10)(5) == 5


def test_text_and_attributes_are_escaped() -> None:
    told = element("text", '<script>"&', aria_label='"><script>')
    assert told == ('<text aria-label="&#34;&gt;&lt;script&gt;">&lt;script&gt;&#34;&amp;</text>')


@pytest.mark.parametrize(
    "low, high, target, said",
    [(85, 93, 85, "good"), (81, 91, 85, "wait"), (58, 83, 85, "bad"), (80, 85, 85, "wait")],
)
def test_a_verdict_needs_the_whole_interval_on_one_side(low: float, high: float, target: float, said: str) -> None:
    assert verdict(low, high, target) == said


def test_a_whisker_stands_on_its_scale() -> None:
    drawn = whisker(90, 85, 95, scale=(80, 100), target=85, label="90, between 85 and 95", width=204)
    assert '<rect class="wh-b" x="52.0" y="4" width="100.0" height="8" rx="1.5"/>' in drawn
    assert '<circle class="wh-d" cx="102.0" cy="8" r="4"/>' in drawn
    assert '<line class="wh-g" x1="52.0" x2="52.0" y1="0" y2="16"/>' in drawn
    assert 'class="wh good"' in drawn and 'width="204" height="16"' in drawn
    assert 'role="img" aria-label="90, between 85 and 95"' in drawn


def test_a_wide_whisker_leaves_out_the_end_that_its_target_would_cover() -> None:
    ends = (Tick(0, "0%"), Tick(100, "100%"))
    near_end = wide_whisker(95, 92, 97, ends=ends, target=Target(90, "limit 90%"), label="")
    assert ">0%<" in near_end and ">limit 90%<" in near_end and ">100%<" not in near_end


def test_progress_stacks_its_parts_with_a_thin_gap() -> None:
    drawn = progress([0.5, 0.25], label="50% settled, 25% in review")
    assert '<rect class="f1" x="0.0" y="0" width="49.6" height="4"/>' in drawn
    assert '<rect class="f2" x="50.0" y="0" width="24.6" height="4"/>' in drawn


def test_progress_never_runs_past_its_end_and_may_be_empty() -> None:
    assert 'x="80.0" y="0" width="19.6"' in progress([0.8, 0.9], label="")
    assert "<rect" not in progress([0, 0], label="0%")


def test_ticks_are_round_and_inside() -> None:
    assert [tick.at for tick in ticks(80, 100, str)] == [80, 85, 90, 95, 100]
    assert [tick.at for tick in ticks(0, 48_000, str)] == [0, 20_000, 40_000]
    assert [tick.at for tick in ticks(0.62, 0.78, str)] == [0.65, 0.7, 0.75]
    assert ticks(5, 5, str) == [Tick(5, "5")]


def points(*heights: float | None) -> list[Point]:
    sides = [(x, y, None, None) if y is None else (x, y, y - 1, y + 1) for x, y in enumerate(heights)]
    return [Point(*side) for side in sides]


Y_TICKS = [Tick(80, "80%"), Tick(100, "100%")]


def test_a_line_runs_from_edge_to_edge_on_its_band() -> None:
    drawn = line(points(90, 95), label="Rises", y_ticks=Y_TICKS, last="95%", target=Target(85, "Target 85%"))
    assert '<path class="ln k1" d="M40.0,93.0 330.0,56.5"/>' in drawn
    assert '<path class="bd f1" d="M40.0,85.7 330.0,49.2 330.0,63.8 40.0,100.3Z"/>' in drawn
    assert '<line class="tg" x1="40.0" x2="330.0" y1="129.5" y2="129.5"/>' in drawn
    assert '<text class="strong" x="330.0" y="43.2" text-anchor="end">95%</text>' in drawn


def test_nothing_is_drawn_across_a_gap() -> None:
    drawn = line(points(90, 91, None, 92, 93), label="", y_ticks=Y_TICKS)
    assert len(re.findall(r'class="ln k1"', drawn)) == 2


def test_a_forecast_is_dashed_and_an_event_has_its_words() -> None:
    drawn = line(
        points(90, 91), label="", y_ticks=Y_TICKS, events=[Event(1, "3.2")], forecast=[Point(1, 91), Point(3, 95)]
    )
    assert '<path class="ln k1 ft" d="M136.7,85.7 330.0,56.5"/>' in drawn
    assert ">3.2</text>" in drawn


def test_too_few_points_say_so_instead_of_drawing_a_line() -> None:
    drawn = line(points(90), label="Not yet", y_ticks=Y_TICKS, too_few="1 of 2 days")
    assert "1 of 2 days" in drawn and "k1" not in drawn
    assert "9 of 40" in sparkline([], label="Not yet", text="", too_few="9 of 40")
    assert "no rows" in bars([], label="", too_few="no rows")
    assert "no rows" in whiskers([], label="", x_ticks=[], too_few="no rows")
    assert "no checks" in heat(["a"], [[0]], label="", rows_are="", columns_are="", too_few="no checks")


def test_one_point_is_drawn_as_a_dot_where_one_is_enough() -> None:
    assert 'd="M185.0,93.0 185.0,93.0"' in line(points(90), label="", y_ticks=Y_TICKS, need=1)


def test_bars_start_at_zero_and_the_target_has_its_place() -> None:
    drawn = bars([Bar("Kenya", 100, "100%"), Bar("Egypt", 50, "50%", tone=2)], label="", target=Target(75, "Floor"))
    assert '<rect class="f1" x="118.0" y="26.0" width="160.0" height="16" rx="2"/>' in drawn
    assert '<rect class="f2" x="118.0" y="54.0" width="80.0" height="16" rx="2"/>' in drawn
    assert '<line class="tg" x1="238.0" x2="238.0" y1="14" y2="78.0"/>' in drawn


def test_whiskers_share_one_scale_and_a_row_without_value_says_why() -> None:
    rows = [Interval("Arabic (EG)", 90, 85, 95), Interval("Amharic (ET)", None, text="9 of 40")]
    drawn = whiskers(rows, label="", x_ticks=[Tick(80, "80%"), Tick(100, "100%")])
    assert '<line class="ln k1" x1="170.0" x2="274.0" y1="34.0" y2="34.0"/>' in drawn
    assert '<circle class="f1" cx="222.0" cy="34.0" r="4.5"/>' in drawn
    assert ">9 of 40</text>" in drawn and drawn.count("<circle") == 1


def test_a_long_name_of_a_locale_breaks_before_its_bracket() -> None:
    drawn = bars([Bar("Kiswahili (Congo - Kinshasa)", 1, "1")], label="")
    assert ">Kiswahili</text>" in drawn and ">(Congo - Kinshasa)</text>" in drawn


def test_columns_of_a_heat_map_are_named_where_their_names_fit_and_numbered_like_the_rows_elsewhere() -> None:
    counts = [[5, 1, 0], [0, 6, 1], [2, 0, 9]]
    pair = heat(["Refund", "Network"], [[5, 1], [0, 6]], label="", rows_are="True", columns_are="Answered")
    assert pair.count(">Refund</text>") == pair.count(">Network</text>") == 2
    few = heat(["Refund", "Network", "Something else"], counts, label="", rows_are="", columns_are="", numbers="١٢٣")
    assert few.count(">Something else</text>") == 1 and few.count(">٣</text>") == 2
    assert "…" not in few and "rotate" not in few


def test_a_long_name_of_a_row_takes_two_lines_and_is_told_whole_where_it_is_cut() -> None:
    names = ["Ombi la kurudishiwa pesa", "Kurudishiwakwapesazotekabisa"]
    drawn = heat(names, [[5, 1], [0, 6]], label="", rows_are="", columns_are="")
    assert ">Ombi la</text>" in drawn and ">kurudishiwa pesa</text>" in drawn
    assert re.findall(r"<title>([^<]+)</title>Kurudishiwakwape[a-z]*…</text>", drawn) == [names[1]]


def test_every_cell_of_the_heat_map_carries_its_count() -> None:
    drawn = heat(["Bundle", "Top-up"], [[62, 21], [9, 66]], label="", rows_are="True", columns_are="Answered")
    assert re.findall(r'class="cell [a-z]+"[^>]*>(\d+)<', drawn) == ["62", "21", "9", "66"]
    assert drawn.count('class="hc"') == 2 and drawn.count('class="hx"') == 2


def test_the_tint_follows_the_share_and_nothing_answered_has_none() -> None:
    assert [tint_of(share, right=True) for share in (0, 0.1, 0.3, 0.7)] == [0, 0.15, 0.3, 0.92]
    assert [tint_of(share, right=False) for share in (0, 0.01, 0.06, 0.15, 0.25)] == [0, 0.1, 0.22, 0.34, 0.92]


THEMES = {  # sunken, surface, ink, right, wrong; as in the tokens of the style sheet
    "light": ("eaedea", "ffffff", "18222a", "0b5a75", "a12a1c"),
    "dark": ("0c1215", "172025", "e7ecec", "7fc6dc", "ffa292"),
}


def channels(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]


def luminance(rgb: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("right", [True, False])
def test_counts_can_be_read_on_every_tint(theme: str, right: bool) -> None:
    ground, surface, ink, good, bad = map(channels, THEMES[theme])
    for _, tint in RIGHT_TINTS if right else WRONG_TINTS:
        over = [tint * top + (1 - tint) * under for top, under in zip(good if right else bad, ground, strict=True)]
        assert contrast(surface if tint >= 0.9 else ink, over) >= 4.5, tint
