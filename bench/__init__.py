"""Workloads, peers and the table of what the platform costs."""
