"""What the door of the feeds takes in, and how fast an AMI stream is read: `kvota bench append --feeds`."""
