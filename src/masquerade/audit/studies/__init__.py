"""Study files: what is measured, as plain data."""
