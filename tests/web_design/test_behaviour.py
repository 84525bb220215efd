"""What the script adds to pages that work without it: keys, drafts, questions, menus, jobs that show themselves."""

from playwright.sync_api import Browser, Page, expect

from tests.web_design import stub
from tests.web_design.stage import Stage

HEAD = (
    '<!doctype html><html lang="en"><head><title>t</title><meta name="csrf-token" content="a-token">'
    '<script src="/static/app.js" defer></script></head><body>'
)
DRAFT = (
    '<form method="post" action="/send" data-keys data-draft-url="/draft">'
    '<input type="hidden" name="csrf_token" value="x">'
    '<label class="opt"><input type="radio" name="label" value="a">A</label>'
    '<label class="opt"><input type="radio" name="label" value="b">B</label><textarea name="why"></textarea>'
    '<p data-draft data-saved="Draft saved {time}" data-offline="Kept here" data-unsaved="Not saved"></p>'
    '<button data-key="s" name="skip" type="button">Skip</button><button>Send</button></form>'
)


def opened(stage: Stage, tab: Page, html: str) -> Page:
    stage.pages["/"] = [html]
    tab.goto(stage.url + "/")
    return tab


def test_a_digit_chooses_its_answer_but_not_while_somebody_types(stage: Stage, tab: Page) -> None:
    page = opened(stage, tab, HEAD + DRAFT)
    page.keyboard.press("2")
    assert page.locator("input[value=b]").is_checked()
    page.locator("textarea").focus()
    page.keyboard.press("1")
    assert page.locator("input[value=b]").is_checked()
    assert page.locator("textarea").input_value() == "1"


def test_a_letter_presses_its_button(stage: Stage, tab: Page) -> None:
    page = opened(stage, tab, HEAD + DRAFT)
    page.keyboard.press("s")
    assert page.evaluate("document.activeElement.name") == "skip"


def test_a_draft_is_sent_once_after_the_last_change_with_the_token(stage: Stage, tab: Page) -> None:
    page = opened(stage, tab, HEAD + DRAFT)
    page.keyboard.press("1")
    page.locator("textarea").type("because")
    expect(page.locator("[data-draft]")).to_contain_text("Draft saved")
    assert stage.asked == [("/draft", "label=a&why=because", "a-token")]
    assert page.evaluate("sessionStorage.length") == 0


def test_a_draft_is_kept_while_offline_and_sent_when_the_line_is_back(stage: Stage, tab: Page) -> None:
    page = opened(stage, tab, HEAD + DRAFT)
    page.context.set_offline(True)
    page.locator("textarea").type("because")
    expect(page.locator("[data-draft]")).to_have_text("Kept here")
    page.context.set_offline(False)
    expect(page.locator("[data-draft]")).to_contain_text("Draft saved")
    assert stage.asked == [("/draft", "why=because", "a-token")]


def test_a_kept_draft_fills_the_form_again(stage: Stage, tab: Page) -> None:
    page = opened(stage, tab, HEAD + DRAFT)
    kept = '{"pairs": [["label", "b"], ["why", "yes"]], "stopped": false}'
    page.evaluate("kept => sessionStorage.setItem('draft:/draft', kept)", kept)
    page.reload()
    assert page.locator("input[value=b]").is_checked()
    assert page.locator("textarea").input_value() == "yes"


def stored(page: Page) -> int:
    return int(page.evaluate("sessionStorage.length + localStorage.length"))


def test_a_form_that_asks_for_it_keeps_nothing_in_the_browser_and_is_sent_when_the_line_is_back(
    stage: Stage, tab: Page
) -> None:
    page = opened(stage, tab, HEAD + DRAFT.replace("data-keys", "data-keys data-in-page"))
    page.context.set_offline(True)
    page.locator("textarea").type("because")
    assert stored(page) == 0
    expect(page.locator("[data-draft]")).to_have_text("Kept here")
    page.get_by_role("button", name="Send").click()
    assert stored(page) == 0 and page.url == stage.url + "/", "without a line the page does not go"
    assert page.locator("textarea").input_value() == "because"
    with page.expect_navigation(url="**/send") as sent:
        page.context.set_offline(False)
    assert sent.value.request.post_data == "csrf_token=x&why=because"


