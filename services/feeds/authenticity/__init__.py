"""Whether a delivery comes from whom it says it does: one scheme a module, each on the bytes as they came.

A scheme looks at nothing but what was delivered, the secrets that are known, and the moment: it reads no body further
than its own rule demands, compares in constant time, and accepts each of several secrets, so that one can take the
place of another without a pause. Whatever is sent, it does no more than raise NotAuthenticError, and an empty secret
proves nothing. A signature with a time of its own has to be of now, give or take a window: one that is proven but of
another time raises StaleError.
"""
