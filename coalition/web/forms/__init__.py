"""Forms: one module per noun, fields shared in `base`."""
