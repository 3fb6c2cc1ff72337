"""A bundle's files as bytes, from or to a folder or a zip. Nothing is ever unpacked to disk."""

import difflib
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Final

from measurement.estimation.bundle_faults import Faults

TRIAL: Final = "trial.toml"
PARTICIPANTS: Final = "participants.csv"
TASK_LOGS: Final = "task_logs.csv"
SURVEY_RESPONSES: Final = "survey_responses.csv"
COUNTS: Final = "counts.json"
HISTORY: Final = "history.json"
FILES: Final = (TRIAL, PARTICIPANTS, TASK_LOGS, SURVEY_RESPONSES, COUNTS, HISTORY)
REQUIRED_FILES: Final = (TRIAL, TASK_LOGS)
MAX_FILE_BYTES: Final = 2**30
"""The most that one file of a bundle may hold, unpacked: about ten million task logs."""

# A fixed time makes equal bundles equal zip files, byte for byte.
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)


def read_files(
    source: Path | IO[bytes], faults: Faults, *, max_bytes: int = MAX_FILE_BYTES
) -> dict[str, bytes]:
    """Return the bundle's files by name; what is missing, misnamed or unreadable is a fault.

    `source` is a folder, a zip, or an open zip; `max_bytes` the most that a file of it may hold.
    """
    files: dict[str, bytes] | None
    if not isinstance(source, Path):
        files = _read_zip(source, "the file", max_bytes, faults)
    elif source.is_dir():
        files = _read_folder(source, max_bytes, faults)
    elif source.is_file():
        files = _read_zip(source, source.name, max_bytes, faults)
    else:
        faults.add(str(source), None, None, None, "the path of a folder or a .zip")
        return {}
    if files is None:
        return {}
    for name in REQUIRED_FILES:
        if name not in files:
            faults.add(name, None, None, None, "a bundle with this file")
    return files


def _read_folder(folder: Path, max_bytes: int, faults: Faults) -> dict[str, bytes]:
    _refuse_misnamed((entry.name for entry in folder.iterdir()), faults)
    files = {}
    for name in FILES:
        file = folder / name
        if file.is_file() and _is_small_enough(name, file.stat().st_size, max_bytes, faults):
            files[name] = file.read_bytes()
    return files


def _read_zip(
    zipped: Path | IO[bytes], name: str, max_bytes: int, faults: Faults
) -> dict[str, bytes] | None:
    """Return the files; None where the zip cannot be read: that it lacks some is not known."""
    try:
        with zipfile.ZipFile(zipped) as archive:
            return _read_archive(archive, max_bytes, faults)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        # RuntimeError and NotImplementedError: encrypted, or compressed in an unknown way.
        faults.add(name, None, None, str(error), "an intact .zip without a password")
        return None


def _read_archive(archive: zipfile.ZipFile, max_bytes: int, faults: Faults) -> dict[str, bytes]:
    root = _root(archive)
    members = [info for info in archive.infolist() if PurePosixPath(info.filename).parent == root]
    names = [PurePosixPath(info.filename).name for info in members]
    _refuse_misnamed(names, faults)
    files: dict[str, bytes] = {}
    for name, info in zip(names, members, strict=True):
        if name not in FILES or info.is_dir():
            continue
        if names.count(name) > 1:
            faults.add(name, None, None, f"{names.count(name)} files", "one file of a name")
        elif _is_small_enough(name, info.file_size, max_bytes, faults):
            files[name] = archive.read(info)
    return files


def _root(archive: zipfile.ZipFile) -> PurePosixPath:
    """Return the folder inside the zip that holds the bundle: a zipped folder is one level down."""
    found = [PurePosixPath(name) for name in archive.namelist()]
    roots = [path.parent for path in found if path.name == TRIAL and len(path.parts) <= 2]
    return min(roots, key=lambda root: len(root.parts), default=PurePosixPath("."))


def _is_small_enough(name: str, size: int, max_bytes: int, faults: Faults) -> bool:
    if size > max_bytes:
        faults.add(name, None, None, f"{size} bytes", f"a file of at most {max_bytes} bytes")
    return size <= max_bytes


def _refuse_misnamed(names: Iterable[str], faults: Faults) -> None:
    """Refuse a file whose name is nearly a bundle's: to overlook it would lose its data."""
    for name in names:
        close = difflib.get_close_matches(name.lower(), FILES, n=1, cutoff=0.85)
        if close and name not in FILES:
            faults.add(name, None, None, name, f"the name {close[0]!r}, or one less like it,")


def write_files(path: Path, files: Mapping[str, bytes]) -> None:
    """Write the files into a folder, or into a zip where the path ends in .zip."""
    if path.suffix == ".zip":
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), content, zipfile.ZIP_DEFLATED, 6)
        return
    path.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if name in files:
            (path / name).write_bytes(files[name])
        else:
            # A file left from an earlier bundle would be read as part of this one.
            (path / name).unlink(missing_ok=True)
