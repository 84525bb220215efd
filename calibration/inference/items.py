"""How hard questions are and how sharply they part people, from who answered which of them right.

The model is Birnbaum's with a fixed share of lucky guesses: P(right) = c + (1 - c) / (1 + exp(-a (ability - b))).
Questions are estimated by marginal maximum likelihood: abilities are integrated out over a grid, and each group of
people (a language) has an ability distribution of its own, so that a group's level is not mistaken for its questions'
ease. Questions that several groups answer tie the groups to one scale. Bock and Aitkin, Psychometrika 46, 1981.
Priors keep what few answers say within bounds: b ~ N(0, 1.7), log a ~ N(0, 0.3). The discrimination of a question
with fewer than 500 answers is kept at 1. The first group has mean ability 0 and spread 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.rules.special import expit, ndtr

PUBLISH_FROM = 30  # answers, before a difficulty is told
DISCRIMINATE_FROM = 500
DIF_LEAST = 20  # answers of each group to a question, before its groups are compared
DIF_LARGE = 1.5  # on the delta scale, where the comparison matters
_B_SPREAD = 1.7
_LOG_A_SPREAD = 0.3
_GRID = np.linspace(-4.0, 4.0, 33)
_ROUNDS = 200
_STEADY = 1e-4
_STRATA = 5
_PURIFICATIONS = 6

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: who gave it, in which group they are, to which question, and whether it was right."""

    person: str
    group: str
    item: str
    right: bool


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """A question's figures: `error` is the standard error of its difficulty, `rest` how its answers go with others'."""

    answers: int
    right: int
    difficulty: float
    discrimination: float
    error: float
    rest: float | None

    @property
    def is_published(self) -> bool:
        return self.answers >= PUBLISH_FROM

    @property
    def looks_miskeyed(self) -> bool:
        """Whether those who are good elsewhere answer it worse, by more than chance: probably its key is wrong."""
        return self.is_published and self.rest is not None and self.rest + 1.645 / self.answers**0.5 < 0.0


@dataclass(frozen=True, slots=True)
class Dif:
    """A question that two groups of equal ability answer differently; a positive `delta` favours the reference.

    Mantel-Haenszel: `odds` is the common odds ratio over strata of ability, `chi2` its continuity-corrected test, and
    `delta` is -2.35 ln(odds) turned so that more means harder for the focal group.
    """

    item: str
    reference: str
    focal: str
    odds: float
    delta: float
    chi2: float

    @property
    def is_flagged(self) -> bool:
        """Large, and more than chance (5%): class C of the Educational Testing Service."""
        return self.chi2 > 3.84 and abs(self.delta) >= DIF_LARGE


@dataclass(frozen=True, slots=True)
class Estimated:
    """The questions' figures, each person's ability, and the mean and spread of each group."""

    items: dict[str, ItemFigures]
    abilities: dict[str, float]
    groups: dict[str, tuple[float, float]]


def estimate_items(responses: Sequence[Response], *, guess: float | Mapping[str, float] = 0.0) -> Estimated:
    """Difficulty and discrimination of every question; the same responses in any order give the same figures."""
    if not responses:
        return Estimated({}, {}, {})
    table = _Table(responses, guess)
    a, b = np.ones(len(table.items)), table.start()
    means, spreads = np.zeros(len(table.groups)), np.ones(len(table.groups))
    posterior = table.posterior(a, b, means, spreads)
    for _ in range(_ROUNDS):
        new_a, new_b = table.maximised(posterior, a, b)
        means, spreads = table.moments(posterior)
        change = float(np.abs(new_b - b).max())
        a, b = new_a, new_b
        posterior = table.posterior(a, b, means, spreads)
        if change < _STEADY:
            break
    return table.told(a, b, means, spreads, posterior)


