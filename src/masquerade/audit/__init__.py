"""Runs studies: builds what each attacker sees, calls the attacks, scores their guesses."""
