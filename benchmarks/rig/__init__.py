"""What every benchmark stands on: servers, systems, receivers, loads, and how figures are kept."""
