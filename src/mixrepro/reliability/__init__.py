"""What the library promises to survive, measured: real kills, full disks, hostile files, workers that die.

Each measurement takes its size, so that tests run a small one and `mixrepro reliability --full` the whole.
"""
