"""How gunicorn serves `wsgi:app`: two processes of four threads, on HOST and PORT."""

import os
from pathlib import Path
from typing import Any

from kernel.config import settings_or_end

_host, _port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
bind = f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 4
timeout = 60
graceful_timeout = 20
keepalive = 5
loglevel = "warning"
# Which proxies may tell who the caller is, is said once, by TRUSTED_PROXIES, and applied in the product.
forwarded_allow_ips = ""
# The heartbeat file of a worker must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
control_socket_disable = True


def on_starting(_server: Any) -> None:
    """Refused settings end the server at once; a worker that met them would be started again for ever."""
    settings_or_end()
