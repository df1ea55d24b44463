"""Reading what Kamailio writes."""
