"""Other people's CSV files, fetched by hand and not part of the project, and what is right about each of them."""
