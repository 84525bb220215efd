"""What rules look at, do, and end by, in words."""

from calibration.values import GateAction, GateMetric
from i18n import Message, _

METRICS: dict[str, Message] = {
    GateMetric.ACCURACY_UPPER: _("Accuracy is surely under the limit"),
    GateMetric.ACCURACY_LOWER: _("Accuracy is not yet surely over the limit"),
    GateMetric.DRIFT: _("Errors have become clearly more frequent"),
}
ACTIONS: dict[str, Message] = {
    GateAction.WARN: _("Warn: the person is told, work goes on"),
    GateAction.RECHECK: _("Check more closely: the next 50 units hold more known answers"),
    GateAction.PAUSE: _("Pause the lane for some days"),
}
ENDS: dict[str, Message] = {
    "recovered": _("accuracy recovered"),
    "time": _("time was over"),
    "lifted": _("undone by a person"),
    "rule": _("rule taken out of force"),
}
CONTRADICTIONS: dict[str, Message] = {
    "fires_on_the_perfect": _("It acts on somebody who has answered everything right: it needs more checked answers."),
    "over_the_test": _("It pauses people whom the test of this lane must let pass: its limit lies over the test’s."),
    "warning_too_late": _("It would never warn in time: another rule pauses first, always."),
    "never_acts": _("It would never pause anybody: another rule pauses first, always."),
    "stops_the_other": _("With it another rule has nothing left to say."),
}


def limit_told(action: str, limit: str) -> Message:
    """The words at a rule's line in a plot."""
    if action == GateAction.WARN:
        return _("Warning at %(limit)s", limit=limit)
    return _("Pause at %(limit)s", limit=limit) if action == GateAction.PAUSE else _("Limit %(limit)s", limit=limit)
