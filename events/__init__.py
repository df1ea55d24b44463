"""What happened: the facts and decisions of a sales company, and the law by which a log of them is read."""
