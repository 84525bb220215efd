"""Pages of calibration; each module declares its routes on this one blueprint."""

from web.pages import Pages

pages = Pages("calibration", __name__)
