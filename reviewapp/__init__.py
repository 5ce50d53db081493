"""The Django project and app: models, the verbs people use, pages and settings."""
