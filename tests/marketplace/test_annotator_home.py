"""An annotator's home: the person's own quality in a line, and other people's languages folded away."""

from calibration.operations import grading
from kernel.policy import system_actor
from marketplace.models import Lane
from tests.marketplace.desk import Desk
from tests.marketplace.test_work_pages import app as app
from tests.marketplace.test_work_pages import db as db
from tests.marketplace.test_work_pages import desk as desk
from tests.marketplace.test_work_pages import person as person
from tests.marketplace.test_work_pages import visitor as visitor
from tests.workforce.browser import Visitor


def test_quality_stands_on_the_home_page_before_and_after_there_is_a_figure(desk: Desk, visitor: Visitor) -> None:
    assert "this page shows how good your answers are" in card(visitor.text("/work"))
    task = desk.take(0)
    assert task is not None
    desk.answer(0, task)
    with desk.market.system() as session:
        grading.grade_pending(session, system_actor("test"), 100)
    assert "0 of 20 checks" in card(visitor.text("/work"))


def card(page: str) -> str:
    return page.split('id="quality"')[1].split("</section>")[0]


def test_lanes_in_languages_of_others_are_folded_into_one_line(desk: Desk, visitor: Visitor) -> None:
    assert "not yours" not in visitor.text("/work")
    with desk.market.system() as session:
        session.get_one(Lane, desk.lane).locale = "hi-IN"
    page = visitor.text("/work")
    assert "1 kind of work in a language that is not yours" in page
    assert f'href="/lanes/{desk.lane}/why"' in page and "Language is verified" not in page
