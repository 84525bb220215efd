"""Business acts of labeling: publishing versions and adding items. Whoever calls them has asked for permission."""
