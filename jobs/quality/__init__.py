"""The automatic checks: pure functions from a file to facts, measures and findings."""
