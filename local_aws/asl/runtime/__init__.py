"""What every state works with: data, errors, history, branches, retries."""
