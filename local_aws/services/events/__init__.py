"""EventBridge: rules that match events or fire at a rate and deliver to targets."""
