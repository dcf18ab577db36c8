"""What the local AWS keeps between two starts: the data of a world, not its infrastructure."""
