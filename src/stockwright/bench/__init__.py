"""Measured figures: each bench does a day's work and the least that could do it, in the same run."""
