"""What browsers say our Content-Security-Policy stopped: kept as counts, shown by `shop scope reports`.

Anyone can send such a report, and extensions of browsers cause most of them: nothing here ever acts on one.
"""