class _Table:
    """Responses as arrays: one entry for each answer, with the numbers of its person and question."""

    def __init__(self, responses: Sequence[Response], guess: float | Mapping[str, float]) -> None:
        from scipy.sparse import csr_array

        self.items = sorted({each.item for each in responses})
        self.people = sorted({each.person for each in responses})
        sizes: dict[str, int] = {}
        for each in responses:
            sizes[each.group] = sizes.get(each.group, 0) + 1
        self.groups = sorted(sizes, key=lambda name: (-sizes[name], name))  # the largest one sets the scale
        place = {name: number for number, name in enumerate(self.items)}
        person = {name: number for number, name in enumerate(self.people)}
        group = {name: number for number, name in enumerate(self.groups)}
        ordered = sorted(responses, key=lambda each: (each.person, each.item))
        self.item = np.array([place[each.item] for each in ordered])
        self.person = np.array([person[each.person] for each in ordered])
        self.right = np.array([float(each.right) for each in ordered])
        self.group_of = np.zeros(len(self.people), dtype=np.int64)
        self.group_of[self.person] = [group[each.group] for each in ordered]
        chances = dict.fromkeys(self.items, guess) if isinstance(guess, float | int) else guess
        self.guess = np.array([float(chances.get(name, 0.0)) for name in self.items])
        shape = len(self.items), len(self.people)
        self.asked = csr_array((np.ones(len(ordered)), (self.item, self.person)), shape=shape)
        self.solved = csr_array((self.right, (self.item, self.person)), shape=shape)
        self.counts = np.bincount(self.item, minlength=len(self.items)).astype(float)
        self.rights = np.bincount(self.item, weights=self.right, minlength=len(self.items))

    def start(self) -> Floats:
        """Difficulties from the plain share of right answers."""
        share = np.clip((self.rights + 1.0) / (self.counts + 2.0), self.guess + 0.02, 0.98)
        known = np.clip((share - self.guess) / (1.0 - self.guess), 0.02, 0.98)
        return np.asarray(-np.log(known / (1.0 - known)), dtype=float)

    def chances(self, a: Floats, b: Floats) -> Floats:
        """P(right) by question and ability of the grid."""
        return np.asarray(
            self.guess[:, None] + (1.0 - self.guess[:, None]) * expit(a[:, None] * (_GRID[None, :] - b[:, None]))
        )

    def posterior(self, a: Floats, b: Floats, means: Floats, spreads: Floats) -> Floats:
        """P(ability) by person over the grid, given their answers and their group."""
        chances = np.clip(self.chances(a, b), 1e-6, 1.0 - 1e-6)
        total = -0.5 * ((_GRID[None, :] - means[self.group_of, None]) / spreads[self.group_of, None]) ** 2
        missed = np.log1p(-chances)
        total = total + self.asked.T @ missed + self.solved.T @ (np.log(chances) - missed)
        total -= total.max(axis=1, keepdims=True)
        weights = np.exp(total)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    def moments(self, posterior: Floats) -> tuple[Floats, Floats]:
        """Mean and spread of each group; the first is held at 0 and 1, which fixes the scale."""
        mass = np.array([posterior[self.group_of == n].sum(axis=0) for n in range(len(self.groups))])
        mass /= mass.sum(axis=1, keepdims=True)
        means = mass @ _GRID
        spreads = np.sqrt(np.maximum((mass * (_GRID[None, :] - means[:, None]) ** 2).sum(axis=1), 0.09))
        means[0], spreads[0] = 0.0, 1.0
        return means, spreads

    def maximised(self, posterior: Floats, a: Floats, b: Floats) -> tuple[Floats, Floats]:
        """One scoring step for each question on the expected counts, held back by the priors."""
        asked, right = self._expected(posterior)
        core = expit(a[:, None] * (_GRID[None, :] - b[:, None]))
        chances = np.clip(self.guess[:, None] + (1.0 - self.guess[:, None]) * core, 1e-6, 1.0 - 1e-6)
        slope = (1.0 - self.guess[:, None]) * core * (1.0 - core)
        error = (right - asked * chances) / (chances * (1.0 - chances))
        information = asked * slope**2 / (chances * (1.0 - chances))
        gradient_b = (error * slope * -a[:, None]).sum(axis=1) - b / _B_SPREAD**2
        weight_b = (information * a[:, None] ** 2).sum(axis=1) + 1.0 / _B_SPREAD**2
        distance = _GRID[None, :] - b[:, None]
        log_a = np.log(a)
        gradient_a = (error * slope * distance * a[:, None]).sum(axis=1) - log_a / _LOG_A_SPREAD**2
        weight_a = (information * (distance * a[:, None]) ** 2).sum(axis=1) + 1.0 / _LOG_A_SPREAD**2
        step_a = np.where(self.counts >= DISCRIMINATE_FROM, gradient_a / weight_a, 0.0)
        return (
            np.exp(np.clip(log_a + np.clip(step_a, -0.3, 0.3), -1.2, 1.2)),
            np.clip(b + np.clip(gradient_b / weight_b, -1.0, 1.0), -5.0, 5.0),
        )

    def _expected(self, posterior: Floats) -> tuple[Floats, Floats]:
        return np.asarray(self.asked @ posterior), np.asarray(self.solved @ posterior)

    def told(self, a: Floats, b: Floats, means: Floats, spreads: Floats, posterior: Floats) -> Estimated:
        asked, _right = self._expected(posterior)
        core = expit(a[:, None] * (_GRID[None, :] - b[:, None]))
        chances = np.clip(self.guess[:, None] + (1.0 - self.guess[:, None]) * core, 1e-6, 1.0 - 1e-6)
        slope = (1.0 - self.guess[:, None]) * core * (1.0 - core) * a[:, None]
        information = (asked * slope**2 / (chances * (1.0 - chances))).sum(axis=1) + 1.0 / _B_SPREAD**2
        rest = self._rest()
        figures = {
            name: ItemFigures(
                int(self.counts[n]),
                int(self.rights[n]),
                float(b[n]),
                float(a[n]),
                float(information[n] ** -0.5),
                rest[n],
            )
            for n, name in enumerate(self.items)
        }
        abilities = dict(zip(self.people, (posterior @ _GRID).tolist(), strict=True))
        groups = {name: (float(means[n]), float(spreads[n])) for n, name in enumerate(self.groups)}
        return Estimated(figures, abilities, groups)

    def _rest(self) -> list[float | None]:
        """Correlation of a question's answers with the share of right ones among the same people's other answers."""
        given = np.bincount(self.person, minlength=len(self.people)).astype(float)
        right = np.bincount(self.person, weights=self.right, minlength=len(self.people))
        others = given[self.person] - 1.0
        counted = others > 0
        share = np.zeros_like(self.right)
        share[counted] = (right[self.person] - self.right)[counted] / others[counted]
        size = len(self.items)
        n = np.bincount(self.item[counted], minlength=size).astype(float)

        def total(values: Floats) -> Floats:
            return np.bincount(self.item[counted], weights=values[counted], minlength=size).astype(float)

        sx, sy = total(self.right), total(share)
        sxx, syy, sxy = total(self.right**2), total(share**2), total(self.right * share)
        vx, vy, cov = n * sxx - sx**2, n * syy - sy**2, n * sxy - sx * sy
        return [float(cov[k] / np.sqrt(vx[k] * vy[k])) if vx[k] > 1e-9 and vy[k] > 1e-9 else None for k in range(size)]


