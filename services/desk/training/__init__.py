"""Training: what people learn, and whom it lets near customers."""
