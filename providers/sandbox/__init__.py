"""Vendors on this machine: strict wire formats, jobs that last, finite capacity, real clips, faults."""
