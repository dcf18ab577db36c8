"""EventBridge: rules that match events and deliver them to targets; schedules that are kept and never fire."""
