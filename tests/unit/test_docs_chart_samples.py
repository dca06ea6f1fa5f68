"""The pictures on the page of charts are drawn as charts are drawn today."""

from __future__ import annotations

from docs.chart_samples import FOLDER, pictures

PAGE = FOLDER.parents[1] / "how-to" / "charts.md"


def test_every_sample_is_on_the_page_is_of_today_and_none_is_left_over() -> None:
    made = pictures()
    assert {path.name for path in FOLDER.iterdir()} == made.keys()
    for name, svg in made.items():
        assert f"(../images/temperature/{name})" in PAGE.read_text("utf-8")
        drawn = (FOLDER / name).read_text("utf-8")
        assert drawn == svg, f"{name}: run python -m docs.chart_samples"
