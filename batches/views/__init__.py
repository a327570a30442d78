"""The pages of batches, one module per part of the work."""
