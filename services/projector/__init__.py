"""The live path: one Faust worker that folds what happened into what it means."""
