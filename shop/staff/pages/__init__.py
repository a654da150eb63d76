"""The staff's own pages: in and out, one's own access, members. Other areas bring theirs."""
