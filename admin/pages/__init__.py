"""Pages of the operator and the auditor."""

from web.pages import Pages

pages = Pages("admin", __name__)
