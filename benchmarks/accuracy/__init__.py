"""The accuracy benchmark: corpus, scorer, generated text without persons, and the other tools beside."""
