"""Truth inference: the answer behind many judgments, how sure it is, and how reliable each person was.

Every estimator takes a pandas frame with the columns `task`, `worker`, `label`:

    >>> estimator = DawidSkene()
    >>> answers = estimator.fit_predict(judgments, gold={"task 7": "cat"})

and afterwards holds `labels_`, `probas_`, `skills_`, `iterations_` and `converged_`. Where labels are texts, boxes,
spans or rankings (`Transcripts`, `Boxes`, `Spans`, `Rankings`) there is `confidence_` instead of `probas_`, and
`BradleyTerry` reads comparisons. None of them draws random numbers: the same judgments give the same result.
"""

from calibration.inference.agreement import (
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    krippendorff_interval,
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
    "pairs_from",
    "percent_agreement",
]
