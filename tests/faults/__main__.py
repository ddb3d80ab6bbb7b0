"""`python -m tests.faults`: disturb the real system, and compare what is left with an undisturbed run."""

from tests.faults.command import app

if __name__ == "__main__":
    app()
