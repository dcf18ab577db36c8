"""The eight state types; each module runs one (or two that only end a branch) on a Visit."""