def compare_groups(
    responses: Sequence[Response], *, guess: Mapping[str, float] | None = None
) -> tuple[Estimated, list[Dif]]:
    """The questions on one scale, and every group against the largest one.

    People are matched by abilities that are estimated without regard to groups. A question that differs would bend
    these, so what is flagged is left out of them and all questions are compared again, until the same ones are
    flagged. Those are then measured in each group by itself (as `question` + newline + `group`), and tie nothing.
    """
    chances = dict(guess or {})
    sizes: dict[str, int] = {}
    for each in responses:
        sizes[each.group] = sizes.get(each.group, 0) + 1
    ordered = sorted(sizes, key=lambda name: (-sizes[name], name))
    most = len({each.item for each in responses}) // 2
    flagged: frozenset[str] = frozenset()
    differences: list[Dif] = []
    for _ in range(_PURIFICATIONS if len(ordered) > 1 else 0):
        matched = [replace(each, group="") for each in responses if each.item not in flagged]
        abilities = estimate_items(matched, guess=chances).abilities
        differences = [dif for focal in ordered[1:] for dif in differing(responses, abilities, ordered[0], focal)]
        worst = sorted((each for each in differences if each.is_flagged), key=lambda each: (-each.chi2, each.item))
        now = frozenset(each.item for each in worst[:most])
        if now == flagged:
            break
        flagged = now
    split = {f"{item}\n{group}": chances.get(item, 0.0) for item in flagged for group in ordered}
    told = [_apart(each) if each.item in flagged else each for each in responses]
    return estimate_items(told, guess=chances | split), differences


