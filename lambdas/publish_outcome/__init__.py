"""The one publisher of outcomes, deployed once per lane; each orchestrator has its entry point and its reader."""
