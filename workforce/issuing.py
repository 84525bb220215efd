"""Who signs credentials here: a key of the installation, derived from its secret, and the names that it believes."""

from typing import Any

from kernel.crypto import derive
from web import current


def as_issuer() -> dict[str, Any]:
    """What signing and verifying ask for: the seed of the key, and the installation's name."""
    settings = current.settings()
    return {"seed": derive(settings.secret_key, "credentials"), "issuer": settings.server_name or "localhost"}


def believed() -> dict[str, str]:
    """Keys of other installations, with their names."""
    return {key: name for name, key in current.settings().trusted_issuers}
