"""What was found, rolled up: by category, by place, by document. Reads only what `findings` stored."""
