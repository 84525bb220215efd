"""Pages of work. Requests, projects, uploads and releases share one blueprint; each kind of work has its own."""

from web.pages import Pages

pages = Pages("marketplace", "marketplace")
