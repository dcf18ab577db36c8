"""Glue: crawlers that read, jobs that run, workflows that follow their triggers. The catalog itself is moto's."""
