"""What every process shares: settings, topics and the ports to the outside world."""
