"""What it means: one SQL file a question, and the framework that folds events into cells."""
