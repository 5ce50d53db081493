"""The figures of `make bench`: measured on the real processes, in one run, beside what a person would do instead."""
