"""The API of work. Requests, projects, uploads and releases share one blueprint; each kind of work has its own."""

from web.api import Api

api = Api("marketplace", "marketplace")
