"""What the finder (`security.pan`) is made of: shapes of numbers, their neighbours, their issuers. Pure."""
