"""The stacks that hold data: landing zone, warehouse, data zone."""
