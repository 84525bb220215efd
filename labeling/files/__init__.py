"""Files of units and gold: read as streams with a problem per line, written so that a spreadsheet runs nothing."""
