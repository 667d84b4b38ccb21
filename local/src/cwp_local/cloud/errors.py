"""What can be wrong with the machine or the embedded cloud, said in one sentence."""


class CloudError(Exception):
    """Something on this machine stops the embedded cloud; the text says what, and what to do."""
