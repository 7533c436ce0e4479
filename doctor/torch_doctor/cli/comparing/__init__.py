"""What a check is compared with: the plan of a lock, or a report from before."""
