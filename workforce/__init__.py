"""People: organizations, accounts, annotators, languages, skills, pools, agreements, standing, receipts."""
