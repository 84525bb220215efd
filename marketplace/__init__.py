"""Work: requests, quotes, projects, lanes, units, assignments, reviews, releases."""
