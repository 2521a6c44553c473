"""From scores to answers: controls, intervals, grades."""
