"""The time to `import reference` in a fresh interpreter, numpy and scipy included."""


def timeraw_import_reference():
    return "import reference"


def timeraw_import_certify():
    return "import certify"
