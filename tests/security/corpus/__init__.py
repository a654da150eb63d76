"""A corpus for the finder: cases written from the standards, each with the verdict that is right.

Written apart from the finder's patterns and without a number in it: `numbers` makes each one at run time from network,
length and seed. `python -m tests.security.corpus` judges every case and prints the table by class; `test_corpus` holds
the floors.
"""