def test_what_a_tab_kept_before_its_form_asked_for_nothing_of_it_goes_to_the_server_and_out_of_the_tab(
    stage: Stage, tab: Page
) -> None:
    page = opened(stage, tab, HEAD + DRAFT)
    page.evaluate("""sessionStorage.setItem('draft:/draft', '{"pairs": [["why", "yes"]], "stopped": false}')""")
    stage.pages["/"] = [HEAD + DRAFT.replace("data-keys", "data-keys data-in-page")]
    page.reload()
    assert (page.locator("textarea").input_value(), stored(page)) == ("yes", 0)
    expect(page.locator("[data-draft]")).to_contain_text("Draft saved")
    assert stage.asked == [("/draft", "why=yes", "a-token")]


def test_what_is_destructive_is_asked_first(stage: Stage, tab: Page) -> None:
    page = opened(stage, tab, stub.gallery("en"))
    page.get_by_role("button", name="Withdraw").click()
    box = page.get_by_role("dialog", name="Withdraw this project?")
    expect(box).to_contain_text("640 open units go back to the client.")
    expect(box.get_by_role("button", name="Keep it as it is")).to_be_focused()
    page.keyboard.press("Enter")
    expect(box).to_be_hidden()
    assert stage.asked == []


def test_a_confirmed_act_is_sent(stage: Stage, tab: Page) -> None:
    page = opened(stage, tab, stub.account("en"))
    page.get_by_role("button", name="Revoke").click()
    with page.expect_navigation(url="**/web.revoke_token/t1") as sent:
        page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    assert sent.value.request.post_data == "csrf_token=a-token"


def test_escape_closes_a_menu_and_gives_the_focus_back(stage: Stage, tab: Page) -> None:
    page = opened(stage, tab, stub.gallery("en"))
    summary = page.locator("details.menu > summary").last
    summary.click()
    page.keyboard.press("Escape")
    assert page.locator("details.menu[open]").count() == 0
    expect(summary).to_be_focused()


def test_a_password_can_be_looked_at(stage: Stage, tab: Page) -> None:
    page = opened(stage, tab, stub.sign_in("en"))
    page.get_by_role("button", name="Show the password").click()
    assert page.locator("#password").get_attribute("type") == "text"


def test_the_summary_of_errors_has_the_focus_and_leads_to_its_field(stage: Stage, tab: Page) -> None:
    page = opened(stage, tab, stub.sign_in("en"))
    expect(page.locator(".note.bad")).to_be_focused()
    page.locator(".note.bad a").click()
    assert page.url.endswith("#password")


def test_a_job_shows_how_it_stands_until_it_is_done(stage: Stage, tab: Page) -> None:
    told = {"id": "7", "title": "Release 3 is being built", "detail": "", "result_url": "/r", "error": ""}
    card = lambda state, percent: stub.render(  # noqa: E731
        "web/jobs_status.html", "en", job=told | {"state": state, "percent": percent}, job_url="/job"
    )
    stage.pages["/job"] = [card("running", 80), card("done", 100)]
    page = opened(stage, tab, HEAD.replace("app.js", "vendor/htmx.min.js") + card("running", 62))
    expect(page.locator("progress")).to_have_js_property("value", 80, timeout=6_000)
    expect(page.get_by_role("link", name="Open the result")).to_be_visible(timeout=6_000)
    assert page.locator("[hx-get]").count() == 0


def test_pages_work_with_scripts_off(stage: Stage, browser: Browser) -> None:
    stage.pages["/"] = [stub.gallery("en", annotator=True)]
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(stage.url + "/")
    page.locator("details.menu > summary").first.click()
    with page.expect_navigation(url="**/web.switch_place") as sent:
        page.get_by_role("button", name="Sahel Voices").click()
    assert sent.value.request.post_data == "csrf_token=a-token&membership=m2"
    page.context.close()
