"""What a project refuses today, as a list that is read and kept: `listed` is the list, `walk` what a function does."""
