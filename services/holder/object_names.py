"""The names of objects as names of files: told apart, and never leading out of where they are put. Pure."""

from urllib.parse import quote


def file_name(key: str) -> str:
    """A relative path for a key: what is no plain part of a path is written in percent."""
    return "/".join(_part(part) for part in key.split("/"))


def _part(part: str) -> str:
    if part in {"", ".", ".."}:
        return part.replace(".", "%2E") or "%"
    return quote(part, safe=" !()+,;=@[]{}~$&'")
