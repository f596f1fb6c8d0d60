"""A base image from this very machine: its Python, a shell and the libraries they load.

Where no image can be fetched, this stands in for the official one, so that the Dockerfile is still
built for real. It is for tests: nobody patches what it holds.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

# What the Dockerfile and its entry point call.
PROGRAMS: Final = ("sh", "mkdir", "cp")
# Loaded by wheels, or by the C library itself when it looks up a name.
LIBRARIES: Final = (
    *("libdl.so.2", "libm.so.6", "libpthread.so.0", "libresolv.so.2", "librt.so.1", "libutil.so.1"),
    *("libgcc_s.so.1", "libnss_dns.so.2", "libnss_files.so.2", "libstdc++.so.6", "libz.so.1"),
)
# Days are counted where the work is done; the official image has every zone.
ZONE: Final = Path("/usr/share/zoneinfo/Europe/London")
NAME_SERVICE: Final = "hosts: files dns\n"
PASSWD: Final = "root:x:0:0:root:/:/bin/sh\n"
GROUP: Final = "root:x:0:\n"
_LEFT_OUT: Final = frozenset({"site-packages", "test", "tests", "idlelib", "tkinter", "turtledemo"})
_LOADED: Final = re.compile(r"(/\S+) \(0x")


def make(tag: str, folder: Path) -> None:
    """Import the image under this name; ``folder`` holds its archive meanwhile."""
    archive = folder / "base.tar"
    with tarfile.open(archive, "w") as tar:
        _add_folders(tar)
        tar.add(ZONE.resolve(), str(ZONE).lstrip("/"), recursive=False)
        for source, target in _files():
            tar.add(source, target, recursive=False)
        for name, text in (
            ("etc/passwd", PASSWD),
            ("etc/group", GROUP),
            ("etc/nsswitch.conf", NAME_SERVICE),
        ):
            _add_text(tar, name, text)
    subprocess.run(
        ["docker", "import", "--change", "ENV PATH=/usr/local/bin:/usr/bin:/bin", archive, tag],
        check=True,
        capture_output=True,
        timeout=300,
    )
    archive.unlink()


def _files() -> Iterator[tuple[Path, str]]:
    """Each file of the machine, and its place in the image."""
    library = Path(sysconfig.get_path("stdlib"))
    python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    seed = [python]
    yield python, "usr/local/bin/python3"
    for path in _standard_library(library):
        yield path, f"usr/local/lib/{library.name}/{path.relative_to(library)}"
        if path.suffix == ".so":
            seed.append(path)
    for name in PROGRAMS:
        program = shutil.which(name)
        assert program is not None, f"this machine has no {name}"
        seed.append(Path(program))
        yield Path(program).resolve(), f"bin/{name}"
    for path in libraries_of(seed):
        # The loader is asked for by its full path, the others by their name alone.
        target = (
            f"lib64/{path.name}" if path.name.startswith("ld-linux") else f"usr/lib/{path.name}"
        )
        yield path.resolve(), target


def _standard_library(library: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(library):
        folders[:] = [name for name in folders if name not in _LEFT_OUT and "config-" not in name]
        yield from (Path(folder) / name for name in names)


def libraries_of(programs: list[Path]) -> list[Path]:
    """What these programs load, and what those load."""
    asked = subprocess.run(
        ["ldd", *programs], check=False, capture_output=True, text=True, timeout=60
    )
    found = {Path(path).name: Path(path) for path in _LOADED.findall(asked.stdout)}
    beside = found["libc.so.6"].parent
    for name in LIBRARIES:
        for folder in (beside, Path("/usr") / str(beside).lstrip("/")):
            if (folder / name).exists():
                found.setdefault(name, folder / name)
    return list(found.values())


def _add_folders(tar: tarfile.TarFile) -> None:
    for name, mode in (("tmp", 0o1777), ("bin", 0o755), ("etc", 0o755), ("lib64", 0o755)):
        folder = tarfile.TarInfo(name)
        folder.type, folder.mode = tarfile.DIRTYPE, mode
        tar.addfile(folder)


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    file = tarfile.TarInfo(name)
    file.size, file.mode = len(content), 0o644
    tar.addfile(file, io.BytesIO(content))
