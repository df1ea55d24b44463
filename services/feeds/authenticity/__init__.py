"""Whether a delivery comes from whom it says it does: one scheme a module, each on the bytes as they came.

A scheme looks at nothing but what was delivered, the secrets that are known, and the moment: it reads no body further
than its own rule demands, compares in constant time, and accepts each of several secrets, so that one can take the
place of another without a pause.
"""
