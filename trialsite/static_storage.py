"""How static files are named and kept."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names that change with the content, files compressed beforehand.

    With DEBUG on Django takes the plain names, and files straight from the applications, so
    nothing has to be collected. With DEBUG off a file that was not collected is an error, rather
    than a page without style. Tests use Django's plain storage (tests/conftest.py), so that they
    do not depend on what was collected last.
    """

    support_js_module_import_aggregation = True
    keep_only_hashed_files = True  # half the files, and half the time to compress them
