"""One folder per Lambda function; each is deployed with the domain and nothing else of the project."""
