"""What is said on the bus: topics, the CloudEvents envelope, and one module of events per subject.

Nothing here reads a clock, a network or a database, and pydantic is the only library it imports.
"""
