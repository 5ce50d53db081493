"""What Retake adds around django-q2's cluster: it notices by itself when it no longer works, and stops in
order.

django-q2's processes share locks, and a process that is killed while it holds one leaves a cluster that
looks alive and takes no more work. So each of them leaves signs on a `Board` in memory that all share, and
the main process, the `Guard`, reads them.
"""
