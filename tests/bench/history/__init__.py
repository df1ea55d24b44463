"""What history answers, beside others who were told the same: `kvota bench history`."""
