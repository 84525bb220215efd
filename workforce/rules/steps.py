"""Steps on the way in: which a pool may ask for, and how one stands by the facts."""

from collections.abc import Iterable, Mapping

from i18n import Message, _
from kernel.errors import Invalid
from workforce.values import STEPS, Owner, StepView

_DONE = _("Done.")
_ASKED: Mapping[str, Message] = {
    "email": _(
        "Open the address in the letter that was sent there. What is written about work and pay comes this way."
    ),
    "profile": _(
        "Say in which country you live and how many hours a week you could work, so that work can be planned."
    ),
    "languages": _("Name a language that you know. Work is handed out by what is proven."),
    "agreements": _("Read and sign what is asked of everybody. No work opens before that."),
    "identity": _("Show who you are. Work with protected data is open to verified people alone."),
    "payout": _("Say where your pay is to be sent. Nothing is lost before: it is kept for you."),
    "test": _("Pass a test of a kind of work, or be let in by the vendor."),
}
_HANDED_IN: Mapping[str, Message] = {
    "languages": _("Named, and not proven yet: by a test, by natives, or by the vendor."),
    "identity": _("The vendor has to look at it."),
}


def clean_steps(codes: Iterable[str]) -> list[str]:
    """Known steps, each once, in the order given; raises Invalid."""
    given = list(codes)
    if len(set(given)) != len(given) or not set(given) <= set(STEPS):
        message = _("Choose each step at most once, and only steps that there are.")
        raise Invalid("steps.invalid", message, fields={"steps": message})
    return given


def step(code: str, is_done: bool, is_handed_in: bool) -> StepView:
    """How a step stands: done, with the vendor because the person has done their part, or with the person."""
    if is_done:
        return StepView(code, Owner.NOBODY, _DONE)
    if is_handed_in:
        return StepView(code, Owner.VENDOR, _HANDED_IN[code])
    return StepView(code, Owner.PERSON, _ASKED[code])
