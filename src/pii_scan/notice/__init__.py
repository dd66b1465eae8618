"""What the organisation has told the world: the notice as a model, checked on its own and against what was found."""
