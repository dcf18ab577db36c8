"""What is read from a cloud assembly: stacks, resources and assets."""
