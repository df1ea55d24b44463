"""The watch: finds what follows from numbers and from days that pass, and says each thing once."""
