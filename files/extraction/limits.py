"""How much one file may cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of reading one file. Those of the process (CPU, memory, time) hold even where a reader fails."""

    max_bytes: int = 25_000_000
    """Size of the file, and of a file in a zip."""
    max_zip_bytes: int = 250_000_000
    """Size of a zip of essays."""
    max_chars: int = 2_000_000
    """Characters of text."""
    max_pages: int = 300
    max_entries: int = 2_000
    """Entries of a zip or a zip container."""
    max_unpacked: int = 500_000_000
    """Bytes of a container's entries together, unpacked."""
    max_part: int = 50_000_000
    """Bytes of one XML part, unpacked."""
    max_ratio: int = 100
    """Unpacked to packed bytes of one entry, above 1 MB unpacked."""
    cpu_seconds: int = 20
    wall_seconds: int = 20
    memory_mb: int = 768
    """Address space of the child process."""

    def as_json(self) -> dict[str, int]:
        """To pass to the child process."""
        return asdict(self)
