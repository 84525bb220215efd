"""Special functions of SciPy, which is loaded when the first of them is asked for.

Most pages and commands compute none of them, and SciPy takes longer to load than many a command to run. The server
loads it before it forks.
"""

from typing import Any


def bdtr(successes: Any, trials: Any, chance: Any) -> Any:
    """The chance of at most so many successes."""
    from scipy import special

    return special.bdtr(successes, trials, chance)


def bdtrc(successes: Any, trials: Any, chance: Any) -> Any:
    """The chance of more than so many successes."""
    from scipy import special

    return special.bdtrc(successes, trials, chance)


def betainc(a: Any, b: Any, limit: Any) -> Any:
    """The share of a Beta distribution up to a limit."""
    from scipy import special

    return special.betainc(a, b, limit)


def betaincinv(a: Any, b: Any, share: Any) -> Any:
    """The limit up to which a Beta distribution has this share."""
    from scipy import special

    return special.betaincinv(a, b, share)


def chdtr(freedom: Any, limit: Any) -> Any:
    """The share of a chi-squared distribution up to a limit."""
    from scipy import special

    return special.chdtr(freedom, limit)


def digamma(values: Any) -> Any:
    """The derivative of the logarithm of the gamma function."""
    from scipy import special

    return special.digamma(values)


def expit(values: Any) -> Any:
    """The logistic function."""
    from scipy import special

    return special.expit(values)


def ndtr(values: Any) -> Any:
    """The share of the normal distribution up to a value."""
    from scipy import special

    return special.ndtr(values)


def ndtri(share: Any) -> Any:
    """The value up to which the normal distribution has this share."""
    from scipy import special

    return special.ndtri(share)


def pdtrc(events: Any, mean: Any) -> Any:
    """The chance of more than so many events where this many are expected."""
    from scipy import special

    return special.pdtrc(events, mean)
