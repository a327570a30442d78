"""The API's door to tokens and the own account."""
