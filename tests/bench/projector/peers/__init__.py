"""The programs that are measured, one file each. They import nothing of ours but `tests.bench.projector.folds`."""
