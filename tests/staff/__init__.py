"""Tests of the staff: who they are, what they may, their pages."""
