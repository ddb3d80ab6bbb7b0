"""What an SRE is given: the list of metrics and the dashboards, made from the code."""
