"""The six stacks. A stack only wires; what is built stands in constructs/, what is checked in guards/."""

from stacks.node import prefer_the_environments_node

prefer_the_environments_node()
