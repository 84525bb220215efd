"""Truth inference: the answer behind many judgments, how sure it is, and how reliable each person was.

Every estimator takes a pandas frame with the columns `task`, `worker`, `label`:

    >>> estimator = DawidSkene()
    >>> answers = estimator.fit_predict(judgments, gold={"task 7": "cat"})

returns the answer of each task, and afterwards holds `labels_`, `probas_` (tasks × labels, rows sum to one), `skills_`,
`iterations_` and `converged_`. A label that a worker gave to a task more than once counts once.

A task of `BradleyTerry` is a pair of things (left, right) and its label the winner; it also reads a frame `left`,
`right`, `label`. Where labels are numbers, texts, boxes, spans or rankings (`Numbers`, `Transcripts`, `Boxes`, `Spans`,
`Rankings`), the answer is put together from several, so that `probas_` tells the weight behind each label as it was
given, and `confidence_` how near they come to the answer. None of them draws random numbers: the same judgments give
the same result.
"""

from calibration.inference.agreement import (
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    krippendorff_interval,
    mean_cohen_kappa,
    percent_agreement,
)
from calibration.inference.boxes import Boxes
from calibration.inference.bradley_terry import BradleyTerry, pairs_from
from calibration.inference.counters import AgreementCounter, Level, PairCounter
from calibration.inference.dawid_skene import DawidSkene
from calibration.inference.estimator import Estimator, TooManyLabels
from calibration.inference.fusion import Fusion
from calibration.inference.glad import GLAD
from calibration.inference.mace import MACE
from calibration.inference.numbers import Numbers
from calibration.inference.one_coin import OneCoin
from calibration.inference.online import Outlook
from calibration.inference.rankings import Rankings
from calibration.inference.spans import Spans
from calibration.inference.temperature import Temperature, calibrate, calibration_error, log_loss
from calibration.inference.transcripts import Transcripts
from calibration.inference.votes import MajorityVote, WeightedVote

__all__ = [
    "GLAD",
    "MACE",
    "AgreementCounter",
    "Boxes",
    "BradleyTerry",
    "DawidSkene",
    "Estimator",
    "Fusion",
    "Level",
    "MajorityVote",
    "Numbers",
    "OneCoin",
    "Outlook",
    "PairCounter",
    "Rankings",
    "Spans",
    "Temperature",
    "TooManyLabels",
    "Transcripts",
    "WeightedVote",
    "calibrate",
    "calibration_error",
    "cohen_kappa",
    "fleiss_kappa",
    "krippendorff_alpha",
    "krippendorff_interval",
    "log_loss",
    "mean_cohen_kappa",
    "pairs_from",
    "percent_agreement",
]
