"""The canary: card numbers made for one run are used in a shop, then looked for wherever they could have stayed.

Standard library alone, Linux for the memory; nothing of any shop is imported. `numbers` makes them, `sinks` are
the places, `evidence` looks and judges, `page` judges what a browser was shown. The caller drives the shop.
"""
