"""Truth and skill: gold, tests, judgments, accuracy, agreement, inference, gates, disputes."""
