"""Where the stacks of a sweep are trained: in this process, in worker processes, or on a Dask cluster.

The store holds the truth; a place only brings stacks to processors. A worker that dies loses at most the time
since its last checkpoint, and a record is the same wherever it was trained.
"""
