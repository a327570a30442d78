"""What match review shows: the queue, candidates with their reasons in words, clues marked in the text, versions."""
