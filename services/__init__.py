"""Who does it: one thin package per process, strangers to each other except through the runtime."""
