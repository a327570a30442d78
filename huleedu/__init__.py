"""The platform the apps stand on. Importing it loads nothing: pure modules below it serve the reader process too."""
