"""What the figures are compared with: the same work with less kept of it."""
