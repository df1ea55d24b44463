"""Whatever desks are asked, in whatever order it arrives: what holds of people, quotas and deals nevertheless."""