def _apart(response: Response) -> Response:
    return replace(response, item=f"{response.item}\n{response.group}")


def differing(responses: Sequence[Response], abilities: Mapping[str, float], reference: str, focal: str) -> list[Dif]:
    """Mantel-Haenszel over strata of ability, for each question that enough people of both groups answered.

    Mantel and Haenszel, JNCI 22, 1959; for test questions Holland and Thayer, 1988.
    """
    both = [each for each in responses if each.group in (reference, focal) and each.person in abilities]
    known = sorted({each.person for each in both})
    cuts = np.linspace(0, 1, _STRATA + 1)[1:-1]
    edges: Floats = np.quantile([abilities[name] for name in known], cuts) if known else np.zeros(0)
    stratum = {name: int(np.searchsorted(edges, abilities[name], side="right")) for name in known}
    cells: dict[str, NDArray[np.float64]] = {}
    for each in both:
        cell = cells.setdefault(each.item, np.zeros((_STRATA, 2, 2)))
        cell[stratum[each.person], int(each.group == focal), int(not each.right)] += 1.0
    found = (_compared(item, cell, reference, focal) for item, cell in sorted(cells.items()))
    return [each for each in found if each is not None]


def _compared(item: str, cell: NDArray[np.float64], reference: str, focal: str) -> Dif | None:
    if cell.sum(axis=(0, 2)).min() < DIF_LEAST:
        return None
    total = cell.sum(axis=(1, 2))
    kept = cell[total > 1.0]
    total = kept.sum(axis=(1, 2))
    a, b, c, d = kept[:, 0, 0], kept[:, 0, 1], kept[:, 1, 0], kept[:, 1, 1]
    up, down = float((a * d / total).sum()), float((b * c / total).sum())
    expected = (a + b) * (a + c) / total
    variance = float(((a + b) * (c + d) * (a + c) * (b + d) / (total**2 * (total - 1.0))).sum())
    if variance == 0.0:
        return None
    least = 0.5 / float(total.sum())  # so that a table without misses has odds too
    odds = (up + least) / (down + least)
    chi2 = max(0.0, abs(float((a - expected).sum())) - 0.5) ** 2 / variance
    return Dif(item, reference, focal, odds, 2.35 * float(np.log(odds)), chi2)


def expected_share(figures: Sequence[ItemFigures], ability: float, guess: float = 0.0) -> float | None:
    """The share of a form's questions that somebody of this ability answers right; None where none is known."""
    known = [each for each in figures if each.is_published]
    if not known:
        return None
    chances = [
        guess + (1.0 - guess) * float(expit(each.discrimination * (ability - each.difficulty))) for each in known
    ]
    return float(np.mean(chances))


def two_sided(chi2: float) -> float:
    """How often chance alone gives so much, for one degree of freedom."""
    return float(2.0 * ndtr(-np.sqrt(chi2)))
