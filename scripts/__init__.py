"""What developers and machines run beside the product: setting up, starting, checking."""
