"""Who may do what: statements of policies, and what each job and reader of the lake needs."""
