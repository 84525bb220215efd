"""The blueprint that all pages of money hang on."""

from web.pages import Pages

pages = Pages("payouts", __name__)
