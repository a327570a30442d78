"""The pages of classes: thin views that parse, check at the gate, call one action and answer."""
