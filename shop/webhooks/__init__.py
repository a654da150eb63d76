"""Where the provider brings its news."""
