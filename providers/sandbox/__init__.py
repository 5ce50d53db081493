"""A vendor on this machine: strict wire formats, lasting jobs, finite capacity, real clips, planted faults."""
