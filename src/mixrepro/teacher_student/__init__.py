"""The teacher-student toy of section 6.1: its draws, its exact mean path, and its simulation for many seeds."""
