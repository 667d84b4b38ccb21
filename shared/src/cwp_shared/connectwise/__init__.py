"""A client of the ConnectWise PSA API: keys stay unseen, and every error says what to do next.

It needs what `cwp-shared[connectwise]` brings. The fetcher reads pages with it, the operator's
tools check a tenant with it; who waits, and for how long, is theirs to decide.
"""
