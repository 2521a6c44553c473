"""What people hand on with a report: what to change, what a grade means, what changed since, and a short file."""
