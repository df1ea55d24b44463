"""The directory: which rep or queue a name of a phone system means, from a moment on."""
