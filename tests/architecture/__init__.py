"""The rules that the whole tree keeps."""
