"""The figures of `make bench`: the real processes in one run, beside what a person would do instead."""
