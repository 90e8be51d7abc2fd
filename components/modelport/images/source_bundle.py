"""Source bundle: what Google's Cloud Functions build a function from, as one zip file.

They build the sources themselves, with the function `predict` in `main.py` and the packages of
`requirements.txt`, and serve them with functions-framework
(https://cloud.google.com/functions/docs/writing).
"""

import hashlib
import zipfile
from pathlib import Path

from modelport.home import Home
from modelport.images.files import STORE, bundle_files, requirements, without_hashes
from modelport_serving.record import BundleRecord

ENTRY_POINT = "predict"
"""Name of the function in `main.py`."""
FUNCTIONS_FRAMEWORK = "functions-framework==3.10.2"
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
_MAIN = '''\
"""{name}@{version} as an HTTP function; every path is answered."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "{source}"))

from modelport_serving.functions import load_function

_answer = load_function()


def {entry}(request):
    """Answer one request."""
    return _answer(request)
'''


def main_module(record: BundleRecord, source: str) -> str:
    """The file in which the framework finds the function.

    Args:
        record: The bundle.
        source: Folder of its sources, from that of the file or absolute.
    """
    return _MAIN.format(name=record.name, version=record.version, source=source, entry=ENTRY_POINT)


def write_source_bundle(home: Home, record: BundleRecord, folder: Path) -> Path:
    """Write the zip file into `folder` and return its path; its name holds its content's digest.

    Raises:
        BundleError: the bundle is not built here, or damaged.
    """
    source = f"{STORE}/bentos/{record.name}/{record.version}/src"
    pins = without_hashes(requirements(home, record)).rstrip("\n")
    files = {
        "main.py": main_module(record, source).encode(),
        "requirements.txt": f"{pins}\n{FUNCTIONS_FRAMEWORK}\n".encode(),
        **bundle_files(home, record),
    }
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        digest.update(f"{path}\0{len(content)}\0".encode())
        digest.update(content)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{record.name}-{record.version}-{digest.hexdigest()[:16]}.zip"
    part = target.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _TIME)
            entry.external_attr = _MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, content)
    part.replace(target)
    return target
