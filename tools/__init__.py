"""The house rules that no ready-made tool knows, and the one gate that runs them all."""
