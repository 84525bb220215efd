"""Files that people bring: rosters as CSV or XLSX, read within limits and line by line."""
