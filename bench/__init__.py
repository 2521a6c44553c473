"""What is timed against what: ratios in one run, never a timed test."""
