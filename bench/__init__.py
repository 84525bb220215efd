"""Benchmarks: what a take and an answer cost, told as ratios, since no two machines are alike."""
