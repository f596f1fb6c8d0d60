"""HTTP as every service speaks it: limits, problems, safe retries, versions, pages, health."""
