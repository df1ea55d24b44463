"""The directory: whom and what the names of phone systems mean, followed as the company decides it.

Facts are told by it (`facts.Teller`), and what was told otherwise is restated. Each record on the log is corrected by
itself: a fact of N becomes a fact of R by `was` = of N, `now` = of R; of a restatement, both events that it holds are
corrected in the same way. Sums do not ask in which order such differences are added, so it makes none whether a source
restates a call before, after or while its names are mapped.

Which corrections a record needs follows from the log alone, and so do their ids: whoever works them out again, after a
crash or beside another process, appends what counts once.
"""
