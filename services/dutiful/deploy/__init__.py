"""What is deployed, as the contracts and the services' routers say it."""
