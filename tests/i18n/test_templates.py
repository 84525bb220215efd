"""Templates: translated for the current reader, with values escaped and numbers in the reader's digits."""

import pytest
from jinja2 import Environment

from i18n import Message, use_locale
from i18n.templates import install


@pytest.fixture
def environment() -> Environment:
    environment = Environment(autoescape=True)
    install(environment)
    return environment


def _render(environment: Environment, source: str, **values: object) -> str:
    return environment.from_string(source).render(**values)


def test_values_are_escaped_and_the_text_is_not(environment: Environment) -> None:
    source = '{{ _("<b>%(name)s</b>", name=name) }}'
    assert _render(environment, source, name="<i>") == "<b>&lt;i&gt;</b>"


def test_blocks_are_trimmed_and_counted(environment: Environment) -> None:
    source = "{% trans count=n %}\n  {{ count }} unit{% pluralize %}\n  {{ count }} units{% endtrans %}"
    assert [_render(environment, source, n=n) for n in (1, 1234)] == ["1 unit", "1,234 units"]


def test_numbers_are_in_the_readers_digits(environment: Environment) -> None:
    with use_locale("ar-EG"):
        assert _render(environment, '{{ ngettext("%(num)s", "%(num)s", 12) }}') == "١٢"


def test_the_reader_is_the_current_one_at_each_rendering(environment: Environment) -> None:
    template = environment.from_string('{{ _("This work asks for a higher level of %(wanted)s.", wanted="X") }}')
    assert template.render() == "This work asks for a higher level of X."
    with use_locale("es-MX"):
        assert template.render() == "Este trabajo pide un nivel más alto de X."


def test_a_deferred_message_is_rendered_and_escaped_as_a_whole(environment: Environment) -> None:
    message = Message("%(a)s <b>", (("a", "<i>"),))
    assert _render(environment, "{{ m }}", m=message) == "&lt;i&gt; &lt;b&gt;"
    assert _render(environment, "{{ _(m) }}", m=message) == "&lt;i&gt; &lt;b&gt;"


def test_a_percent_sign_and_a_missing_value_break_no_page(environment: Environment) -> None:
    assert _render(environment, '{{ _("100%% of %(x)s, 5% off") }}') == "100% of %(x)s, 5% off"
    assert _render(environment, "{% trans %}100% sure{% endtrans %}") == "100% sure"
