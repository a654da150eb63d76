"""Cards that a customer has let the provider keep. Here is only the provider's name for the customer."""
